"""Chooses the examples of a property that are kept as cases, so that every run plays them on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import combinations

from ..model import Case, Data
from .strategies import ExampleSource

POOL = 40
"""So many examples are drawn, and the most different ones of them chosen."""

LONGEST = 2_500
"""The longest request that is kept, in characters: files are to be read."""

STEPS = 6
"""The most steps of a conversation that is kept."""


def kept(source: ExampleSource, count: int, seed: int) -> list[Case]:
    """The examples to keep: each has as much as possible that earlier ones lack, for its members, as each may be a reason to refuse it."""
    drawn: dict[str, Case] = {}

    def take(value: Data) -> None:
        case = source.build(json.loads(json.dumps(value)))
        if case is not None and len(case.steps) <= STEPS and len(written := _written(case)) <= LONGEST * len(case.steps):
            drawn.setdefault(written, case)

    source.draw(take, seed, POOL)
    left = {written: set(_traits(case)) for written, case in drawn.items()}
    seen: set[str] = set()
    chosen: list[Case] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda written: len(left[written] - seen) / _members(drawn[written]))
        seen |= left.pop(best)
        chosen.append(drawn[best])
    return chosen


def _written(case: Case) -> str:
    """The bodies of a case as text."""
    return json.dumps([[step.send, step.raw, step.written, step.pad] for step in case.steps])


def _members(case: Case) -> int:
    """How many members the bodies of a case have."""
    return sum(len(step.send or ()) + 1 for step in case.steps)


def _traits(case: Case) -> Iterator[str]:
    """What a case's requests have: members, each two of their members together, and the forms of their values."""
    for step in case.steps:
        body = step.send if isinstance(step.send, dict) else {}
        yield from (f"{step.endpoint} {step.method}", f"pad {step.pad > 0}")
        for pair in combinations(sorted(body), 2):
            yield " ".join(pair)
        yield from _forms(body, "")


def _forms(value: Data, where: str) -> Iterator[str]:
    """The places inside a value with the kind of what is there. Names that the user chose count as one."""
    if isinstance(value, dict):
        own = where.endswith(("/properties", "/metadata", "/logit_bias"))
        for name, item in value.items():
            yield from _forms(item, f"{where}/{'*' if own else name}")
        yield f"{where} has {min(len(value), 5)}" if own else where
    elif isinstance(value, list):
        yield f"{where} has {min(len(value), 5)}"
        for item in value:
            yield from _forms(item, f"{where}/*")
    elif isinstance(value, str):
        yield from (f"{where} {kind}" for kind in _scripts(value))
    else:
        yield f"{where} {type(value).__name__} {_size(value)}"


def _size(value: Data) -> str:
    """How a number compares with those that requests usually have."""
    if isinstance(value, bool) or value is None:
        return str(value)
    return "negative" if value < 0 else "zero" if value == 0 else "small" if value < 1 else "one" if value == 1 else "large"


def _scripts(text: str) -> Iterable[str]:
    """The ranges of characters that a text has, in blocks of 256."""
    return sorted({f"{ord(letter) >> 8:x}" if ord(letter) > 126 else "ascii" if letter.isalnum() else "sign" for letter in text})
