"""Explains an unmet requirement to a team whose release is blocked: what is wrong, why it matters, how to reproduce it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from ..catalog import Catalog
from ..checks import Reply, holder_of, show
from ..judging import RequirementResult
from ..model import CaseResult, Exchange, Outcome, Subject
from .causes import Cause, causes_of
from .counts import share
from .explain import behind, headline
from .replay import replay
from .reproduce import rerun
from .safe_text import on_one_line, on_terminal

SYMBOLS = {Outcome.FAIL: "✗", Outcome.WARN: "!", Outcome.ERROR: "‼"}
MOST_LINES = 14
CURL_LINES = 6
NAMED = 3
"""The most other cases named; the page has all of them."""


def block(catalog: Catalog, subject: Subject, standing: RequirementResult, results: Mapping[str, CaseResult]) -> list[str]:
    """One unmet requirement in at most ``MOST_LINES`` lines, with its plainest case as the example."""
    causes = causes_of(standing, results)
    requirement = standing.requirement
    source = catalog.sources[requirement.source]
    rows = [
        ("breaks", on_one_line("; ".join(requirement.breaks))),
        ("source", on_one_line(f"{source.title}, {source.date}, {requirement.at}")),
        *_of_causes(catalog, subject, causes),
    ]
    lines = [_head(standing), f"  {on_one_line(requirement.says)}"]
    for name, text in rows:
        lines += [f"  {name if number == 0 else '':<10} {line}" for number, line in enumerate(text.split("\n")) if text]
    return lines[:MOST_LINES]


def warning(standing: RequirementResult) -> str:
    """An unmet requirement that only warns, in one line."""
    return on_one_line(f"{_head(standing)}  {standing.requirement.says}")


def _head(standing: RequirementResult) -> str:
    count = f"not met in {share(standing.missed, standing.judged, 'case')}" if standing.missed else "no answer"
    return f"{SYMBOLS.get(standing.outcome, '·')} {standing.requirement.id}  {standing.requirement.level.upper()}  {count}"


def _of_causes(catalog: Catalog, subject: Subject, causes: list[Cause]) -> Iterator[tuple[str, str]]:
    """What was received, in which case, and how to reproduce it; further causes get one line each."""
    if not causes:
        return
    first = causes[0]
    yield "problem", _without_id(first)
    yield "there", _there(first)
    yield "reason", on_one_line(first.finding.reason) if first.finding.problems else ""
    case = catalog.tried(first.finding.case)
    yield "case", on_one_line(f"{case.id} — {case.title}")
    if (shown := _shown(catalog, subject, first)) is not None:
        yield "reproduce", shown
    attempts = [attempt for exchange in _exchanges(first)[-1:] for attempt in exchange.behind]
    yield "behind", on_one_line("; ".join(map(behind, attempts)))
    yield "rerun", on_terminal(rerun(subject, case.id))
    if first.others:
        more = f" and {len(first.others) - NAMED} more" if len(first.others) > NAMED else ""
        yield "also in", on_one_line(", ".join(first.others[:NAMED]) + more)
    for cause in causes[1:]:
        yield "besides", on_one_line(f"{_without_id(cause)} ({_counted(cause)})")


def _without_id(cause: Cause) -> str:
    return headline(cause.finding).removeprefix(f"{cause.finding.requirement}: ")


def _there(cause: Cause) -> str:
    """The object that lacks what is missing."""
    problem = cause.finding.problems[0] if cause.finding.problems else None
    if problem is None or not problem.is_absence:
        return ""
    place, _, pointer = problem.where.partition("/")
    place = place.removeprefix("step ").partition(": ")[2] or place
    for exchange in _exchanges(cause):
        for where, value in (*Reply(exchange).objects, *Reply(exchange).event_objects):
            with suppress(LookupError):
                if where == place.strip():
                    return on_one_line(show(holder_of(value, f"/{pointer}")[0], 160))
    return ""


def _counted(cause: Cause) -> str:
    """How many cases show a cause, and the first of them."""
    return cause.finding.case if not cause.others else f"{cause.finding.case} and {len(cause.others)} more"


def _exchanges(cause: Cause) -> list[Exchange]:
    """The exchanges that the example is about."""
    found = cause.result.exchanges if cause.result is not None else ()
    return [exchange for exchange in found if exchange.id in cause.finding.exchanges]


def _shown(catalog: Catalog, subject: Subject, cause: Cause) -> str | None:
    """The commands that send the example's request again; if there are several, the last one."""
    exchanges = _exchanges(cause)
    if not exchanges or cause.result is None:
        return None
    lines = on_terminal(replay(catalog, subject, cause.result, exchanges[-1])).split("\n")
    return "\n".join(lines if len(lines) <= CURL_LINES else [*lines[: CURL_LINES - 1], "  … (the page has all of it)"])
