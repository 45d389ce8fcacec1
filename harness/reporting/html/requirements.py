"""The requirements, unmet first, each with its sentence, its sources and its evidence; and the form that filters them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ...catalog import Catalog
from ...judging import RequirementResult, Verdict
from ...model import Level, Outcome
from ..explain import standing_word
from .evidence import Evidence
from .markup import badge, definitions, link, text

OUTCOMES = {
    "unmet": "anything that falls short",
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.FAIL, Outcome.WARN, Outcome.ERROR)},
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.INCONCLUSIVE, Outcome.PASS)},
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.NOTE, Outcome.NOT_APPLICABLE)},
}
"""What the outcome filter offers. The first stands for all that the endpoint falls short of."""


OPENED = 5
"""So many of the gravest shortfalls are unfolded from the start; more would bury each other."""

LISTED = 6
"""So many shortfalls are named at the head of the page."""


def filters(catalog: Catalog) -> str:
    """The form that filters the requirements; hidden until the script that serves it is there."""
    fields = (
        ("level", "Level", {level.value: level.upper() for level in Level}),
        ("area", "Area", {area: area for area in catalog.areas}),
        ("outcome", "Outcome", OUTCOMES),
    )
    selects = "".join(_select(key, name, options) for key, name, options in fields)
    return (
        '<form class="filters" role="search" aria-label="Filter the requirements" hidden>'
        f'<label>Text <input type="search" name="text" autocomplete="off" placeholder="in all that is shown"></label>{selects}'
        '<span class="actions"><button type="reset">Clear</button> <button type="button" data-open="yes">Open all shown</button> '
        '<button type="button" data-open="no">Close all</button></span>'
        '<output class="count" aria-live="polite"></output></form>'
    )


def _select(key: str, name: str, options: Mapping[str, str]) -> str:
    """A choice among options, each with what is shown for it."""
    listed = "".join(f'<option value="{text(value)}">{text(shown)}</option>' for value, shown in options.items())
    return f'<label>{name} <select name="{key}"><option value="">all</option>{listed}</select></label>'


def shortfalls(verdict: Verdict) -> list[RequirementResult]:
    """What the endpoint falls short of, gravest first, and known failures last."""
    unmet = [s for s in verdict.standings if s.unmet or s.outcome is Outcome.ERROR]
    return sorted(unmet, key=lambda s: (bool(s.known), -s.outcome.rank, list(Level).index(s.requirement.level)))


def contents(verdict: Verdict) -> str:
    """The gravest shortfalls by name, for the head of the page."""
    unmet = shortfalls(verdict)
    if not unmet:
        return ""
    listed = "".join(f"<li>{badge(s.outcome)} {link(s.requirement.id)}</li>" for s in unmet[:LISTED])
    more = f'<li><a href="#unmet">and {len(unmet) - LISTED} more</a></li>' if len(unmet) > LISTED else ""
    return f'<nav aria-label="What falls short"><ul class="contents">{listed}{more}</ul></nav>'


def requirements(catalog: Catalog, verdict: Verdict, evidence: Evidence) -> Iterator[str]:
    """The unmet ones first, open; then what is undecided; then the rest, folded, by area."""
    unmet = shortfalls(verdict)
    undecided = [s for s in verdict.standings if s.undecided]
    for name, title, listed in (("unmet", "What falls short", unmet), ("undecided", "What could not be decided", undecided)):
        if listed:
            yield f'<section class="group" id="{name}"><h2>{title} <span class="count">{len(listed)}</span></h2>'
            for number, standing in enumerate(listed):
                is_grave = standing.outcome in (Outcome.FAIL, Outcome.ERROR)
                yield _requirement(catalog, standing, evidence, is_open=is_grave and not standing.known and number < OPENED)
            yield "</section>"
    told = {s.requirement.id for s in (*unmet, *undecided)}
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        rest = [s for s in of_area if s.requirement.id not in told]
        count = f"{len(rest)} of {len(of_area)}" if len(rest) < len(of_area) else f"{len(of_area)}"
        yield f'<section class="group" id="area-{area}"><h2>{text(area)} <span class="count">{count}</span></h2>'
        yield from (_requirement(catalog, s, evidence) for s in rest)
        yield "</section>" if rest else '<p class="plain">All of them are told above.</p></section>'


def _requirement(catalog: Catalog, standing: RequirementResult, evidence: Evidence, *, is_open: bool = False) -> str:
    """One requirement: its sentence and sources, then its evidence."""
    requirement, word = standing.requirement, standing_word(standing.outcome)
    tried = f"{standing.judged} case{'' if standing.judged == 1 else 's'}"
    known = "known failure, " if standing.known else ""
    counts = f"{known}missed in {standing.missed} of {tried}" if standing.missed else tried if standing.judged else ""
    is_unmet = "yes" if standing.unmet or standing.outcome is Outcome.ERROR else "no"
    return (
        f'<details class="requirement" data-level="{requirement.level}" data-area="{text(requirement.area)}" '
        f'data-outcome="{word}" data-unmet="{is_unmet}" id="{text(requirement.id)}"{" open" if is_open else ""}>'
        f'<summary>{badge(standing.outcome)} <span class="level">{requirement.level.upper()}</span> '
        f'<h3><code>{text(requirement.id)}</code></h3> <span class="count">{text(counts)}</span>'
        f'<span class="says">{text(requirement.says)}</span></summary>'
        f"{definitions(_sources(catalog, standing))}{evidence.of(standing)}</details>"
    )


def _sources(catalog: Catalog, standing: RequirementResult) -> Iterator[tuple[str, str]]:
    """Who says so, what speaks against it, whom it hurts, and who else broke it."""
    requirement = standing.requirement
    source = catalog.sources[requirement.source]
    title = f'<a href="{text(source.url)}">{text(source.title)}</a>' if source.url else text(source.title)
    yield "Source", f"{title}, {text(source.date)}: {text(requirement.at)}"
    yield "But", text(requirement.contradiction or "")
    yield "Breaks", text("; ".join(requirement.breaks))
    yield "Seen before", ", ".join(f'<a href="{text(url)}">{text(_thread(url))}</a>' for url in requirement.seen)
    yield "Feature", text(requirement.feature)
    yield "Reason", text(standing.reason)
    yield "Known", text(standing.known)
    yield "This entry", link(requirement.id)


def _thread(url: str) -> str:
    """A short name of a public report."""
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/(?:issues|pull|discussions)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url.removeprefix("https://")
