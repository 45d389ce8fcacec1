"""A run as Markdown, short enough for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..catalog import Catalog
from ..judging import Exit, RequirementResult, Verdict
from ..model import CaseResult, Level, Outcome
from ..records import Judged
from .causes import Cause, causes_of
from .counts import share
from .explain import headline
from .replay import replay
from .reproduce import rerun
from .safe_text import as_code, in_markdown, on_terminal
from .since import Since
from .since import markdown as changes

LIMIT = 60_000
"""Bytes at most: GitHub takes comments of 65,536 characters."""

LONGEST = 1_500
"""The longest request shown, in characters."""

CAUSES = 3
"""The most causes shown for one requirement."""

MARKS = {Exit.CONFORMS: "✅", Exit.UNMET: "❌", Exit.OUR_FAULT: "❌"}


def summary(run: Judged, since: Since | None = None) -> str:
    """The verdict, what changed, the table of areas, and each unmet requirement with its plainest example, as many as fit."""
    catalog, subject, verdict = run.catalog, run.subject, run.verdict
    sentence = verdict.sentence[0].upper() + verdict.sentence[1:]
    head = [
        f"### {MARKS.get(verdict.code, '⚠️')} {in_markdown(sentence)}",
        "",
        f"{as_code(subject.base_url)}, model {as_code(subject.model)}, profile {as_code(subject.profile)}, spec {catalog.snapshot}",
        *(f"- {in_markdown(remark)}" for remark in (*subject.remarks, *verdict.stale)),
        *(["", *changes(since)] if since is not None else []),
        "",
        *_table(catalog, verdict),
        *(f"\nNot offered: {as_code(feature)}: {in_markdown(reason)}" for feature, reason in verdict.besides.items()),
    ]
    text = "\n".join(head) + "\n"
    by_case = {result.case: result for result in run.record.results}
    unmet = sorted((s for s in verdict.standings if s.unmet or s.outcome is Outcome.ERROR), key=lambda s: (bool(s.known), -s.outcome.rank))
    for position, standing in enumerate(unmet):
        item = "\n".join(_item(run, standing, by_case)) + "\n"
        if len((text + item).encode()) > LIMIT:
            return f"{text}\n… and {len(unmet) - position} more in the report.\n"
        text += item
    return text


def _table(catalog: Catalog, verdict: Verdict) -> Iterator[str]:
    yield "| area | MUST | SHOULD |"
    yield "|---|---|---|"
    for area in catalog.areas:
        cells = [_cell(verdict.of_area(area, level)) for level in (Level.MUST, Level.SHOULD)]
        if any(cells):
            yield f"| {area} | {cells[0] or '–'} | {cells[1] or '–'} |"


def _cell(standings: list[RequirementResult]) -> str:
    """How many of the requirements that apply are met; empty when none does."""
    applying = [s for s in standings if s.outcome is not Outcome.NOT_APPLICABLE]
    met = sum(s.met for s in applying)
    return "" if not applying else f"{met} of {len(applying)}" if met == len(applying) else f"**{met} of {len(applying)}**"


def _item(run: Judged, standing: RequirementResult, by_case: Mapping[str, CaseResult]) -> Iterator[str]:
    """One unmet requirement: what is wrong, why it matters, its source, what was received, and how to reproduce it."""
    requirement, causes = standing.requirement, causes_of(standing, by_case)
    source = run.catalog.sources[requirement.source]
    known = " (known failure)" if standing.known else ""
    count = f"not met in {share(standing.missed, standing.judged, 'case')}" if standing.missed else "no answer"
    yield f"\n**{requirement.level.upper()} {as_code(requirement.id)}**{known}, {count}: {in_markdown(requirement.says)}"
    if standing.known:
        yield f"- accepted: {in_markdown(standing.known)}"
    if requirement.breaks:
        yield f"- breaks: {in_markdown('; '.join(requirement.breaks))}"
    yield f"- source: {in_markdown(f'{source.title}, {source.date}, {requirement.at}')}"
    for cause in causes[:CAUSES]:
        others = f" and {len(cause.others)} more" if cause.others else ""
        came = headline(cause.finding).removeprefix(requirement.id + ": ")
        yield f"- {as_code(came)} in {as_code(cause.finding.case)}{others}"
    if len(causes) > CAUSES:
        yield f"- and {len(causes) - CAUSES} other causes"
    yield f"- {as_code(rerun(run.subject, causes[0].finding.case))}"
    yield from _request(run, causes[0])


def _request(run: Judged, cause: Cause) -> Iterator[str]:
    """The request that shows it, as a folding block of code. A request too long to read here is on the page only."""
    exchanges = cause.result.exchanges if cause.result is not None else ()
    shown = [exchange for exchange in exchanges if exchange.id in cause.finding.exchanges]
    if not shown or cause.result is None:
        return
    text = on_terminal(replay(run.catalog, run.subject, cause.result, shown[-1]))
    if len(text) > LONGEST or "```" in text:
        return
    yield f"\n<details><summary>reproduce</summary>\n\n```sh\n{text}\n```\n</details>"
