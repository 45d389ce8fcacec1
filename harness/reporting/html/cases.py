"""Every case that was played: what it tried, what it sent, and what that came to. Each can be linked by its id."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import Catalog
from ...judging import Verdict
from ...model import CaseResult, Exchange, Outcome, RunRecord, Subject
from ..explain import headline, rerun, worst_first
from .evidence import anchor, drawn
from .exchanges import line
from .markup import badge, link, text

SENT_LIMIT = 240
"""Longest request body shown of a case, in characters."""


def cases(catalog: Catalog, subject: Subject, verdict: Verdict, record: RunRecord) -> Iterator[str]:
    """The cases by area, folded."""
    results = {result.case: result for result in record.results}
    shown = {(s.requirement.id, case) for s in verdict.standings for case in drawn(s, results)}
    by_area: dict[str, list[CaseResult]] = {}
    for result in record.results:
        by_area.setdefault(catalog.tried(result.case).area, []).append(result)
    yield '<section id="cases"><h2>Cases</h2><p>What was sent, and what it came to; the record holds each exchange in full.</p>'
    for area, played in by_area.items():
        short = sum(result.outcome.rank >= Outcome.WARN.rank for result in played)
        count = f"{len(played)} case{'' if len(played) == 1 else 's'}{f', {short} with something missed' if short else ''}"
        yield f'<details class="area"><summary><h3>{text(area)}</h3> <span class="count">{count}</span></summary>'
        yield from (_case(catalog, subject, result, shown) for result in played)
        yield "</details>"
    yield "</section>"


def told_in_table(result: CaseResult) -> list[str]:
    """What pytest-html's own table says of a case: what it missed, in a line each, and where its evidence is."""
    missed = worst_first(result.findings)
    undecided = [finding for finding in result.findings if finding.outcome is result.outcome and finding.reason and not missed]
    return [*(text(headline(finding)) for finding in (*missed, *undecided)), link(result.case, "what was sent, and what came")]


def _case(catalog: Catalog, subject: Subject, result: CaseResult, shown: set[tuple[str, str]]) -> str:
    """One case: its title, its steps, and the requirements that it missed."""
    case = catalog.tried(result.case)
    outcome = Outcome.PASS if result.outcome is Outcome.NOTE else result.outcome
    steps = "".join(f"<li>{line(exchange)}{_sent(exchange)}</li>" for exchange in result.exchanges)
    missed = [f for f in result.findings if f.problems or f.outcome is Outcome.ERROR]
    places = (link(anchor(f.requirement, case.id) if (f.requirement, case.id) in shown else f.requirement, f.requirement) for f in missed)
    told = f"<p>Missed: {', '.join(places)}</p>" if missed else ""
    place = f"spec/{text(case.place)} · held to {len(result.findings)} requirements"
    return (
        f'<details class="case" id="{text(case.id)}"><summary>{badge(outcome)} <code>{text(case.id)}</code> {text(case.title)}</summary>'
        f"{told}<ol>{steps}</ol>"
        f'<p class="place">{place} · <code>{text(rerun(subject, case.id))}</code></p>'
        "</details>"
    )


def _sent(exchange: Exchange) -> str:
    """The beginning of what was sent."""
    body = exchange.request.body[: 4 * SENT_LIMIT].decode(errors="backslashreplace")
    return f"<br><code>{text(body, SENT_LIMIT)}</code>" if body else ""
