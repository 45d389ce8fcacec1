"""Every played case: what it tried, what it sent, and its outcome. Each can be linked by its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...catalog import Catalog
from ...checks import Reply
from ...judging import Verdict
from ...model import CaseResult, Exchange, Outcome, Place, RunRecord, Subject
from ..counts import counted
from ..explain import headline, worst_first
from ..reproduce import rerun
from .arrivals import Arrivals, arrivals
from .drawing import cut, draw
from .evidence import anchor, shown_cases

SENT_LIMIT = 240
"""Longest request body shown of a case, in characters."""


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case: its exchanges with the beginning of each request, and its unmet requirements, each with a link on the page."""

    id: str
    title: str
    place: Place
    outcome: Outcome
    held: int
    missed: Sequence[tuple[str, str]]
    steps: Sequence[tuple[Exchange, str, Arrivals | None]]
    rerun: str


@dataclass(frozen=True, slots=True)
class PlayedArea:
    """The cases of one area, and what is said of their number."""

    name: str
    count: str
    cases: Sequence[ShownCase]

    @property
    def size(self) -> int:
        """How many cases there are."""
        return len(self.cases)


def played_areas(catalog: Catalog, subject: Subject, verdict: Verdict, record: RunRecord) -> Iterator[PlayedArea]:
    """The cases by area."""
    results = {result.case: result for result in record.results}
    evident = {(s.requirement.id, case) for s in verdict.standings for case in shown_cases(s, results)}
    by_area: dict[str, list[CaseResult]] = {}
    for result in record.results:
        by_area.setdefault(catalog.tried(result.case).area, []).append(result)
    for area, played in by_area.items():
        short = sum(result.outcome.rank >= Outcome.WARN.rank for result in played)
        count = counted(len(played), "case") + (f", {short} with a failure" if short else "")
        yield PlayedArea(area, count, [_shown(catalog, subject, result, evident) for result in played])


def _shown(catalog: Catalog, subject: Subject, result: CaseResult, evident: set[tuple[str, str]]) -> ShownCase:
    """One case. An unmet requirement links to its evidence if the page has it, otherwise to the requirement."""
    case = catalog.tried(result.case)
    missed = [f.requirement for f in result.findings if f.problems or f.outcome is Outcome.ERROR]
    return ShownCase(
        case.id,
        case.title,
        case.place,
        Outcome.PASS if result.outcome is Outcome.NOTE else result.outcome,
        len(result.findings),
        [(name, anchor(name, case.id) if (name, case.id) in evident else name) for name in missed],
        [(exchange, _sent(exchange), _arrivals(exchange)) for exchange in result.exchanges],
        rerun(subject, case.id),
    )


def _sent(exchange: Exchange) -> str:
    """The beginning of what was sent."""
    return cut(exchange.request.body[: 4 * SENT_LIMIT].decode(errors="backslashreplace"), SENT_LIMIT)


def _arrivals(exchange: Exchange) -> Arrivals | None:
    """When a stream's events arrived."""
    reply = Reply(exchange)
    return arrivals(reply, ()) if reply.is_event_stream and reply.stream.events else None


def told_in_table(result: CaseResult) -> str:
    """A case in pytest-html's own table: one line per unmet requirement, and a link to the evidence."""
    missed = worst_first(result.findings)
    undecided = [finding for finding in result.findings if finding.outcome is result.outcome and finding.reason and not missed]
    return draw("in_pytest_table.html", case=result.case, lines=[headline(finding) for finding in (*missed, *undecided)])
