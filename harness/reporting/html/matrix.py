"""The matrix of areas and levels: how many requirements are met, at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...catalog import WHOLENESS, Catalog
from ...judging import RequirementResult, Verdict
from ...model import Level, Outcome
from ..terminal import SYMBOLS
from .drawing import TONES, cut
from .requirements import is_shortfall


@dataclass(frozen=True, slots=True)
class Cell:
    """One area at one level: a tone, how many requirements are met, and its link; an empty ``told`` means that none applies."""

    level: Level
    tone: str = "plain"
    told: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One area with its cells, or one sentence if none of its requirements applies; a feature has no ``anchor``."""

    name: str
    anchor: str
    cells: Sequence[Cell] = ()
    sentence: str = ""


def matrix(catalog: Catalog, verdict: Verdict) -> Iterator[MatrixRow]:
    """A row for each area, or a sentence if none of it applies; then absent features without a requirement of their own."""
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        if not all(s.outcome is Outcome.NOT_APPLICABLE for s in of_area):
            yield MatrixRow(area, f"area-{area}", [_cell(area, level, verdict.of_area(area, level)) for level in Level])
        elif not any(s.requirement.id == WHOLENESS for s in of_area):  # absent features are listed below, endpoint by endpoint
            yield MatrixRow(area, f"area-{area}", sentence=cut(of_area[0].reason if of_area else "", 90))
    for feature, reason in verdict.besides.items():
        yield MatrixRow(feature, "", sentence=cut(f"not offered: {reason}", 120))


def _cell(area: str, level: Level, standings: list[RequirementResult]) -> Cell:
    """How many of the requirements that apply are met, with the colour of the worst."""
    applying = [s for s in standings if s.outcome is not Outcome.NOT_APPLICABLE]
    if not applying:
        return Cell(level)
    if level is Level.MAY:
        tone, told = "plain", f"{sum(not s.missed and s.judged > 0 for s in applying)} of {len(applying)} do"
    else:
        worst = max(applying, key=lambda s: s.outcome.rank)
        tone, told = TONES[worst.outcome], f"{SYMBOLS[worst.outcome]} {sum(s.met for s in applying)} of {len(applying)}"
    # Without scripts a cell leads to the first requirement that falls short, or to the area; with them it filters.
    short = next((s.requirement.id for s in applying if s.undecided or is_shortfall(s)), f"area-{area}")
    return Cell(level, tone, told, short)
