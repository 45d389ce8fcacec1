"""The faultless run that mutants are compared with.

A mutant that leaves the replies to a case's requests as they are leaves the case's findings as they are, so only the other cases are
played again. Each case begins with an empty shelf and the same ids, and time stands still while replies are compared.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from harness.catalog import Catalog
from harness.judging.verdict import reach_verdict
from harness.model import CaseResult
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.store import STORE
from tests.inprocess import Judged, judge


@contextmanager
def afresh() -> Iterator[None]:
    """While this holds, ids come in one order, and the reference remembers nothing of before."""
    STORE.clear()
    numbers = itertools.count(1)

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=next(numbers) << 64)

    with mock.patch("uuid.uuid4", new=uuid4):  # a plain function, as a mock is slow to make
        yield


def _standing_still() -> float:
    return 1.0


def replies(respond: Answer, asked: list[ServerRequest]) -> list[ServerReply]:
    """What is answered to requests, one after the other, at one moment."""
    with afresh(), mock.patch("time.time", new=_standing_still):
        return [respond(one) for one in asked]


class Baseline:
    """What the reference is asked in each case, and what it comes to."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._results: dict[str, CaseResult] = {}
        self._asked: dict[str, list[ServerRequest]] = {}
        self._replies: dict[str, list[ServerReply]] = {}

    async def play(self) -> Judged:
        """Judge the reference, noting what each case asks."""
        for case in self._catalog.cases:
            noted: list[ServerRequest] = []

            def respond(asked: ServerRequest, noted: list[ServerRequest] = noted) -> ServerReply:
                noted.append(asked)
                return answer(asked)

            with afresh():
                found = await judge(self._catalog, respond, cases=[case])
            self._results[case] = found.results[0]
            self._asked[case] = noted
        self._replies = {case: replies(answer, noted) for case, noted in self._asked.items()}
        return self._judged(self._results)

    async def with_mutant(self, mutant: Answer) -> Judged:
        """What a run against a mutant comes to."""
        changed = {case for case, noted in self._asked.items() if replies(mutant, noted) != self._replies[case]}
        found = await judge(self._catalog, mutant, cases=changed)
        return self._judged({**self._results, **{result.case: result for result in found.results}}, found)

    def _judged(self, results: dict[str, CaseResult], found: Judged | None = None) -> Judged:
        absent = found.verdict.absent if found is not None else {}
        ordered = tuple(results[case] for case in self._catalog.cases)
        return Judged(ordered, reach_verdict(self._catalog, ordered, absent))
