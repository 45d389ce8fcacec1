"""Writes a tally as JSON and reads it again. Only classes named here are ever made."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...model import Data
from .across import Across, Day, Seen, Span
from .bounded import Bounded, Number
from .counts import AuditGroup, Counts, GroupCounts
from .examples import EntryPlace, Examples, Ways
from .tally import AuditTally, BadEntries, Shown

CLASSES: dict[str, type[Any]] = {
    one.__name__: one
    for one in (
        Across,
        AuditTally,
        BadEntries,
        Bounded,
        Counts,
        Day,
        Examples,
        AuditGroup,
        GroupCounts,
        Number,
        Seen,
        Shown,
        Span,
        Ways,
        EntryPlace,
    )
}


def encoded(value: Any) -> Data:
    """A value as JSON. Equal sums are written alike, in whatever order they were added up."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Bounded):
        kept = [[encoded(key), encoded(inner)] for key, inner in value.items()]
        return [type(value).__name__, value.most, value.new.__name__, kept, encoded(value.rest)]
    if isinstance(value, dict):
        pairs = [[encoded(key), encoded(inner)] for key, inner in value.items()]
        return [type(value).__name__, sorted(pairs, key=lambda pair: repr(pair[0]))]
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, [encoded(item) for item in value]]
    names = getattr(type(value), "__slots__", None) or vars(value)
    return [type(value).__name__, {name: encoded(getattr(value, name)) for name in sorted(names)}]


def decoded(told: Data) -> Any:
    """What ``encoded`` wrote. Raises ``ValueError`` and the like for anything else."""
    if not isinstance(told, list):
        return told
    kind, *rest = told
    if kind in ("Bounded", "Ways"):
        return _table(kind, *rest)
    (inner,) = rest
    if kind in ("dict", "Counter"):
        pairs = {decoded(key): decoded(value) for key, value in inner}
        return Counter(pairs) if kind == "Counter" else pairs
    if kind in ("tuple", "list"):
        items = [decoded(item) for item in inner]
        return tuple(items) if kind == "tuple" else items
    made = CLASSES[kind]
    if isinstance(inner, list):
        return made(*(decoded(item) for item in inner))
    empty = object.__new__(made)
    for name, value in inner.items():
        setattr(empty, name, decoded(value))
    return empty


def _table(kind: str, most: int, new: str, kept: Data, rest: Data) -> Bounded[Any]:
    table: Bounded[Any] = Ways() if kind == "Ways" else Bounded(most, CLASSES[new])
    table.rest = decoded(rest)
    table.restore({decoded(key): decoded(value) for key, value in kept})
    return table
