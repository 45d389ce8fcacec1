"""A table that holds a bounded number of keys, and the same ones whatever the order in which they came."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Generic, Protocol, Self, TypeAlias, TypeVar

Key: TypeAlias = tuple[str | int, ...]


class Mergeable(Protocol):
    """A sum to which another one can be added, in any order."""

    def merge(self, other: Self, /) -> None:
        """Add another sum."""


V = TypeVar("V", bound=Mergeable)


@lru_cache(maxsize=65_536)
def rank(key: Key) -> int:
    """Where a key stands among all keys: a hash, the same in every process."""
    return int.from_bytes(blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=8).digest())


class Bounded(Generic[V]):
    """Sums by key, for the ``most`` keys of the lowest rank. All others are added up in ``rest``.

    A key that is among the lowest of all is among the lowest of every part, so its sum is exact; one that once was not never comes back.
    Which keys stay depends on nothing but the set of all keys.
    """

    def __init__(self, most: int, new: Callable[[], V]) -> None:
        self.most = most
        self.rest = new()
        self.new = new
        self._kept: dict[Key, V] = {}
        self._highest: list[tuple[int, Key]] = []  # a heap of negative ranks

    def at(self, key: Key) -> V:
        """The sum to which what belongs to a key is to be added."""
        found = self._kept.get(key)
        if found is not None:
            return found
        if self.most == 0:
            return self.rest
        place = (-rank(key), key)
        if len(self._kept) >= self.most:
            if place < self._highest[0]:
                return self.rest
            _, evicted = heapq.heappushpop(self._highest, place)
            if evicted == key:
                return self.rest
            self.rest.merge(self._kept.pop(evicted))
        else:
            heapq.heappush(self._highest, place)
        made = self._kept[key] = self.new()
        return made

    def merge(self, other: Bounded[V]) -> None:
        """Add another table of the same kind."""
        for key, value in other._kept.items():
            self.at(key).merge(value)
        self.rest.merge(other.rest)

    def items(self) -> Iterator[tuple[Key, V]]:
        """The keys that are held, in their order, and their sums."""
        yield from sorted(self._kept.items())

    def restore(self, kept: dict[Key, V]) -> None:
        """Hold these sums, as ``items`` told them."""
        self._kept = kept
        self._highest = sorted((-rank(key), key) for key in kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Key) -> bool:
        return key in self._kept


class Number:
    """A number of things."""

    __slots__ = ("value",)

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def merge(self, other: Number) -> None:
        """Add another number."""
        self.value += other.value
