"""The outcome of all mutations as tables: by endpoint, by operator, by condition, and by how grave they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.mutation.explained import Explained
from tests.mutation.run import MAY, MUST, NOT_FOUND, SHOULD, UNDECIDED, Played
from tests.mutation.severity import COSMETIC, client_version

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "detection.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
LEVELS = (MUST, SHOULD, MAY, UNDECIDED, NOT_FOUND)


def table(played: Sequence[Played], explained: Explained) -> tuple[str, list[str]]:
    """The tables as Markdown, and a line for each survivor that nothing explains."""
    survivors = [one for one in played if one.found in (NOT_FOUND, UNDECIDED)]
    gaps = [one for one in survivors if explained.kind(one) is None]
    grave = [one for one in played if one.severity != COSMETIC and explained.kind(one) is None]
    at_must = sum(one.found == MUST for one in grave)
    lines = [
        f"{len(played):,} mutations changed a reply; {len(survivors):,} were not found,"
        f" {len(survivors) - len(gaps):,} of them are explained and {len(gaps):,} are gaps."
        f" Of the {len(grave):,} that break a client or hand its user wrong data ({client_version()}),"
        f" and that no explanation covers, {at_must:,} ({at_must / max(1, len(grave)):.0%}) are found at MUST.",
        "",
        *_part("By endpoint", played, explained, lambda one: one.endpoint),
        *_part("By gravity", played, explained, lambda one: one.severity),
        *_part("By condition", played, explained, lambda one: one.condition),
        *_part("By operator", played, explained, lambda one: one.operator.partition(",")[0]),
        *_part("By operator, condition and endpoint", played, explained, _cross),
    ]
    return "\n".join(lines), [f"gap: {one.id} ({one.severity}, {one.found})" for one in gaps]


def _cross(one: Played) -> str:
    when = "always" if one.condition == "always" else "under a condition"
    return f"{one.operator.partition(',')[0]} × {when} × {one.endpoint}"


def _part(title: str, played: Iterable[Played], explained: Explained, of: Callable[[Played], str]) -> list[str]:
    """One table."""
    rows: dict[str, Counter[str]] = {}
    for one in played:
        rows.setdefault(of(one), Counter())["explained" if explained.kind(one) else one.found] += 1
    heads = (*LEVELS, "explained")
    lines = [f"### {title}", "", f"| | all | {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) + 1)}"]
    lines += [f"| {name} | {row.total()} | {' | '.join(str(row[head] or '') for head in heads)} |" for name, row in sorted(rows.items())]
    return [*lines, ""]


def publish(told: str) -> None:
    """Put the tables into the document, between its marks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")
