"""The end of a run in a terminal: a table, what is unmet, one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import WHOLENESS, Catalog
from ..judging import NOT_TRIED, RequirementResult, Verdict
from ..model import Level, Outcome, Subject
from .explain import headline
from .safe_text import on_one_line

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


def summary(catalog: Catalog, subject: Subject, verdict: Verdict) -> Iterator[str]:
    """The lines of the closing summary."""
    judged = f"conformance of {subject.base_url} · model {subject.model} · profile {subject.profile} · spec {catalog.snapshot}"
    yield on_one_line(judged)
    yield from (on_one_line(f"  {remark}") for remark in subject.remarks)
    yield ""
    yield from _table(catalog, verdict)
    open_points = [s for s in verdict.standings if s.unmet or s.outcome is Outcome.ERROR]
    if open_points:
        yield ""
        yield from _list(open_points)
    if verdict.stale:
        yield ""
        yield from (on_one_line(f"  ✗ {line}") for line in verdict.stale)
    known = [s for s in verdict.standings if s.outcome is Outcome.NOTE and s.missed and s.requirement.level is not Level.MAY]
    if known:
        yield ""
        yield from (on_one_line(f"  · {s.requirement.id}: {s.reason} ({s.missed} of {s.judged} cases)") for s in known)
    undecided = [s for s in verdict.standings if s.undecided and s.requirement.level is not Level.MAY]
    if undecided:
        yield ""
        width = max(len(s.requirement.id) for s in undecided)
        for s in undecided:
            yield on_one_line(f"  ? {s.requirement.id:<{width}}  {s.requirement.level.upper():<6}  undecided: {s.reason}")
    yield ""
    yield on_one_line(verdict.sentence)


def _table(catalog: Catalog, verdict: Verdict) -> Iterator[str]:
    """Areas against levels, and what is not offered."""
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


def _list(standings: list[RequirementResult]) -> Iterator[str]:
    """Unmet requirements, gravest first, with the first problem of each."""
    ordered = sorted(standings, key=lambda s: (bool(s.known), -s.outcome.rank, s.requirement.level))
    width = max(len(s.requirement.id) for s in ordered)
    for s in ordered:
        count = f"{s.missed} of {s.judged} cases" if s.judged else "no answer"
        yield f"  {SYMBOLS[s.outcome]} {s.requirement.id:<{width}}  {s.requirement.level.upper():<6}  {count}"
        finding = next(f for f in s.findings if f.outcome is s.outcome)
        if s.known:
            yield on_one_line(f"      known: {s.known}")
        yield f"      {headline(finding).removeprefix(s.requirement.id + ': ')}"
