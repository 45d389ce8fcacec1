"""What stands behind a requirement's outcome: the cases that missed it with their exchanges, and those that held or did not decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...catalog import Catalog
from ...judging import RequirementResult
from ...model import JUDGED, CaseResult, Finding, Outcome, Subject
from ..explain import grouped, rerun
from .exchanges import again, whole
from .marks import marks
from .markup import copied, link, table, text

SHOWN = 3
"""So many cases that missed a requirement are shown with their exchanges; the record holds them all."""

NAMED = 12
"""So many other cases are named."""


def anchor(requirement: str, case: str) -> str:
    """Where on the page a case's evidence about a requirement stands."""
    return f"{requirement}:{case}"


@dataclass(slots=True)
class Evidence:
    """Draws evidence. An exchange that breaks ten requirements is drawn in full once, where it first comes; ``places`` tells where."""

    catalog: Catalog
    subject: Subject
    results: Mapping[str, CaseResult]
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, standing: RequirementResult) -> str:
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
        return "".join([*shown, *(_names(label, cases) for label, cases in rest if cases)])

    def _finding(self, finding: Finding, *, is_open: bool) -> str:
        """One case that missed a requirement."""
        case, result, found = self.catalog.tried(finding.case), self.results[finding.case], marks(finding.problems)
        rows = (
            f"<tr><td>{text(', '.join(places))}</td><td>{text(expected)}</td><td>{text(got)}</td></tr>"
            for (expected, got), places in grouped(finding.problems).items()
        )
        problems = table(("Where", "Expected", "Got"), rows, "problems") if finding.problems else ""
        reason = f'<p class="reason">{text(finding.reason[0].upper() + finding.reason[1:])}.</p>' if finding.reason else ""
        here = anchor(finding.requirement, finding.case)
        exchanges: list[str] = []
        for number, exchange in enumerate((e for e in result.exchanges if e.id in finding.exchanges), start=1):
            known = self.places.setdefault((finding.case, exchange.id), place := f"{here}:{number}")
            first = known == place
            exchanges.append(
                whole(self.subject, exchange, found, anchor=place, is_open=is_open) if first else again(exchange, found, anchor=known)
            )
        return (
            f'<article class="finding" id="{text(here)}"><h4>{text(case.title)}</h4>'
            f'<p class="place">{link(case.id)} in <code>spec/{text(case.place)}</code></p>{problems}{reason}{"".join(exchanges)}'
            f"<h5>Play it again</h5>{copied(rerun(self.subject, case.id), 'the pytest command', 2_000)}</article>"
        )


def _missed(standing: RequirementResult, results: Mapping[str, CaseResult]) -> list[Finding]:
    """The findings that speak against the endpoint."""
    return [f for f in standing.findings if (f.problems or f.outcome is Outcome.ERROR) and f.case in results]


def drawn(standing: RequirementResult, results: Mapping[str, CaseResult]) -> set[str]:
    """The cases whose evidence about a requirement is on the page."""
    return {finding.case for finding in _missed(standing, results)[:SHOWN]}


def _names(label: str, cases: list[str]) -> str:
    """Cases by name, each a link to what it did."""
    named = ", ".join(link(case) for case in cases[:NAMED])
    more = f" and {len(cases) - NAMED:,} more" if len(cases) > NAMED else ""
    return f'<p class="others">{text(label)} {named}{more}</p>'
