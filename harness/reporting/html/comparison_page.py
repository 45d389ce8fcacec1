"""Runs against each other as a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...records import Judged
from ..comparison import Comparison, Row
from ..comparison_text import cases_of, got, names, sections, sentence, table
from .drawing import TONES, draw, own

if TYPE_CHECKING:
    from markupsafe import Markup


def page(found: Comparison) -> Markup:
    """Two runs, as a page."""
    runs = list(zip(("Old", "New"), names(found), (found.before, found.now), strict=True))
    parts = [(symbol, heading, [(c, cases_of(c), got(c)) for c in changes]) for symbol, heading, changes in sections(found) if changes]
    return draw(
        "two_runs.html", title="Two runs compared", style=own("compliance.css"), sentence=sentence(found), runs=runs, sections=parts
    )


def matrix_page(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> Markup:
    """Many runs, as a page: what is not met anywhere is not shown."""
    heads, cells = table(named, runs, rows)
    sums = len(cells) - len(rows)
    tones = [[""] * len(runs)] * sums + [[TONES[s.outcome] if s is not None else "plain" for s in row.standings] for row in rows]
    lines = [(line[0], line[1], list(zip(line[2:], of_line, strict=True))) for line, of_line in zip(cells, tones, strict=True)]
    title = f"{len(runs)} endpoints compared"
    return draw("many_runs.html", title=title, style=own("compliance.css"), number=len(runs), heads=heads, lines=lines)
