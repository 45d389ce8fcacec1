"""Examples of each way in which a requirement is missed: the first by place, and a fair sample, the same for any order of reading."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from ...model import Data
from .bounded import Bounded

KINDS = 24
"""How many different ways of missing one requirement are told apart."""

SAMPLED = 2
"""How many examples of each way are drawn beside the first."""


class EntryPlace(NamedTuple):
    """The place of an exchange: its file, where its entry begins, its position in the entry, and its line, counted from ``span`` on."""

    file: str
    start: int
    number: int
    span: int
    line: int


def lot(seed: int, where: EntryPlace) -> int:
    """The number that an exchange draws; the lowest ones are shown."""
    drawn = f"{seed}\0{where.file}\0{where.start}\0{where.number}"
    return int.from_bytes(blake2b(drawn.encode("utf-8", "surrogatepass"), digest_size=8).digest())


class Examples:
    """The first example of one way, some that were drawn, and how many there are in all."""

    __slots__ = ("count", "drawn", "first")

    def __init__(self) -> None:
        self.count = 0
        self.first: tuple[EntryPlace, Data] | None = None
        self.drawn: list[tuple[int, EntryPlace, Data]] = []

    def add(self, seed: int, where: EntryPlace, told: Callable[[], Data]) -> None:
        """Count an example, and keep it if it is the first or its lot is low enough. ``told`` describes it."""
        self.count += 1
        if self.first is None or where < self.first[0]:
            self.first = where, told()
        number = lot(seed, where)
        if len(self.drawn) < SAMPLED or (number, where) < self.drawn[-1][:2]:
            self.drawn = _lowest([*self.drawn, (number, where, told())])

    def merge(self, other: Examples) -> None:
        """Add the examples of other exchanges."""
        self.count += other.count
        if other.first is not None and (self.first is None or other.first[0] < self.first[0]):
            self.first = other.first
        self.drawn = _lowest([*self.drawn, *other.drawn])


def _lowest(drawn: list[tuple[int, EntryPlace, Data]]) -> list[tuple[int, EntryPlace, Data]]:
    return sorted(drawn, key=lambda one: one[:2])[:SAMPLED]


class Ways(Bounded[Examples]):
    """The ways in which one requirement is missed: where in a reply, and what was expected there."""

    def __init__(self) -> None:
        super().__init__(KINDS, Examples)
