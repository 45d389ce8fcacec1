"""Exact counts of outcomes, by requirement and group, that add up in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from ...model import Finding, Outcome
from .bounded import Bounded

Pattern: TypeAlias = tuple[int, ...]
"""What one exchange showed: the codes of all its outcomes."""

WIDTH = 16
"""A code is the number of a requirement times this, and the kind of the outcome."""


class Kind(IntEnum):
    """The kinds of outcomes that are counted."""

    MET = 0
    NOTED = 1
    WARNED = 2
    FAILED = 3
    UNDECIDED = 4
    OUR_ERROR = 5
    THEIR_ERROR = 6


JUDGED = (Kind.MET, Kind.NOTED, Kind.WARNED, Kind.FAILED)
MISSED = (Kind.NOTED, Kind.WARNED, Kind.FAILED)

_KINDS = {
    Outcome.PASS: Kind.MET,
    Outcome.NOTE: Kind.MET,
    Outcome.WARN: Kind.WARNED,
    Outcome.FAIL: Kind.FAILED,
}


def kind_of(finding: Finding) -> Kind:
    """The kind of a finding. A note counts as missed only if it has a problem, as in the verdict on recordings."""
    if finding.outcome is Outcome.ERROR:
        return Kind.OUR_ERROR if finding.is_ours else Kind.THEIR_ERROR
    if finding.outcome is Outcome.NOTE and finding.problems:
        return Kind.NOTED
    return _KINDS.get(finding.outcome, Kind.UNDECIDED)


class AuditGroup(NamedTuple):
    """What an exchange is counted under. An hour is in UTC; it is empty if the log does not tell."""

    model: str
    host: str
    route: str
    hour: str


BOUNDS = {"model": 512, "host": 256, "route": 64, "hour": 1_024}
"""How many groups of each kind are counted apart."""

CELLS = 2_048
"""How many combinations of all four are counted apart."""


class Counts:
    """How often each outcome of each requirement occurred, and in how many exchanges."""

    __slots__ = ("codes", "exchanges")

    def __init__(self) -> None:
        self.exchanges = 0
        self.codes: Counter[int] = Counter()

    def add(self, pattern: Iterable[int], times: int) -> None:
        """Add exchanges that showed the same."""
        self.exchanges += times
        codes = self.codes
        for code in pattern:
            codes[code] += times

    def merge(self, other: Counts) -> None:
        """Add the counts of other exchanges."""
        self.exchanges += other.exchanges
        self.codes.update(other.codes)

    def of(self, requirement: int, kinds: Sequence[Kind]) -> int:
        """In how many exchanges a requirement had one of these outcomes."""
        return sum(self.codes.get(requirement * WIDTH + kind, 0) for kind in kinds)

    def any_of(self, kinds: Sequence[Kind]) -> Iterator[int]:
        """The requirements that had one of these outcomes at all."""
        yield from sorted({code // WIDTH for code in self.codes if code % WIDTH in kinds})


class GroupCounts:
    """Counts of all exchanges, by each dimension, and by the four together.

    Exchanges that show the same in the same group are gathered first, as by far the most do.
    """

    GATHERED = 4_096

    def __init__(self) -> None:
        self.all = Counts()
        self.by = {name: Bounded(most, Counts) for name, most in BOUNDS.items()}
        self.cells = Bounded(CELLS, Counts)
        self._gathered: Counter[tuple[AuditGroup, Pattern]] = Counter()

    def add(self, group: AuditGroup, pattern: Pattern) -> None:
        """Count an exchange."""
        self._gathered[group, pattern] += 1
        if len(self._gathered) >= self.GATHERED:
            self.settle()

    def settle(self) -> None:
        """Count what was gathered. To be called before anything is read."""
        for (group, pattern), times in self._gathered.items():
            self.all.add(pattern, times)
            for name, key in zip(BOUNDS, group, strict=True):
                self.by[name].at((key,)).add(pattern, times)
            self.cells.at(tuple(group)).add(pattern, times)
        self._gathered.clear()

    def merge(self, other: GroupCounts) -> None:
        """Add the counts of other exchanges."""
        self.settle()
        other.settle()
        self.all.merge(other.all)
        for name, table in self.by.items():
            table.merge(other.by[name])
        self.cells.merge(other.cells)
