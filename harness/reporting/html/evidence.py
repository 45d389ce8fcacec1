"""What stands behind a requirement's outcome: the cases that missed it with their exchanges, and those that held or did not decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...catalog import Catalog
from ...judging import RequirementResult
from ...model import JUDGED, CaseResult, Finding, Outcome, Place, Subject
from ..explain import grouped
from ..reproduce import rerun
from .drawing import cut
from .exchanges import ShownExchange, again, whole
from .marks import marks

SHOWN = 3
"""So many cases that missed a requirement are shown with their exchanges; the record holds them all."""

NAMED = 12
"""So many other cases are named."""


def anchor(requirement: str, case: str) -> str:
    """Where on the page a case's evidence about a requirement stands."""
    return f"{requirement}:{case}"


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One case that missed a requirement: problems with their places, its exchanges, and the command that plays it again."""

    anchor: str
    case: str
    title: str
    place: Place
    problems: Mapping[tuple[str, str], Sequence[str]]
    reason: str
    exchanges: Sequence[ShownExchange]
    rerun: str


@dataclass(frozen=True, slots=True)
class NamedCases:
    """Other cases by name: what they came to, the first of them, and how many more there are."""

    label: str
    cases: Sequence[str]
    more: int


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """What stands behind one requirement's outcome."""

    findings: Sequence[ShownFinding]
    others: Sequence[NamedCases]


@dataclass(slots=True)
class Evidence:
    """Prepares evidence. An exchange that breaks ten requirements is shown in full once, where it first comes; ``places`` tells where."""

    catalog: Catalog
    subject: Subject
    results: Mapping[str, CaseResult]
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, standing: RequirementResult) -> ShownEvidence:
        """The cases that missed a requirement with what was expected and got; the other cases by name."""
        missed = _missed(standing, self.results)
        shown = [self._finding(finding, is_open=number == 0) for number, finding in enumerate(missed[:SHOWN])]
        undecided: dict[str, list[str]] = {}
        for finding in standing.findings:
            if finding.outcome not in JUDGED and finding not in missed:
                undecided.setdefault(finding.reason, []).append(finding.case)
        rest = [("Missed too in", [f.case for f in missed[SHOWN:]])]
        rest.append(("Held in", [f.case for f in standing.findings if f.outcome in JUDGED and not f.problems]))
        rest += [(f"Not decided, {reason}:" if reason else "Not decided by", cases) for reason, cases in undecided.items()]
        return ShownEvidence(shown, [NamedCases(label, cases[:NAMED], max(0, len(cases) - NAMED)) for label, cases in rest if cases])

    def _finding(self, finding: Finding, *, is_open: bool) -> ShownFinding:
        """One case that missed a requirement."""
        case, here = self.catalog.tried(finding.case), anchor(finding.requirement, finding.case)
        reason = f"{finding.reason[0].upper()}{finding.reason[1:]}." if finding.reason else ""
        exchanges = list(self._exchanges(finding, here, is_open=is_open))
        played = cut(rerun(self.subject, case.id), 2_000)
        return ShownFinding(here, case.id, case.title, case.place, grouped(finding.problems), reason, exchanges, played)

    def _exchanges(self, finding: Finding, here: str, *, is_open: bool) -> Iterator[ShownExchange]:
        """The exchanges that a finding is about."""
        found = marks(finding.problems)
        named = (exchange for exchange in self.results[finding.case].exchanges if exchange.id in finding.exchanges)
        for number, exchange in enumerate(named, start=1):
            place = f"{here}:{number}"
            known = self.places.setdefault((finding.case, exchange.id), place)
            if known == place:
                yield whole(self.subject, exchange, found, anchor=place, is_open=is_open)
            else:
                yield again(exchange, found, anchor=known)


def _missed(standing: RequirementResult, results: Mapping[str, CaseResult]) -> list[Finding]:
    """The findings that speak against the endpoint."""
    return [f for f in standing.findings if (f.problems or f.outcome is Outcome.ERROR) and f.case in results]


def shown_cases(standing: RequirementResult, results: Mapping[str, CaseResult]) -> set[str]:
    """The cases whose evidence about a requirement is on the page."""
    return {finding.case for finding in _missed(standing, results)[:SHOWN]}
