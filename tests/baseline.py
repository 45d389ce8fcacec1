"""Records each case's exchanges with the reference, so that a mutant plays only the cases whose exchanges it changes.

A mutant that leaves the replies to a case's requests as they are leaves the case's findings as they are. Each case is recorded with
a server of its own, whose ids come in one order and whose clock stands still, and nothing is judged meanwhile.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import httpx

from harness.catalog import Catalog
from harness.judging.verdict import Scope, reach_verdict
from harness.model import Arrival, Exchange, Request
from harness.reference.answers import answer
from harness.reference.app import BASE, Answer, request_of
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.fault import Wrong
from harness.reference.state import State, counted_digits
from harness.runner.engine import Engine
from harness.wire.redaction import Scrubber
from harness.wire.transport import Listener, Wire
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Judged, judge, scope_of

BATCH = 8
"""So many more cases are played at a time until a mutant is caught."""

_ID = re.compile(r"(?<=/)[a-z]+[_-][0-9a-f]{32}")


def _standing_still() -> float:
    return 1_700_000_000.0


def fresh_state() -> State:
    """A server that remembers nothing yet and will do the same each time."""
    return State(now=_standing_still, digits=counted_digits())


def replies(respond: Answer, asked: Sequence[ServerRequest]) -> list[ServerReply]:
    """What a fresh server answers to requests, one after the other, at one moment."""
    state = fresh_state()
    return [respond(replace(one, state=state)) for one in asked]


@dataclass(slots=True)
class Played:
    """What one case asks, and what it is answered: as it is compared, and as a mutant is given it and may change it."""

    state: State = field(default_factory=fresh_state)
    asked: list[ServerRequest] = field(default_factory=list)
    replies: list[ServerReply] = field(default_factory=list)
    given: list[ServerReply] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)

    def answer(self, asked: ServerRequest) -> ServerReply:
        """Answer a request, and note both."""
        reply = answer(asked)
        self.asked.append(asked)
        self.packed.append(pickle.dumps(reply))
        self.replies.append(pickle.loads(self.packed[-1]))
        self.given.append(pickle.loads(self.packed[-1]))
        return reply

    def changed_by(self, mutant: Wrong) -> list[str]:
        """The kinds of the exchanges that a mutant changes.

        Where it changes what is asked, or asks the reference for more, a fresh server answers it from the first request on.
        """
        if all((other := mutant.ask(asked)) is asked or other == asked for asked in self.asked):
            digits, drawn = self.state.digits, []
            self.state.digits = lambda: drawn.append(1) or "0" * 32  # type: ignore[func-returns-value]
            try:
                changed = [mutant.change(asked, given) for asked, given in zip(self.asked, self.given, strict=True)]
            finally:
                self.state.digits = digits
            kinds = list(self._differing(changed))
            self._restore()
            if not drawn:
                return kinds
        return list(self._differing(replies(mutant, self.asked)))

    def _restore(self) -> None:
        """Undo what a mutant did to the replies that it was given; most are as they were, and unpacking all would take longest."""
        for at, (given, reply) in enumerate(zip(self.given, self.replies, strict=True)):
            if given != reply:
                self.given[at] = pickle.loads(self.packed[at])

    def _differing(self, given: Sequence[ServerReply]) -> Iterator[str]:
        for asked, other, reply in zip(self.asked, given, self.replies, strict=True):
            if other != reply:
                form = "stream" if reply.events is not None else "whole"
                yield f"{asked.method} {_ID.sub('{}', asked.path)} {form} {reply.status}"


class _Recorder(Wire):
    """Has the reference answer, each case by a server of its own, without anything between."""

    def __init__(self) -> None:
        super().__init__(BASE_URL, Scrubber([]), transport=httpx.MockTransport(lambda request: httpx.Response(500)), trust_env=False)
        self.cases: dict[str, Played] = {}

    async def exchange(self, request: Request, identity: str, listener: Listener | None = None) -> Exchange:
        """Answer a request of the case that the exchange's id names."""
        case = self.cases.setdefault(identity.rpartition("#")[0], Played())
        built = self._client.build_request(
            request.method, self.base_url + request.path, headers=list(request.headers), content=request.body or None
        )
        reply = case.answer(request_of(scope_of(built), request.body, BASE, case.state))
        body = b"".join(piece for _, piece in reply.pieces())
        return Exchange(identity, request, reply.status, tuple(reply.headers.items()), body, (Arrival(0.0, len(body)),), 1.0, 0.0)

    async def pause(self, seconds: float) -> None:
        """Wait for nothing."""


class Baseline:
    """What the reference is asked in each case."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._cases: dict[str, Played] = {}

    async def play(self) -> None:
        """Note what each case asks."""
        unjudged = {name: replace(case, expect=()) for name, case in self._catalog.cases.items()}
        wire = _Recorder()
        engine = Engine(replace(self._catalog, cases=unjudged, requirements={}), wire, SUBJECT, HEADERS)
        try:
            for case in unjudged.values():
                await engine.result(case)
        finally:
            await engine.close()
            await wire.close()
        self._cases = wire.cases

    @property
    def cases(self) -> Mapping[str, Played]:
        """What each case asks, and what it is answered."""
        return self._cases

    def changed(self, mutant: Wrong) -> dict[str, list[str]]:
        """The cases that a mutant changes, with the kinds of exchanges that it changes in them."""
        found = {name: played.changed_by(mutant) for name, played in self._cases.items()}
        return {name: kinds for name, kinds in found.items() if kinds}

    async def with_mutant(self, mutant: Wrong, breaks: Collection[str]) -> Judged:
        """What a run against a mutant comes to, as far as need be: see ``chosen``; then other cases until all that it breaks was seen.

        Any case may show a mutant that remembers, as what it would change is not known before, and one that changes nothing.
        """
        changed = ({} if mutant.remembers else self.changed(mutant)) or {name: [] for name in self._cases}
        first = self.chosen(changed, breaks)
        left = sorted((name for name in changed if name not in first), key=lambda name: not self._concerns(name, breaks))
        judged = await judge(self._catalog, mutant, cases=first)
        while left and not set(breaks) <= judged.unmet():
            more = await judge(self._catalog, mutant, cases=left[:BATCH])
            left = left[BATCH:]
            results = (*judged.results, *more.results)
            absent = {**judged.verdict.absent, **more.verdict.absent}
            judged = Judged(results, reach_verdict(self._catalog, results, absent, Scope(partial="some cases")))
        return judged

    def chosen(self, changed: dict[str, list[str]], breaks: Collection[str]) -> list[str]:
        """Of the cases that a mutant changes, those that were made for what it breaks, and one for each other kind of exchange."""
        found = [name for broken in breaks for name in self._made_for(broken, changed)]
        seen = {kind for name in found for kind in changed.get(name, ())}
        for name, kinds in changed.items():
            if not seen.issuperset(kinds):
                found.append(name)
                seen.update(kinds)
        return list(dict.fromkeys(found))

    def _made_for(self, requirement: str, changed: Collection[str]) -> list[str]:
        """The first two of these cases that name a requirement, or the first of all where none of these does."""
        named = [case.id for case in self._catalog.cases.values() if any(e.requirement == requirement for e in case.expect)]
        return [name for name in named if name in changed][:2] or named[:1]

    def _concerns(self, name: str, breaks: Collection[str]) -> bool:
        """Whether a case is of an area of what is broken, or names it."""
        case = self._catalog.cases[name]
        areas = {self._catalog.requirements[broken].area for broken in breaks}
        return case.area in areas or any(expectation.requirement in breaks for expectation in case.expect)
