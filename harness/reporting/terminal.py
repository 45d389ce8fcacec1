"""The closing summary in a terminal: unmet requirements, a table, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import COMMAND
from ..catalog import WHOLENESS, Catalog
from ..judging import NOT_TRIED, RequirementResult, Verdict
from ..model import CaseResult, Level, Outcome, Subject
from .counts import share
from .safe_text import on_one_line
from .unmet import block, warning

NAMED = 4
"""The most requirements, or cases, named for one reason."""

SYMBOLS = {
    Outcome.PASS: "✓",
    Outcome.NOTE: "·",
    Outcome.WARN: "!",
    Outcome.FAIL: "✗",
    Outcome.ERROR: "‼",
    Outcome.INCONCLUSIVE: "?",
    Outcome.BLOCKED: "?",
    Outcome.NOT_APPLICABLE: "–",
}


def summary(
    catalog: Catalog, subject: Subject, verdict: Verdict, results: Iterable[CaseResult] = (), *, verbose: bool = False
) -> Iterator[str]:
    """The lines of the summary: each unmet requirement once, then the table, what is undecided, and the verdict."""
    results = tuple(results)
    yield from _unmet(catalog, subject, verdict, results, verbose=verbose)
    judged = f"conformance of {subject.base_url} · model {subject.model} · profile {subject.profile} · spec {catalog.snapshot}"
    yield on_one_line(judged)
    yield from (on_one_line(f"  {remark}") for remark in subject.remarks)
    yield ""
    yield from _table(catalog, verdict)
    accepted = [s for s in verdict.standings if s.known and (s.unmet or s.outcome is Outcome.ERROR)]
    if accepted:
        yield ""
        yield from (on_one_line(f"  · {s.requirement.id}: known: {s.known} ({share(s.missed, s.judged, 'case')})") for s in accepted)
    if verdict.stale:
        yield ""
        yield from (on_one_line(f"  ✗ {line}") for line in verdict.stale)
    known = [s for s in verdict.standings if s.outcome is Outcome.NOTE and s.missed and s.requirement.level is not Level.MAY]
    if known:
        yield ""
        yield from (on_one_line(f"  · {s.requirement.id}: {s.reason} ({share(s.missed, s.judged, 'case')})") for s in known)
    undecided = [s for s in verdict.standings if s.undecided and s.requirement.level is not Level.MAY]
    if undecided:
        yield ""
        yield from _undecided(undecided)
    yield from _inconclusive(results)
    yield ""
    yield on_one_line(verdict.sentence)


def _table(catalog: Catalog, verdict: Verdict) -> Iterator[str]:
    """The table of areas and levels, and the features not offered."""
    width = max(len(name) for name in (*catalog.areas, *verdict.besides)) + 2
    yield f"  {'':<{width}}{'MUST':<12}{'SHOULD':<12}"
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        absent = [s for s in of_area if s.outcome is Outcome.NOT_APPLICABLE]
        if len(absent) == len(of_area) and any(s.reason == NOT_TRIED or s.requirement.id == WHOLENESS for s in absent):
            continue
        if absent and len(absent) == len(of_area):
            yield on_one_line(f"  {area:<{width}}{absent[0].reason}")
            continue
        cells = "".join(f"{_cell(verdict.of_area(area, level)):<12}" for level in (Level.MUST, Level.SHOULD))
        yield f"  {area:<{width}}{cells}".rstrip()
    for feature, reason in verdict.besides.items():
        yield on_one_line(f"  {feature:<{width}}not offered: {reason}")


def _cell(standings: list[RequirementResult]) -> str:
    """How many of the requirements that apply are met."""
    applying = [s for s in standings if s.outcome is not Outcome.NOT_APPLICABLE]
    return f"{sum(s.met for s in applying)} of {len(applying)}" if applying else "–"


def _undecided(standings: list[RequirementResult]) -> Iterator[str]:
    """The undecided requirements, by reason."""
    reasons: dict[str, list[RequirementResult]] = {}
    for s in standings:
        reasons.setdefault(s.reason, []).append(s)
    for reason, of_reason in reasons.items():
        names = [f"{s.requirement.id} ({s.requirement.level.upper()})" for s in of_reason]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield on_one_line(f"  ? undecided: {reason}: {', '.join(names[:NAMED])}{more}")


def _inconclusive(results: Iterable[CaseResult]) -> Iterator[str]:
    """The cases that showed nothing, by reason."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.outcome is Outcome.INCONCLUSIVE:
            finding = next(finding for finding in result.findings if finding.outcome is Outcome.INCONCLUSIVE)
            reasons.setdefault(finding.reason, []).append(result.case)
    if reasons:
        yield ""
    for reason, cases in reasons.items():
        more = f" and {len(cases) - NAMED} more" if len(cases) > NAMED else ""
        yield on_one_line(f"  ? inconclusive: {reason}: {', '.join(cases[:NAMED])}{more}")


def _unmet(catalog: Catalog, subject: Subject, verdict: Verdict, results: Iterable[CaseResult], *, verbose: bool) -> Iterator[str]:
    """A block for each unmet MUST and each requirement that fails the run. Warnings get one line each unless ``-v`` asks for all."""
    by_case = {result.case: result for result in results}
    failing = {s.requirement.id for s in verdict.failing}
    unmet = [s for s in verdict.standings if (s.unmet or s.outcome is Outcome.ERROR) and not s.known]
    whole = [s for s in unmet if verbose or s.outcome is not Outcome.WARN or s.requirement.id in failing]
    warned = [s for s in unmet if s not in whole]
    for s in sorted(whole, key=lambda s: (-s.outcome.rank, -s.missed)):
        yield from block(catalog, subject, s, by_case)
        yield ""
    yield from map(warning, warned)
    if warned:
        yield ""
    if unmet:
        yield f"everything known about a requirement: {'wireproof' if COMMAND == 'wireproof' else 'python -m harness'} explain ID"
        yield ""
