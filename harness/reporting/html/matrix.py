"""The matrix of areas and levels: how many requirements are met, at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import WHOLENESS, Catalog
from ...judging import RequirementResult, Verdict
from ...model import Level, Outcome
from ..terminal import SYMBOLS
from .markup import TONES, text


def matrix(catalog: Catalog, verdict: Verdict) -> str:
    """Areas against levels; each cell tells how many requirements are met and leads to them."""
    heads = "".join(f'<th scope="col">{level.upper()}</th>' for level in Level)
    return (
        '<section aria-labelledby="matrix"><h2 id="matrix">Requirements met</h2><table class="matrix">'
        f'<thead><tr><th scope="col">Area</th>{heads}</tr></thead><tbody>{"".join(_rows(catalog, verdict))}</tbody></table></section>'
    )


def _rows(catalog: Catalog, verdict: Verdict) -> Iterator[str]:
    """A row for each area, one sentence where nothing of it applies; and what is not offered and has no requirement of its own."""
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        named = f'<th scope="row"><a href="#area-{area}" data-filter="area={area}">{text(area)}</a></th>'
        if all(s.outcome is Outcome.NOT_APPLICABLE for s in of_area):
            if any(s.requirement.id == WHOLENESS for s in of_area):
                continue  # what is not offered is told below, endpoint by endpoint
            yield f'<tr>{named}<td colspan="3" class="plain">{text(of_area[0].reason if of_area else "", 90)}</td></tr>'
        else:
            yield f"<tr>{named}{''.join(_cell(area, level, verdict.of_area(area, level)) for level in Level)}</tr>"
    for feature, reason in verdict.besides.items():
        yield f'<tr><th scope="row">{text(feature)}</th><td colspan="3" class="plain">{text(f"not offered: {reason}", 120)}</td></tr>'


def _cell(area: str, level: Level, standings: list[RequirementResult]) -> str:
    """How many of the requirements that apply are met, with the colour of the worst."""
    applying = [s for s in standings if s.outcome is not Outcome.NOT_APPLICABLE]
    if not applying:
        return '<td class="plain">–</td>'
    if level is Level.MAY:
        tone, shown = "plain", f"{sum(not s.missed and s.judged > 0 for s in applying)} of {len(applying)} do"
    else:
        worst = max(applying, key=lambda s: s.outcome.rank)
        tone, shown = TONES[worst.outcome], f"{SYMBOLS[worst.outcome]} {sum(s.met for s in applying)} of {len(applying)}"
    # Without scripts a cell leads to the first requirement that falls short, or to the area; with them it filters.
    short = next((s.requirement.id for s in applying if s.unmet or s.undecided or s.outcome is Outcome.ERROR), f"area-{area}")
    return f'<td class="{tone}"><a href="#{text(short)}" data-filter="area={area}&amp;level={level}">{shown}</a></td>'
