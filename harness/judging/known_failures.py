"""Failures that a tested project knows of: a list of its own, which lets a run pass without hiding anything new.

An entry names a requirement, and may limit itself to an endpoint, to plain or streamed requests, to a kind of what came instead, or to one
case. It has to earn its place: one that no longer fails, that matches nothing or that has expired fails the run, and says what to delete.
What comes and goes is accepted as flaky, and what cannot be decided as undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..catalog import Catalog, YamlError, own_schemas
from ..model import JUDGED, CaseResult, Exchange, Finding, Outcome
from .occurrence import Where, every_way, is_of_kind, places_of

FAILING = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})
UNSETTLED = frozenset({Outcome.INCONCLUSIVE, Outcome.BLOCKED})
UNSAID = "say here why this is accepted"
"""The reason of an entry that was just written. A list that still has it is refused: nobody has said why."""


class KnownError(Exception):
    """A list that cannot be used; the text has one line for each complaint: file:line, what is wrong, what to do."""


class Accept(StrEnum):
    """What an entry accepts: a failure that is there each time, one that comes and goes, or that a requirement is not decided."""

    FAILING = "failing"
    FLAKY = "flaky"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry. What is empty limits nothing; ``place`` is its file and line, ``until`` the last day on which it counts."""

    requirement: str
    reason: str
    place: str
    case: str = ""
    until: date | None = None
    endpoint: str = ""
    mode: str = ""
    got: str = ""
    accept: Accept = Accept.FAILING

    @property
    def failure(self) -> str:
        """What it is about, in short."""
        limits = ", ".join(part for part in (self.endpoint, self.mode, f"got {self.got}" if self.got else "") if part)
        name = f"{self.case}:{self.requirement}" if self.case else self.requirement
        return f"{name} ({limits})" if limits else name

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from other entries."""
        kind = Accept.UNDECIDED if self.accept is Accept.UNDECIDED else ""
        return (self.requirement, self.case, self.endpoint, self.mode, self.got, kind)

    def is_at(self, where: Where | None) -> bool:
        """Whether it is about a place; one that is not known is only met by an entry that names none."""
        if where is None:
            return not (self.endpoint or self.mode)
        return self.endpoint in ("", where.endpoint) and self.mode in ("", where.mode)

    def covers(self, finding: Finding, where: Where | None, value: str | None) -> bool:
        """Whether it accepts that a value came at a place."""
        named = finding.requirement == self.requirement and self.case in ("", finding.case)
        return named and self.is_at(where) and (not self.got or (value is not None and is_of_kind(value, self.got)))

    def touches(self, finding: Finding, exchanges: Sequence[Exchange]) -> bool:
        """Whether a finding, whatever it came to, is about what the entry names. One whose place is not known may be."""
        if finding.requirement != self.requirement or self.case not in ("", finding.case):
            return False
        places = places_of(finding, exchanges)
        return not places or any(map(self.is_at, places))


@dataclass(frozen=True, slots=True)
class KnownFailures:
    """The entries of a list, and the day on which they are looked at."""

    entries: tuple[KnownFailure, ...] = ()
    today: date = date.max

    def excuses(self, finding: Finding, exchanges: Sequence[Exchange]) -> tuple[KnownFailure, ...]:
        """The entries that accept a failure: all that came of it, wherever it came. Empty when something of it is accepted by none."""
        if finding.outcome not in FAILING or not self.entries:
            return ()
        usable = [entry for entry in self.entries if entry.requirement == finding.requirement and self._accepts_failures(entry)]
        found: list[KnownFailure] = []
        for where, value in every_way(finding, exchanges):
            entry = next((entry for entry in usable if entry.covers(finding, where, value)), None)
            if entry is None:
                return ()
            found.append(entry)
        return tuple(dict.fromkeys(found))

    def undecided(self, requirement: str) -> KnownFailure | None:
        """The entry that accepts that a requirement was not decided, or ``None``. What is flaky may also be that."""
        accepting = (Accept.UNDECIDED, Accept.FLAKY)
        entries = (entry for entry in self.entries if entry.requirement == requirement and entry.accept in accepting)
        return next((entry for entry in entries if not self.is_over(entry)), None)

    def _accepts_failures(self, entry: KnownFailure) -> bool:
        return entry.accept is not Accept.UNDECIDED and not self.is_over(entry)

    def is_over(self, entry: KnownFailure) -> bool:
        """Whether the last day of an entry is past."""
        return entry.until is not None and entry.until < self.today

    def stale(self, catalog: Catalog, results: Sequence[CaseResult], *, complete: bool) -> Iterator[str]:
        """What has to go from the list, a sentence each. Only a ``complete`` run shows that something fails nowhere."""
        if not self.entries:
            return
        by_requirement: dict[str, list[tuple[Finding, Sequence[Exchange]]]] = {}
        for result in results:
            for finding in result.findings:
                by_requirement.setdefault(finding.requirement, []).append((finding, result.exchanges))
        played = {result.case for result in results}
        for entry in self.entries:
            there = [(f, exchanges) for f, exchanges in by_requirement.get(entry.requirement, ()) if entry.touches(f, exchanges)]
            if (state := self._state(catalog, entry, there, played, complete=complete)) is not None:
                yield f"{entry.place}: {entry.failure} {state}"

    def _state(
        self,
        catalog: Catalog,
        entry: KnownFailure,
        there: Sequence[tuple[Finding, Sequence[Exchange]]],
        played: set[str],
        *,
        complete: bool,
    ) -> str | None:
        """Why an entry has to go, or ``None``; ``there`` are the findings that it is about."""
        outcomes = {finding.outcome for finding, _ in there}
        failing = any(_is_failing(entry, finding, exchanges) for finding, exchanges in there)
        if self.is_over(entry):
            left = "it still fails; mend it, or give it another day" if failing else "it does not fail any more, delete it"
            return f"expired on {entry.until}: {left}"
        if entry.accept is Accept.UNDECIDED:
            return "is decided now: delete it" if complete and outcomes & (JUDGED | FAILING) else None
        if failing or outcomes & UNSETTLED:
            return None
        if outcomes & JUDGED:
            if entry.accept is Accept.FLAKY or not (complete or entry.case):
                return None
            return "no longer fails: delete it, or say accept: flaky if it comes and goes"
        arises = entry.case in played or (complete and not entry.case and not catalog.requirements[entry.requirement].occasional)
        return "matches nothing in this run: delete it" if arises and not there else None


def _is_failing(entry: KnownFailure, finding: Finding, exchanges: Sequence[Exchange]) -> bool:
    """Whether a finding is a failure that an entry is about."""
    return finding.outcome in FAILING and any(entry.covers(finding, where, value) for where, value in every_way(finding, exchanges))


def read_known(path: Path, catalog: Catalog, today: date, *, drafts: bool = False) -> KnownFailures:
    """Read a list; ``KnownError`` tells all that is wrong with it, unknown names included. ``drafts`` may lack their reasons."""
    from ..catalog import read_yaml_file

    try:
        document = read_yaml_file(path)
    except OSError as error:
        raise KnownError(f"{path}: cannot be read ({error}); --write-known-failures {path} writes one") from error
    except YamlError as error:
        raise KnownError(f"{path}:{error.line}: {error}") from error
    errors = own_schemas().errors("known-failures", document.value)
    if errors:
        raise KnownError("\n".join(f"{path}:{document.line(at)}: {p.where or '/'}: expected {p.expected}, got {p.got}" for at, p in errors))
    entries: list[KnownFailure] = []
    complaints: list[str] = []
    for index, item in enumerate(document.value["known-failures"]):
        place = f"{path}:{document.line(('known-failures', index))}"
        wrong = list(_wrong(catalog, item, drafts=drafts))
        complaints += [f"{place}: {text}" for text in wrong]
        if not wrong:
            entries.append(_entry(item, place))
    seen: set[Any] = set()
    for entry in entries:
        if entry.key in seen:
            complaints.append(f"{entry.place}: {entry.failure} is listed twice: delete one")
        seen.add(entry.key)
    if complaints:
        raise KnownError("\n".join(complaints))
    return KnownFailures(tuple(entries), today)


def _entry(item: dict[str, Any], place: str) -> KnownFailure:
    """An entry of which nothing is wrong. The old form names case and requirement in one text."""
    case, _, requirement = item["failure"].rpartition(":") if "failure" in item else ("", "", item["requirement"])
    until = date.fromisoformat(item["until"]) if "until" in item else None
    limits = {name: str(item[name]) for name in ("endpoint", "mode", "got") if name in item}
    return KnownFailure(requirement, item["reason"], place, case, until, **limits, accept=Accept(item.get("accept", Accept.FAILING)))


def _wrong(catalog: Catalog, item: dict[str, Any], *, drafts: bool) -> Iterator[str]:
    """What is wrong with an entry that has the right members."""
    case, _, requirement = item.get("failure", item.get("requirement", "")).rpartition(":")
    if "failure" in item and "requirement" in item:
        yield "it has a failure and a requirement: keep the requirement"
    if requirement not in catalog.requirements:
        yield f"there is no requirement {requirement!r}{_meant(requirement, catalog.requirements)}: mend it or delete the entry"
    cases = [*catalog.cases, *catalog.properties, *catalog.calls]
    if case and case not in cases:
        yield f"there is no case {case!r}{_meant(case, cases)}: mend it or delete the entry"
    limits = [name for name in ("endpoint", "mode", "got") if name in item] + (["a case"] if case else [])
    if item.get("accept") == Accept.UNDECIDED and limits:
        yield f"accept: undecided is about the whole requirement: leave out {' and '.join(limits)}"
    if item["reason"].strip() == UNSAID and not drafts:
        yield f"reason: {UNSAID!r} is no reason: say why, in your own words"
    if "until" in item:
        try:
            date.fromisoformat(item["until"])
        except ValueError:
            yield f"until: there is no day {item['until']}"


def _meant(name: str, names: Iterable[str]) -> str:
    """What somebody may have meant."""
    close = get_close_matches(name, list(names), n=1)
    return f" (is it {close[0]!r}?)" if close else ""
