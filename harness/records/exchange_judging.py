"""Judges recorded exchanges by the requirements that one exchange decides alone, without case, endpoint or list of models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..catalog import SETTINGS, Catalog
from ..checks import Reply
from ..judging import Judge, RequirementResult, standings
from ..model import JUDGED, CaseResult, Finding, Outcome, Requirement
from .forms import read
from .recorded import Lost, Recorded, Recording

SPELLING = frozenset({"body_is_json_object", "body_begins_with_json", "members_are_not_repeated", "integers_are_plain"})
"""Checks of how JSON is spelled."""

NOT_OFFERED = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class ExchangeJudging:
    """The findings on one host's exchanges. ``results`` has one result for each exchange, with its id and in the same order."""

    host: str
    exchanges: Sequence[Recorded]
    results: Sequence[CaseResult]
    standings: Sequence[RequirementResult]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def unmet(self) -> list[RequirementResult]:
        """The unmet requirements, gravest first."""
        return sorted((s for s in self.standings if s.unmet), key=lambda s: -s.outcome.rank)

    @property
    def judged(self) -> int:
        """How many exchanges have at least one judged requirement."""
        return sum(any(finding.outcome in JUDGED for finding in result.findings) for result in self.results)


def by_host(recordings: Iterable[Recording]) -> dict[str, list[Recorded]]:
    """Group the exchanges of several files by host, in order, each with a unique id."""
    found: dict[str, list[Recorded]] = {}
    names: Counter[str] = Counter()
    for recorded in (recorded for recording in recordings for recorded in recording.exchanges):
        name = recorded.exchange.id
        names[name] += 1
        if names[name] > 1:
            recorded = replace(recorded, exchange=replace(recorded.exchange, id=f"{name}~{names[name]}"))
        found.setdefault(recorded.host, []).append(recorded)
    return found


def judge_host(catalog: Catalog, host: str, exchanges: Sequence[Recorded]) -> ExchangeJudging:
    """Judge a host's exchanges by the general requirements."""
    judge = Judge(catalog, {})
    offered, left_out = _offered(exchanges)
    results = []
    for recorded in offered:
        findings = tuple(
            f for f in judge.exchange(recorded.exchange) if _can_be_said(catalog.requirements[f.requirement], f, recorded.lost)
        )
        results.append(CaseResult(recorded.exchange.id, (recorded.exchange,), findings))
    return ExchangeJudging(host, offered, results, standings(catalog, results, {}, partial=True), left_out)


def _offered(exchanges: Sequence[Recorded]) -> tuple[list[Recorded], Counter[str]]:
    """Drop the exchanges of endpoints that only ever answered 404, 405 or 501 without an error object: they are not offered."""
    there = {recorded.exchange.request.endpoint for recorded in exchanges if not _says_not_offered(recorded)}
    kept = [recorded for recorded in exchanges if recorded.exchange.request.endpoint in there]
    gone = [recorded.exchange for recorded in exchanges if recorded.exchange.request.endpoint not in there]
    return kept, Counter(f"the endpoint {exchange.request.endpoint} is not offered (status {exchange.status})" for exchange in gone)


def _says_not_offered(recorded: Recorded) -> bool:
    return recorded.exchange.status in NOT_OFFERED and not isinstance(Reply(recorded.exchange).object.get("error"), dict)


def _can_be_said(requirement: Requirement, finding: Finding, lost: frozenset[Lost]) -> bool:
    """Whether a finding can be trusted although the recording lacks the run's models and perhaps headers or the JSON's spelling."""
    if any(value in SETTINGS for value in requirement.arguments.values() if isinstance(value, str)):
        return False
    if Lost.HEADERS in lost and requirement.check == "header_is_present" and finding.problems:
        return False
    return not (Lost.SPELLING in lost and requirement.check in SPELLING)


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many of a host's exchanges were read and judged, and the ids of the exchanges that break each MUST requirement.

    ``judgements`` counts the requirements judged, summed over the exchanges.
    """

    read: int
    judged: int
    judgements: int
    musts: Mapping[str, tuple[str, ...]]


def false_alarms(catalog: Catalog, path: Path, besides: Iterable[str] = ()) -> dict[str, Alarms]:
    """By host, the MUST requirements that a file's exchanges break. ``besides`` lists ids of exchanges to skip.

    On the reference provider's traffic each is a false alarm: the requirement, its level or its check is wrong.
    """
    skipped = frozenset(besides)
    found: dict[str, Alarms] = {}
    for host, exchanges in by_host([read(path)]).items():
        kept = [recorded for recorded in exchanges if recorded.exchange.id not in skipped]
        seen = judge_host(catalog, host, kept)
        musts = {
            s.requirement.id: tuple(f.case for f in s.findings if f.outcome is Outcome.FAIL)
            for s in seen.unmet
            if s.outcome is Outcome.FAIL
        }
        found[host] = Alarms(len(kept), seen.judged, sum(standing.judged for standing in seen.standings), musts)
    return found
