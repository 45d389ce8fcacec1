"""A run as Markdown, short enough for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Catalog
from ..judging import Exit, RequirementResult, Verdict
from ..model import Level, Outcome, Subject
from ..records import Judged
from .explain import headline
from .reproduce import rerun
from .safe_text import as_code, in_markdown
from .since import Since
from .since import markdown as changes

LIMIT = 60_000
"""Bytes at most: GitHub takes comments of 65,536 characters."""

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
    unmet = sorted((s for s in verdict.standings if s.unmet or s.outcome is Outcome.ERROR), key=lambda s: (bool(s.known), -s.outcome.rank))
    for position, standing in enumerate(unmet):
        item = "\n".join(_item(subject, standing)) + "\n"
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


def _item(subject: Subject, standing: RequirementResult) -> Iterator[str]:
    """One unmet requirement."""
    requirement = standing.requirement
    finding = next(f for f in standing.findings if f.outcome is standing.outcome)
    known = " (known failure)" if standing.known else ""
    count = f"{standing.missed} of {standing.judged} cases" if standing.judged else "no answer"
    yield f"\n**{requirement.level.upper()} {as_code(requirement.id)}**{known}, {count}: {in_markdown(requirement.says)}"
    yield f"- {as_code(headline(finding).removeprefix(requirement.id + ': '))}"
    yield f"- {as_code(rerun(subject, finding.case))}"
    if standing.known:
        yield f"- {in_markdown(standing.known)}"
