"""Explains a finding: what was required, by which source, what was received, and how to reproduce it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ..catalog import Catalog
from ..model import CaseResult, Exchange, Finding, Outcome, Problem, Subject
from .replay import replay
from .reproduce import rerun
from .safe_text import on_one_line, on_terminal


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that need an explanation, gravest first."""
    needing = [finding for finding in findings if finding.outcome.rank >= Outcome.WARN.rank]
    return sorted(needing, key=lambda finding: -finding.outcome.rank)


def headline(finding: Finding) -> str:
    """One self-contained line."""
    if not finding.problems:
        return on_one_line(f"{finding.requirement}: {finding.outcome}: {finding.reason}")
    problem = finding.problems[0]
    more = f" (and {len(finding.problems) - 1} more)" if len(finding.problems) > 1 else ""
    return on_one_line(f"{finding.requirement}: {problem.sentence}{more}")


def failure(catalog: Catalog, subject: Subject, result: CaseResult, findings: Iterable[Finding]) -> str:
    """A case's unmet requirements in full: headlines, then sources and what was received, then how to reproduce and rerun."""
    explained = list(findings)
    case = catalog.tried(result.case)
    blocks = ["\n".join(headline(finding) for finding in explained)]
    blocks += [_rows(_finding_rows(catalog, finding)) for finding in explained]
    shown = {identity for finding in explained for identity in finding.exchanges}
    exchanges = [exchange for exchange in result.exchanges if exchange.id in shown]
    rows = [
        ("case", f"{case.id} — {case.title}"),
        ("", f"spec/{case.place}"),
    ]
    rows += [("behind", behind(attempt)) for exchange in exchanges for attempt in exchange.behind]
    rows += [("reproduce", replay(catalog, subject, result, exchange)) for exchange in exchanges]
    rows.append(("rerun", rerun(subject, case.id)))
    return on_terminal("\n\n".join([*blocks, _rows(rows)]))


def behind(attempt: Exchange) -> str:
    """One attempt at the upstream, in one line."""
    request = attempt.request
    answer = f"answered {attempt.status} with {len(attempt.body):,} bytes" if attempt.status is not None else "not answered"
    ending = f"; {attempt.trouble.kind}: {attempt.trouble.text}" if attempt.trouble else ""
    return f"{request.method} {request.path}, {len(request.body):,} bytes, {answer} in {attempt.seconds:.3f} s{ending}"


def _finding_rows(catalog: Catalog, finding: Finding) -> list[tuple[str, str]]:
    """What one requirement asks, its source, and what was received."""
    requirement = catalog.requirements[finding.requirement]
    source = catalog.sources[requirement.source]
    rows = [
        ("requirement", f"{requirement.level.upper()}  {requirement.says}"),
        ("source", f"{source.title}, {source.date}, {requirement.at}"),
        ("but", requirement.contradiction or requirement.tolerates or ""),
        ("breaks", "; ".join(requirement.breaks)),
        ("seen before", requirement.seen[0] if requirement.seen else ""),
        ("reason", finding.reason),
    ]
    for (expected, got), places in grouped(finding.problems).items():
        rows += [("where", ", ".join(places)), ("expected", expected), ("got", got)]
    return [(name, text) for name, text in rows if text]


def grouped(problems: Iterable[Problem]) -> dict[tuple[str, str], list[str]]:
    """Merge equal problems at several places into one."""
    found: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        found.setdefault((problem.expected, problem.got), []).append(problem.where or "the reply")
    return found


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    """Names and texts in two columns."""
    return "\n".join(f"  {name:<12} {_indented(text)}" for name, text in rows)


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * 15)


def pretty(exchange: Exchange) -> str:
    """A reply's body for reading: indented if it is JSON, otherwise unchanged."""
    text = exchange.body.decode(errors="backslashreplace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def standing_word(outcome: Outcome) -> str:
    """A requirement's result in one word."""
    words: Mapping[Outcome, str] = {
        Outcome.PASS: "met",
        Outcome.FAIL: "not met",
        Outcome.WARN: "falls short",
        Outcome.INCONCLUSIVE: "undecided",
        Outcome.NOT_APPLICABLE: "not applicable",
        Outcome.ERROR: "no answer",
        Outcome.BLOCKED: "blocked",
        Outcome.NOTE: "noted",
    }
    return words[outcome]
