"""Reduces a failing example: removes members that the failure does not need, and simplifies the others.

The search is greedy, over JSON. Most attempts remove a member, and an attempt that gives no valid example costs no request.
(Hypothesis' own shrinker does not know members and needs some hundred requests for the same result.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..model import Data

PLAIN = "hi"
ROUNDS = 4


def reduce(seed: Data, breaks: Callable[[Data], bool]) -> Data:
    """The smallest value found that still fails as ``seed`` does."""
    for _ in range(ROUNDS):
        before = seed
        for path in list(_paths(seed, ())):
            seed = _simplify(seed, path, breaks)
        if seed == before:
            break
    return seed


def _simplify(seed: Data, path: tuple[str | int, ...], breaks: Callable[[Data], bool]) -> Data:
    """Remove or simplify one place of the value, if it then still fails."""
    for candidate in _candidates(seed, path):
        if breaks(candidate):
            return candidate
    return seed


def _paths(value: Data, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """The places in a value, outer before inner; list items from the end, so that removing one moves no other."""
    if isinstance(value, dict):
        for name in value:
            yield (*path, name)
        for name, item in value.items():
            yield from _paths(item, (*path, name))
    elif isinstance(value, list):
        for index in reversed(range(len(value))):
            yield (*path, index)
            yield from _paths(value[index], (*path, index))


def _candidates(seed: Data, path: tuple[str | int, ...]) -> Iterator[Data]:
    """The value without a place, then with simpler values there."""
    found, held = _at(seed, path)
    if not found:
        return
    yield _edited(seed, path, None)
    if isinstance(path[-1], int) and path[-1] > 0:  # the previous item may depend on this one
        yield _edited(_edited(seed, path, None), (*path[:-1], path[-1] - 1), None)
    for plain in _plainer(held):
        yield _edited(seed, path, (plain,))


def _plainer(value: Data) -> Iterator[Data]:
    """Simpler values of the same type."""
    if isinstance(value, str) and value != PLAIN:
        yield PLAIN
        words = value.split(" ")
        for index in range(len(words) if len(words) > 1 else 0):
            yield " ".join(words[:index] + words[index + 1 :])
    elif (type(value) is int and value not in (0, 1)) or (isinstance(value, float) and value not in (0.0, 1.0)):
        yield from (0, 1)


def _at(value: Any, path: tuple[str | int, ...]) -> tuple[bool, Data]:
    """Whether the place exists, and its value."""
    for part in path:
        names = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        if part not in names:
            return False, None
        value = value[part]
    return True, value


def _edited(value: Data, path: tuple[str | int, ...], put: tuple[Data] | None) -> Data:
    """A copy of a value with one place removed, or replaced."""
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        if rest:
            return {name: _edited(item, rest, put) if name == head else item for name, item in value.items()}
        kept = {name: item for name, item in value.items() if name != head or put is not None}
        return kept if put is None else {name: put[0] if name == head else item for name, item in kept.items()}
    copy = list(value)
    assert isinstance(head, int)
    if rest:
        copy[head] = _edited(copy[head], rest, put)
    elif put is None:
        del copy[head]
    else:
        copy[head] = put[0]
    return copy
