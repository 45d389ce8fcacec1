"""Comparisons of runs as text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..judging import RequirementResult
from ..model import Level, Outcome
from ..records import Judged
from .comparison import Change, Comparison, Row, labels
from .explain import headline
from .safe_text import as_code, in_markdown, on_one_line, visible
from .terminal import SYMBOLS

CASES = 5
"""The most cases named for a change."""


def sections(found: Comparison) -> list[tuple[str, str, tuple[Change, ...]]]:
    """The parts of a comparison: a symbol, a heading, the changes."""
    return [
        ("✗", "broke", found.broke),
        ("+", "not met, and not judged before", found.new),
        ("?", "judged before, and not now", found.lost),
        ("✓", "healed", found.healed),
        ("·", "not met in either", found.still),
    ]


def sentence(found: Comparison) -> str:
    """How much changed, in one line."""
    counts = ", ".join(f"{len(changes)} {heading}" for _, heading, changes in sections(found) if changes)
    return counts or "nothing changed"


def cases_of(change: Change) -> str:
    """The cases of a change, the first of them by name."""
    more = f" and {len(change.cases) - CASES} more" if len(change.cases) > CASES else ""
    return ", ".join(change.cases[:CASES]) + more


def got(change: Change) -> str:
    """What was received, in one line; empty if the requirement is met."""
    if change.finding.outcome not in (Outcome.FAIL, Outcome.WARN, Outcome.ERROR):
        return ""
    return headline(change.finding).removeprefix(change.requirement.id + ": ")


def names(found: Comparison) -> list[str]:
    """The names of the old run and the new one."""
    return labels([found.before, found.now])


def text(found: Comparison) -> str:
    """Two runs, for a terminal."""
    return "\n".join(map(on_one_line, _text_lines(found)))


def _text_lines(found: Comparison) -> Iterator[str]:
    for word, name, run in zip(("old", "new"), names(found), (found.before, found.now), strict=True):
        yield f"{word}  {name}: {run.verdict.sentence}"
    for symbol, heading, changes in sections(found):
        if changes:
            yield ""
            yield f"{heading} ({len(changes)})"
        for change in changes:
            yield f"  {symbol} {change.requirement.id}  {change.requirement.level.upper()}  in {cases_of(change)}"
            if came := got(change):
                yield f"      {came}"
    yield ""
    yield sentence(found)


def markdown(found: Comparison) -> str:
    """Two runs, for a comment on a pull request."""
    lines = [f"### {sentence(found)}", ""]
    for word, name, run in zip(("old", "new"), names(found), (found.before, found.now), strict=True):
        lines.append(f"- {word}: {as_code(name)}: {in_markdown(run.verdict.sentence)}")
    for symbol, heading, changes in sections(found):
        lines += ["", f"**{heading}** ({len(changes)})", ""] if changes else []
        for change in changes:
            lines.append(f"- {symbol} {change.requirement.level.upper()} {as_code(change.requirement.id)} in {as_code(cases_of(change))}")
            lines += [f"  - {as_code(came)}"] if (came := got(change)) else []
    return visible("\n".join(lines)) + "\n"


def cell_of(standing: RequirementResult | None) -> str:
    """A requirement's result in a run: a symbol, and in how many cases it was unmet."""
    if standing is None:
        return "–"
    missed = f" {standing.missed}/{standing.judged}" if standing.missed else ""
    return f"{SYMBOLS[standing.outcome]}{missed}"


def counts_of(run: Judged) -> list[str]:
    """How many requirements of each level a run meets."""
    found = []
    for level in (Level.MUST, Level.SHOULD):
        applying = [s for s in run.verdict.standings if s.requirement.level is level and s.outcome is not Outcome.NOT_APPLICABLE]
        found.append(f"{sum(s.met for s in applying)} of {len(applying)}")
    return found


def _table(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The heads and the rows of a matrix."""
    counts = [counts_of(run) for run in runs]
    sums = [[f"{word} met", "", *(count[position] for count in counts)] for position, word in enumerate(("MUST", "SHOULD"))]
    sums.append(["cost", "", *(f"{(run.record.footer or {}).get('requests', '?')} requests" for run in runs)])
    cells = [[row.requirement.id, row.requirement.level.upper(), *map(cell_of, row.standings)] for row in rows]
    return ["requirement", "level", *named], [*sums, *cells]


def matrix_text(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> str:
    """Many runs, for a terminal: the runs are numbered, so that the table stays narrow."""
    heads, cells = _table([f"[{number}]" for number in range(1, len(runs) + 1)], runs, rows)
    widths = [max(len(line[column]) for line in [heads, *cells]) for column in range(len(heads))]
    lines = [f"[{number}] {name}: {run.verdict.sentence}" for number, (name, run) in enumerate(zip(named, runs, strict=True), start=1)]
    lines += ["", *("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in [heads, *cells])]
    return "\n".join(map(on_one_line, lines))


def matrix_markdown(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> str:
    """Many runs, as a Markdown table."""
    heads, cells = _table([as_code(name).replace("|", "\\|") for name in named], runs, rows)
    lines = [heads, ["---"] * len(heads), *([as_code(line[0]), *line[1:]] for line in cells)]
    return visible("\n".join(f"| {' | '.join(line)} |" for line in lines)) + "\n"
