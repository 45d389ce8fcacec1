"""Plays mutations in this process: each on the cases whose exchange it changes, until one fails at the gravest possible level."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from harness.catalog import Catalog
from harness.model import CaseResult, Level, Outcome
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY
from harness.runner.engine import Engine
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.baseline import Baseline, replies
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Loopback, VirtualClock
from tests.mutation.making import forms, mutations
from tests.mutation.mutation import Mutant, Mutation
from tests.mutation.places import kind_of, walk
from tests.mutation.severity import severity
from tests.mutation.traits import traits

FOUND = (Outcome.FAIL, Outcome.WARN)
MUST, SHOULD, MAY, UNDECIDED, NOT_FOUND, NOTHING = "MUST", "SHOULD", "MAY", "undecided", "not found", "changes nothing"


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a mutation: the level at which it was found, by which requirements, and how grave it is."""

    operator: str
    place: str
    condition: str
    endpoint: str
    found: str
    by: tuple[str, ...]
    severity: str
    cases: int
    traits: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The mutation's name."""
        return f"{self.operator} {self.place} | {self.condition} | {self.endpoint}"


class Bench:
    """The cases, what each asks of the reference, what is answered, and what that comes to."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._baseline = Baseline(catalog)
        self._results: dict[str, CaseResult] = {}
        self._by_column: dict[str, list[str]] = {}
        self._by_place: dict[tuple[str, str], list[str]] = {}

    async def prepare(self) -> None:
        """Note what every case asks, and what it is answered without any fault."""
        await self._baseline.play()
        for name, played in self._baseline.cases.items():
            for asked, reply in zip(played.asked, played.replies, strict=True):
                self._index(name, asked, reply)

    def _index(self, case: str, asked: ServerRequest, reply: ServerReply) -> None:
        """Note which column and which places of replies a case touches."""
        column = forms(asked, reply)
        self._by_column.setdefault(column, []).append(case)
        documents = [("", reply.body)] if reply.events is None else [(kind_of(event), event) for event in reply.events]
        touched = {f"{kind} {place}".strip() for kind, document in documents for place, _, _ in walk(document)}
        for place in touched | {kind for kind, _ in documents}:
            self._by_place.setdefault((column, place), []).append(case)

    def exchanges(self) -> list[tuple[ServerRequest, ServerReply]]:
        """All requests of the cases with the reference's replies."""
        cases = self._baseline.cases.values()
        return [pair for played in cases for pair in zip(played.asked, played.replies, strict=True)]

    def mutations(self) -> list[Mutation]:
        """Every mutation that these exchanges can show."""
        return mutations(self.exchanges())

    def changed(self, mutation: Mutation) -> list[str]:
        """The cases whose exchange a mutation changes, those with the fewest requests first."""
        found = []
        near = self._by_place.get((mutation.endpoint, mutation.place)) or self._by_column.get(mutation.endpoint) or self._baseline.cases
        for name in dict.fromkeys(near):
            played = self._baseline.cases[name]
            mutant = mutation.fresh()
            if mutation.remembers or mutation.ask is not None:
                if replies(mutant, played.asked) != played.replies:
                    found.append(name)
            elif any(mutant.changes(one, reply) for one, reply in zip(played.asked, played.replies, strict=True)):
                found.append(name)
        return sorted(found, key=lambda name: len(self._baseline.cases[name].asked))

    def gravity(self, mutation: Mutation, cases: Iterable[str]) -> str:
        """How grave a mutation is, by the first few exchanges that it changes."""
        worst, order = "cosmetic", ("cosmetic", "wrong data", "breaks a client")
        for name in list(cases)[:3]:
            played = self._baseline.cases[name]
            wrong = replies(mutation.fresh(), played.asked)
            for asked, good, bad in zip(played.asked, played.replies, wrong, strict=True):
                if good != bad:
                    worst = max(worst, severity(asked, good, bad), key=order.index)
                    break
            if worst == order[-1]:
                break
        return worst

    async def play(self, mutation: Mutation) -> Played:
        """Judge the reference with a mutation."""
        cases = self.changed(mutation)
        if not cases:
            return self._played(mutation, NOTHING, (), "", 0)
        by: dict[str, list[str]] = {MUST: [], SHOULD: [], MAY: [], UNDECIDED: []}
        grave = self.gravity(mutation, cases)
        engine, wire = self._engine(mutation.fresh())
        async with aclosing(_Closing(engine, wire)):
            for name in cases:
                self._sort(await engine.result(self.catalog.cases[name]), await self._faultless(name), by)
                if by[MUST]:
                    break
        found = next((level for level in (MUST, SHOULD, MAY, UNDECIDED) if by[level]), NOT_FOUND)
        told = traits(self._pairs(mutation, cases), self.catalog.schemas) if found in (NOT_FOUND, UNDECIDED) else ()
        return self._played(mutation, found, tuple(sorted(set(by.get(found, ())))), grave, len(cases), told)

    def _pairs(self, mutation: Mutation, cases: Iterable[str]) -> Iterator[tuple[ServerRequest, ServerReply, ServerReply]]:
        """The exchanges of cases that a mutation changes, with the good and the bad reply."""
        for name in cases:
            played = self._baseline.cases[name]
            wrong = replies(mutation.fresh(), played.asked)
            yield from ((asked, good, bad) for asked, good, bad in zip(played.asked, played.replies, wrong, strict=True) if good != bad)

    async def _faultless(self, name: str) -> CaseResult:
        """What a case comes to without any fault."""
        if name not in self._results:
            engine, wire = self._engine(answer)
            async with aclosing(_Closing(engine, wire)):
                self._results[name] = await engine.result(self.catalog.cases[name])
        return self._results[name]

    def _sort(self, result: CaseResult, faultless: CaseResult, by: dict[str, list[str]]) -> None:
        """Note what a case found, by level."""
        before = {finding.requirement: finding for finding in faultless.findings}
        for finding in result.findings:
            level = self.catalog.requirements[finding.requirement].level
            earlier = before.get(finding.requirement)
            if finding.outcome in FOUND:
                by[MUST if level is Level.MUST else SHOULD].append(finding.requirement)
            elif finding.outcome is Outcome.NOTE and finding.problems and not (earlier and earlier.problems):
                by[MAY].append(finding.requirement)
            elif finding.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR) and (earlier is None or earlier.outcome is not finding.outcome):
                by[UNDECIDED].append(finding.requirement)

    def _played(self, mutation: Mutation, found: str, by: tuple[str, ...], grave: str, cases: int, told: tuple[str, ...] = ()) -> Played:
        return Played(mutation.operator, mutation.place, mutation.condition, mutation.endpoint, found, by, grave, cases, told)

    def _engine(self, respond: Any) -> tuple[Engine, Wire]:
        """An engine in front of what answers, with a clock of its own."""
        clock = VirtualClock()
        wire = Wire(
            BASE_URL, Scrubber([KEY]), Limits(), transport=Loopback(respond, clock), clock=clock, sleep=clock.sleep, trust_env=False
        )
        return Engine(self.catalog, wire, SUBJECT, HEADERS), wire


class _Closing:
    """Closes an engine and its wire."""

    def __init__(self, engine: Engine, wire: Wire) -> None:
        self._engine = engine
        self._wire = wire

    async def aclose(self) -> None:
        """Close both."""
        await self._engine.close()
        await self._wire.close()


def line(played: Played) -> str:
    """An outcome as a line of JSON."""
    return json.dumps({name: getattr(played, name) for name in Played.__slots__})


def parsed(text: str) -> Played:
    """The outcome that a line tells."""
    value = json.loads(text)
    return Played(**{**value, "by": tuple(value["by"]), "traits": tuple(value.get("traits", ()))})


__all__ = ["Bench", "Mutant", "Played", "line", "parsed"]
