"""Searches for the smallest example that fails: draws examples, sends them in batches, and reduces those that fail.

A seed always draws the same examples. Nothing is sent twice, and nothing beyond the budget.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING

from ..model import Case, CaseResult, Data, Finding, Outcome, Property
from .reduce import reduce

if TYPE_CHECKING:  # Hypothesis is slow to import, and most runs do not need it
    from .strategies import ExampleSource

BATCH = 16
SHRINKS = 150
"""The most requests spent on reducing one example."""

UNFINISHED = "the request budget ran out before it was fully reduced"

BROKEN = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})

Play = Callable[[Sequence[Case]], Sequence[CaseResult]]


@dataclass(slots=True)
class RequestBudget:
    """The number of requests that a run may still send for properties."""

    left: int

    def take(self, cost: int, keep: int = 0) -> bool:
        """Spend ``cost`` requests if at least ``keep`` then remain; return whether they were spent."""
        if cost + keep > self.left:
            return False
        self.left -= cost
        return True


@dataclass(slots=True)
class BudgetShares:
    """The requests of a run, divided among its properties; later properties get what earlier ones leave."""

    left: int
    properties: int

    def next(self) -> RequestBudget:
        """The share of the next property."""
        share = self.left // max(1, self.properties)
        self.properties -= 1
        self.left -= share
        return RequestBudget(share)

    def back(self, budget: RequestBudget) -> None:
        """Take back the requests that a property did not spend."""
        self.left += budget.left


@dataclass(frozen=True, slots=True)
class Found:
    """A reduced example, with the requirements that it breaks and no earlier example breaks.

    ``is_whole`` is false if the requests ran out before it was fully reduced.
    """

    case: Case
    result: CaseResult
    requirements: tuple[str, ...]
    is_whole: bool = True


@dataclass(slots=True)
class Explored:
    """The outcome of a property: the number of examples sent, the failures found, and one merged result."""

    prop: Property
    examples: int = 0
    requests: int = 0
    found: list[Found] = field(default_factory=list)
    result: CaseResult | None = None


class Explorer:
    """Explores properties with one seed and one budget. ``play`` sends cases at once and judges them."""

    def __init__(self, play: Play, budget: RequestBudget, *, examples: int, seed: int) -> None:
        self._play = play
        self._budget = budget
        self._examples = examples
        self._seed = seed
        self._results: dict[str, CaseResult] = {}

    def explore(self, prop: Property, source: ExampleSource) -> Explored:
        """Draw, send and judge examples; then reduce each new failure."""
        explored = Explored(prop)
        self._results = {}
        before = self._budget.left
        played = self._send(self._draw(source))
        explored.examples = len(played)
        known: set[str] = set()
        for name, (seed, case) in self._smallest(played).items():
            if name not in known:
                small, is_whole = self._reduce(source, seed, case, name)
                result = self._results[_key(small)]
                names = tuple(other for other in _breaches(result) if other not in known)
                explored.found.append(Found(small, result, names, is_whole))
                known |= set(names)
        explored.requests = before - self._budget.left
        if played:
            drawn = f"the smallest of {explored.examples} examples from seed {self._seed}, found with {explored.requests} requests"
            explored.result = _merged(prop, [self._results[_key(case)] for _, case in played], explored.found, drawn)
        return explored

    def _draw(self, source: ExampleSource) -> list[tuple[Data, Case]]:
        """The examples of the seed, without duplicates."""
        drawn: dict[str, tuple[Data, Case]] = {}

        def take(value: Data) -> None:
            value = json.loads(json.dumps(value))
            case = source.build(value)
            if case is not None:
                drawn.setdefault(_key(case), (value, case))

        source.draw(take, self._seed, self._examples)
        return list(drawn.values())[: self._examples]

    def _send(self, drawn: Sequence[tuple[Data, Case]]) -> list[tuple[Data, Case]]:
        """Send examples in batches within the budget, and keep a third of it, at most ``SHRINKS``, for reducing failures."""
        played: list[tuple[Data, Case]] = []
        kept = min(self._budget.left // 3, SHRINKS)
        for start in range(0, len(drawn), BATCH):
            batch = [(seed, case) for seed, case in drawn[start : start + BATCH] if self._budget.take(len(case.steps), keep=kept)]
            named = [replace(case, id=f"{case.id}@{start + number}") for number, (_, case) in enumerate(batch)]
            for (_, case), result in zip(batch, self._play(named), strict=True):
                self._results[_key(case)] = result
            played += batch
        return played

    def _smallest(self, played: Sequence[tuple[Data, Case]]) -> dict[str, tuple[Data, Case]]:
        """Each broken requirement, gravest first, with the smallest example that breaks it."""
        found: dict[str, tuple[Data, Case]] = {}
        rank: dict[str, int] = {}
        for example in sorted(played, key=lambda example: len(_key(example[1]))):
            for finding in _broken(self._results[_key(example[1])]):
                found.setdefault(finding.requirement, example)
                rank[finding.requirement] = max(rank.get(finding.requirement, 0), finding.outcome.rank)
        return {name: found[name] for name in sorted(found, key=lambda name: -rank[name])}

    def _reduce(self, source: ExampleSource, seed: Data, case: Case, name: str) -> tuple[Case, bool]:
        """The smallest case found that breaks a requirement, and whether the requests sufficed for the search."""
        smallest, spent, is_whole = case, 0, True

        def breaks(tried: Data) -> bool:
            nonlocal smallest, spent, is_whole
            made = source.build(tried)
            if made is None:
                return False
            key = _key(made)
            if key not in self._results:
                cost = len(made.steps)
                if spent + cost > SHRINKS or not self._budget.take(cost):
                    is_whole = False
                    return False
                spent += cost
                (self._results[key],) = self._play([replace(made, id=f"{made.id}@{len(self._results)}")])
            if name not in _breaches(self._results[key]):
                return False
            smallest = made
            return True

        reduce(seed, breaks)
        return smallest, is_whole


def _key(case: Case) -> str:
    """The steps of a case as text, to recognise duplicates."""
    return json.dumps(case.steps, default=_members)


def _members(value: object) -> object:
    """The members of a dataclass, or the text of anything else."""
    return {member.name: getattr(value, member.name) for member in fields(value)} if is_dataclass(value) else str(value)


def _breaches(result: CaseResult) -> list[str]:
    """The requirements that an example breaks, gravest first."""
    return [finding.requirement for finding in _broken(result)]


def _broken(result: CaseResult) -> list[Finding]:
    """The findings of an example that breaks requirements, gravest first."""
    broken = [finding for finding in result.findings if finding.outcome in BROKEN]
    return sorted(broken, key=lambda finding: -finding.outcome.rank)


def _merged(prop: Property, results: Sequence[CaseResult], found: Sequence[Found], drawn: str) -> CaseResult:
    """Merge all results into one for the property: the failures, with the way they were ``drawn``, and the requirements that passed."""
    findings: dict[str, Finding] = {}
    for one in found:
        for finding in one.result.findings:
            if finding.requirement in one.requirements:
                said = (finding.reason, drawn, "" if one.is_whole else UNFINISHED)
                reason = "; ".join(text for text in said if text)
                findings[finding.requirement] = replace(finding, case=prop.id, reason=reason)
    for result in results:
        for finding in result.findings:
            held = findings.get(finding.requirement)
            if finding.outcome not in BROKEN and (
                held is None or (held.outcome not in BROKEN and finding.outcome.rank < held.outcome.rank)
            ):
                findings[finding.requirement] = replace(finding, case=prop.id)
    shown = {identity for finding in findings.values() for identity in finding.exchanges}
    results = [one.result for one in found] + list(results)
    exchanges = {exchange.id: exchange for result in results for exchange in result.exchanges if exchange.id in shown}
    return CaseResult(prop.id, tuple(exchanges.values()), tuple(findings.values()))
