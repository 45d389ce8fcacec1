"""Runs against each other as text, as Markdown and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..judging import RequirementResult
from ..model import Level, Outcome
from ..records import Judged
from .comparison import Change, Comparison, Row, labels
from .explain import headline, plain
from .html.compliance import STYLE
from .html.frame import standalone
from .html.markup import TONES
from .html.markup import text as text_of
from .terminal import SYMBOLS

CASES = 5
"""So many cases of a change are named."""


def _sections(found: Comparison) -> list[tuple[str, str, tuple[Change, ...]]]:
    """The parts of a comparison: a symbol, a heading, the changes."""
    return [
        ("✗", "broke", found.broke),
        ("+", "not met, and not judged before", found.new),
        ("?", "judged before, and not now", found.lost),
        ("✓", "healed", found.healed),
        ("·", "not met in either", found.still),
    ]


def _sentence(found: Comparison) -> str:
    counts = ", ".join(f"{len(changes)} {heading}" for _, heading, changes in _sections(found) if changes)
    return counts or "nothing changed"


def _cases(change: Change) -> str:
    more = f" and {len(change.cases) - CASES} more" if len(change.cases) > CASES else ""
    return ", ".join(change.cases[:CASES]) + more


def _got(change: Change) -> str:
    """What came, in one line; empty where the requirement is met."""
    if change.finding.outcome not in (Outcome.FAIL, Outcome.WARN, Outcome.ERROR):
        return ""
    return headline(change.finding).removeprefix(change.requirement.id + ": ")


def _names(found: Comparison) -> list[str]:
    return labels([found.before, found.now])


def text(found: Comparison) -> str:
    """Two runs, for a terminal."""
    return plain("\n".join(_text_lines(found)))


def _text_lines(found: Comparison) -> Iterator[str]:
    for word, name, run in zip(("old", "new"), _names(found), (found.before, found.now), strict=True):
        yield f"{word}  {name}: {run.verdict.sentence}"
    for symbol, heading, changes in _sections(found):
        if changes:
            yield ""
            yield f"{heading} ({len(changes)})"
        for change in changes:
            yield f"  {symbol} {change.requirement.id}  {change.requirement.level.upper()}  in {_cases(change)}"
            if got := _got(change):
                yield f"      {got}"
    yield ""
    yield _sentence(found)


def markdown(found: Comparison) -> str:
    """Two runs, for a comment on a pull request."""
    lines = [f"### {_sentence(found)}", ""]
    for word, name, run in zip(("old", "new"), _names(found), (found.before, found.now), strict=True):
        lines.append(f"- {word}: {_code(name)}: {run.verdict.sentence}")
    for symbol, heading, changes in _sections(found):
        lines += ["", f"**{heading}** ({len(changes)})", ""] if changes else []
        for change in changes:
            lines.append(f"- {symbol} {change.requirement.level.upper()} {_code(change.requirement.id)} in {_code(_cases(change))}")
            lines += [f"  - {_code(got)}"] if (got := _got(change)) else []
    return plain("\n".join(lines)) + "\n"


def _code(words: str) -> str:
    return "`" + words.replace("`", "'").replace("\n", " ") + "`"


def page(found: Comparison) -> str:
    """Two runs, as a page."""
    parts = [f"<h2>{text_of(_sentence(found))}</h2>", "<dl class='facts'>"]
    for word, name, run in zip(("Old", "New"), _names(found), (found.before, found.now), strict=True):
        parts.append(f"<dt>{word}</dt><dd>{text_of(name)}: {text_of(run.verdict.sentence)}</dd>")
    parts.append("</dl>")
    for symbol, heading, changes in _sections(found):
        if changes:
            rows = "".join(
                f"<tr><td><code>{text_of(c.requirement.id)}</code><br>{text_of(c.requirement.says)}</td><td>{c.requirement.level.upper()}</td>"
                f"<td><code>{text_of(_cases(c))}</code></td><td>{text_of(_got(c))}</td></tr>"
                for c in changes
            )
            heads = "".join(f'<th scope="col">{name}</th>' for name in ("Requirement", "Level", "Cases", "Now"))
            parts.append(
                f'<section class="group"><h3>{symbol} {text_of(heading)} ({len(changes)})</h3>'
                f'<table class="problems"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></section>'
            )
    return standalone(
        "Two runs compared", f'<style>{STYLE.read_text(encoding="utf-8")}</style><main class="wireproof">{"".join(parts)}</main>'
    )


def _cell(standing: RequirementResult | None) -> str:
    """What a requirement came to in a run: a symbol, and in how many cases it was missed."""
    if standing is None:
        return "–"
    missed = f" {standing.missed}/{standing.judged}" if standing.missed else ""
    return f"{SYMBOLS[standing.outcome]}{missed}"


def _counts(run: Judged) -> list[str]:
    """How many requirements of each level a run meets."""
    found = []
    for level in (Level.MUST, Level.SHOULD):
        applying = [s for s in run.verdict.standings if s.requirement.level is level and s.outcome is not Outcome.NOT_APPLICABLE]
        found.append(f"{sum(s.met for s in applying)} of {len(applying)}")
    return found


def _table(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The heads and the rows of a matrix."""
    counts = [_counts(run) for run in runs]
    sums = [[f"{word} met", "", *(count[position] for count in counts)] for position, word in enumerate(("MUST", "SHOULD"))]
    sums.append(["cost", "", *(f"{(run.record.footer or {}).get('requests', '?')} requests" for run in runs)])
    cells = [[row.requirement.id, row.requirement.level.upper(), *map(_cell, row.standings)] for row in rows]
    return ["requirement", "level", *named], [*sums, *cells]


def matrix_text(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> str:
    """Many runs, for a terminal: the runs are numbered, so that the table stays narrow."""
    heads, cells = _table([f"[{number}]" for number in range(1, len(runs) + 1)], runs, rows)
    widths = [max(len(line[column]) for line in [heads, *cells]) for column in range(len(heads))]
    lines = [f"[{number}] {name}: {run.verdict.sentence}" for number, (name, run) in enumerate(zip(named, runs, strict=True), start=1)]
    lines += ["", *("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in [heads, *cells])]
    return plain("\n".join(lines))


def matrix_markdown(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> str:
    """Many runs, as a Markdown table."""
    heads, cells = _table([_code(name) for name in named], runs, rows)
    lines = [heads, ["---"] * len(heads), *([_code(line[0]), *line[1:]] for line in cells)]
    return plain("\n".join(f"| {' | '.join(line)} |" for line in lines)) + "\n"


def matrix_page(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row]) -> str:
    """Many runs, as a page: what is not met anywhere is not shown."""
    heads, cells = _table(named, runs, rows)
    head = "".join(f'<th scope="col">{text_of(word)}</th>' for word in heads)
    sums = len(cells) - len(rows)
    tones = [[""] * len(runs)] * sums + [[TONES[s.outcome] if s is not None else "plain" for s in row.standings] for row in rows]
    body = "".join(
        f'<tr><th scope="row"><code>{text_of(line[0])}</code></th><td class="level">{line[1]}</td>'
        + "".join(f'<td class="{tone}">{text_of(cell)}</td>' for cell, tone in zip(line[2:], of_line, strict=True))
        + "</tr>"
        for line, of_line in zip(cells, tones, strict=True)
    )
    style = f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
    title = f"{len(runs)} endpoints compared"
    return standalone(
        title,
        f'{style}<main class="wireproof"><h2>What some of {len(runs)} endpoints do not meet, worst first</h2>'
        f'<div class="wide"><table class="matrix"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></main>',
    )
