"""Counts the outcomes of exchanges in constant memory: exact numbers, and the first findings that show each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TypeVar

from ..catalog import Catalog
from ..judging import RequirementResult, standings
from ..model import JUDGED, CaseResult, Finding, Outcome

KEPT = 500
"""How many findings with problems are kept for each requirement, the first ones."""

REASONS = 50
"""How many different reasons are kept for each requirement, the first ones."""

_at = itemgetter(0)

K = TypeVar("K")


@dataclass(slots=True)
class OutcomeCounts:
    """One requirement: how many exchanges were judged, how many of them have problems, and the findings kept, each with its number."""

    judged: int = 0
    missed: int = 0
    shown: list[tuple[int, Finding]] = field(default_factory=list)
    firsts: dict[Outcome, tuple[int, Finding]] = field(default_factory=dict)
    reasons: dict[str, tuple[int, Finding]] = field(default_factory=dict)

    def add(self, number: int, finding: Finding) -> None:
        """Count a finding. ``number`` is its exchange's, ascending."""
        outcome, reason = finding.outcome, finding.reason
        if outcome in JUDGED:
            self.judged += 1
            self.missed += bool(finding.problems)
        if finding.problems and len(self.shown) < KEPT:
            self.shown.append((number, finding))
        if outcome not in self.firsts:
            self.firsts[outcome] = number, finding
        if reason and reason not in self.reasons and len(self.reasons) < REASONS:
            self.reasons[reason] = number, finding

    def merge(self, other: OutcomeCounts) -> None:
        """Add the counts of other exchanges, with numbers from the same count."""
        self.judged += other.judged
        self.missed += other.missed
        self.shown = sorted([*self.shown, *other.shown], key=_at)[:KEPT]
        self.firsts = _earliest(self.firsts, other.firsts)
        self.reasons = dict(sorted(_earliest(self.reasons, other.reasons).items(), key=lambda item: item[1][0])[:REASONS])

    @property
    def findings(self) -> list[Finding]:
        """The findings kept, in order. Each exchange has one."""
        kept = dict([*self.shown, *self.firsts.values(), *self.reasons.values()])
        return [kept[number] for number in sorted(kept)]


def _earliest(some: Mapping[K, tuple[int, Finding]], others: Mapping[K, tuple[int, Finding]]) -> dict[K, tuple[int, Finding]]:
    """For each kind the finding that came first."""
    return {kind: min((one[kind] for one in (some, others) if kind in one), key=_at) for kind in {**some, **others}}


@dataclass(slots=True)
class Tally:
    """What many exchanges showed. ``places`` locates those that a kept finding with problems names.

    ``judged`` counts the exchanges that decide at least one requirement, ``unanswered`` those that got no answer.
    """

    exchanges: int = 0
    judged: int = 0
    unanswered: int = 0
    requirements: dict[str, OutcomeCounts] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, number: int, place: str, findings: Iterable[Finding]) -> None:
        """Count an exchange. ``number`` is its position among all of them."""
        worst, is_judged = None, False
        for finding in findings:
            counts = self.requirements.get(finding.requirement)
            if counts is None:
                counts = self.requirements[finding.requirement] = OutcomeCounts()
            counts.add(number, finding)
            if finding.problems and counts.shown[-1][0] == number:
                self.places.update(dict.fromkeys(finding.exchanges, place))
            is_judged = is_judged or finding.outcome in JUDGED
            if worst is None or finding.outcome.rank > worst.rank:
                worst = finding.outcome
        self.exchanges += 1
        self.judged += is_judged
        self.unanswered += worst is Outcome.ERROR

    def merge(self, other: Tally) -> None:
        """Add what other exchanges showed, with numbers from the same count."""
        self.exchanges += other.exchanges
        self.judged += other.judged
        self.unanswered += other.unanswered
        for name, counts in other.requirements.items():
            self.requirements.setdefault(name, OutcomeCounts()).merge(counts)
        self.places |= other.places

    def standings(self, catalog: Catalog) -> tuple[RequirementResult, ...]:
        """The result of each requirement, with exact counts, and with the findings that were kept."""
        kept = tuple(finding for counts in self.requirements.values() for finding in counts.findings)
        found = standings(catalog, [CaseResult("", (), kept)], {}, partial=True)
        return tuple(self._counted(standing) for standing in found)

    def _counted(self, standing: RequirementResult) -> RequirementResult:
        """A result with the exact counts."""
        counts = self.requirements.get(standing.requirement.id)
        return standing if counts is None else replace(standing, judged=counts.judged, missed=counts.missed)
