"""Groups failures of a requirement that show the same problem into one cause, represented by its plainest case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..judging import RequirementResult, kind_of_value
from ..model import CaseResult, Finding, Outcome

MISSING = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})

_VARYING = re.compile(r"(?<![\w-])(?:(?!\d)[\w-])*+\d[\w-]*|\"[^\"]*\"|'[^']*'")
"""What varies from case to case: numbers, ids, and quotations."""

_STATUS = re.compile(r"\d{3}(?=: |$)")

MANY = 3
"""If more kinds of text than these were received, the texts are not what tells causes apart."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of an unmet requirement: the finding of its plainest case, and the other cases that show it."""

    finding: Finding
    result: CaseResult | None
    others: tuple[str, ...]


def causes_of(standing: RequirementResult, results: Mapping[str, CaseResult]) -> list[Cause]:
    """The causes of an unmet requirement: those that made it unmet first, then the most frequent. ``results`` are the run's, by case."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in standing.findings:
        if finding.outcome in MISSING:
            groups.setdefault(_kind(finding), []).append(finding)
    texts = [kind for kind in groups if kind[0] == "text"]
    if len(texts) > MANY:
        groups[texts[0]] = [finding for kind in texts for finding in groups.pop(kind)]
    ordered = sorted(groups.values(), key=lambda group: (all(finding.outcome is not standing.outcome for finding in group), -len(group)))
    return [_cause(group, results) for group in ordered]


def plainest(findings: Iterable[Finding], results: Mapping[str, CaseResult]) -> Finding:
    """The finding whose case is the easiest to read: fewest requests, all of a sure outcome, then the smallest ones, then by name."""
    return min(findings, key=lambda finding: (*_size(results.get(finding.case)), finding.case))


def _cause(group: list[Finding], results: Mapping[str, CaseResult]) -> Cause:
    first = plainest(group, results)
    return Cause(first, results.get(first.case), tuple(sorted(finding.case for finding in group if finding is not first)))


def _size(result: CaseResult | None) -> tuple[int, bool, int]:
    """How many requests a case sent, whether one of them may as well be refused, and how large they were."""
    if result is None:
        return (1_000, False, 0)
    requests = [exchange.request for exchange in result.exchanges]
    either = any(request.wants == "either" for request in requests)
    headers = sum(len(name) + len(value) for request in requests for name, value in request.headers)
    return len(requests), either, sum(len(request.body) for request in requests) + headers


def _kind(finding: Finding) -> tuple[str, str]:
    """What was received: the type of a value, a status, or a text without the parts that vary from case to case."""
    if not finding.problems:
        return "reason", finding.reason
    got = finding.problems[0].got
    if (status := _STATUS.match(got)) is not None:
        return status[0], ""
    kind = kind_of_value(got)
    return ("text", _VARYING.sub("…", got)) if kind == "other" else (kind, "")
