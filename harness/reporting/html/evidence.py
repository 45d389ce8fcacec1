"""The evidence for a requirement's outcome: failed cases with their exchanges, and the names of passed and undecided ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...catalog import Catalog
from ...judging import RequirementResult
from ...model import JUDGED, CaseResult, Finding, Outcome, Place, Subject
from ..causes import Cause, causes_of
from ..explain import grouped
from ..replay import replay
from ..reproduce import rerun
from .drawing import cut
from .exchanges import ShownExchange, again, whole
from .marks import marks

SHOWN = 3
"""The most causes shown with a case's exchanges; the record holds all."""

NAMED = 12
"""The most other cases named."""


def anchor(requirement: str, case: str) -> str:
    """The page anchor of a case's evidence on a requirement."""
    return f"{requirement}:{case}"


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A case that broke a requirement: problems with their places, exchanges, commands to rerun it, and cases with the same problem."""

    anchor: str
    case: str
    title: str
    place: Place
    problems: Mapping[tuple[str, str], Sequence[str]]
    reason: str
    exchanges: Sequence[ShownExchange]
    rerun: str
    same: NamedCases | None


@dataclass(frozen=True, slots=True)
class NamedCases:
    """Other cases: their outcome, the names of the first few, and how many more there are."""

    label: str
    cases: Sequence[str]
    more: int


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """The evidence for one requirement's outcome."""

    findings: Sequence[ShownFinding]
    others: Sequence[NamedCases]


@dataclass(slots=True)
class Evidence:
    """Prepares evidence. An exchange that breaks ten requirements is shown in full once, at its first place; ``places`` has its anchor."""

    catalog: Catalog
    subject: Subject
    results: Mapping[str, CaseResult]
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, standing: RequirementResult) -> ShownEvidence:
        """The cases that broke a requirement, with what was expected and received; the other cases by name."""
        causes = examples(standing, self.results)
        shown = [self._finding(cause, is_open=number == 0) for number, cause in enumerate(causes)]
        told = {case for cause in causes for case in (cause.finding.case, *cause.others)}
        missed = [finding.case for finding in _missed(standing, self.results)]
        undecided: dict[str, list[str]] = {}
        for finding in standing.findings:
            if finding.outcome not in JUDGED and finding.case not in missed:
                undecided.setdefault(finding.reason, []).append(finding.case)
        rest = [("Not met either in", [case for case in missed if case not in told])]
        rest.append(("Met in", [f.case for f in standing.findings if f.outcome in JUDGED and not f.problems]))
        rest += [(f"Not decided, {reason}:" if reason else "Not decided by", cases) for reason, cases in undecided.items()]
        return ShownEvidence(shown, [_named(label, cases) for label, cases in rest if cases])

    def _finding(self, cause: Cause, *, is_open: bool) -> ShownFinding:
        """One case that broke a requirement, and the others that show the same."""
        finding = cause.finding
        case, here = self.catalog.tried(finding.case), anchor(finding.requirement, finding.case)
        reason = f"{finding.reason[0].upper()}{finding.reason[1:]}." if finding.reason else ""
        exchanges = list(self._exchanges(finding, here, is_open=is_open))
        played = cut(rerun(self.subject, case.id), 2_000)
        same = _named("The same in", cause.others) if cause.others else None
        return ShownFinding(here, case.id, case.title, case.place, grouped(finding.problems), reason, exchanges, played, same)

    def _exchanges(self, finding: Finding, here: str, *, is_open: bool) -> Iterator[ShownExchange]:
        """The exchanges that a finding is about."""
        found = marks(finding.problems)
        result = self.results[finding.case]
        named = (exchange for exchange in result.exchanges if exchange.id in finding.exchanges)
        for number, exchange in enumerate(named, start=1):
            place = f"{here}:{number}"
            known = self.places.setdefault((finding.case, exchange.id), place)
            if known == place:
                command = replay(self.catalog, self.subject, result, exchange)
                yield whole(exchange, found, command, anchor=place, is_open=is_open)
            else:
                yield again(exchange, found, anchor=known)


def _missed(standing: RequirementResult, results: Mapping[str, CaseResult]) -> list[Finding]:
    """The findings against the endpoint."""
    return [f for f in standing.findings if (f.problems or f.outcome is Outcome.ERROR) and f.case in results]


def examples(standing: RequirementResult, results: Mapping[str, CaseResult]) -> list[Cause]:
    """The causes to show, each by its plainest case. For a MAY, the first case that does it the other way."""
    causes = [cause for cause in causes_of(standing, results) if cause.result is not None][:SHOWN]
    return causes or [Cause(finding, results[finding.case], ()) for finding in _missed(standing, results)[:1]]


def shown_cases(standing: RequirementResult, results: Mapping[str, CaseResult]) -> set[str]:
    """The cases whose evidence on a requirement is on the page."""
    return {cause.finding.case for cause in examples(standing, results)}


def _named(label: str, cases: Sequence[str]) -> NamedCases:
    """The first cases, by name."""
    return NamedCases(label, cases[:NAMED], max(0, len(cases) - NAMED))
