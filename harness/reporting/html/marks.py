"""Finds the parts of an exchange that a finding's problems are about, to highlight them in the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...model import Problem

_EVENT = re.compile(r"\bevent (\d+)")
_POINTER = re.compile(r"(?:^|\s)(/[^\s,]+)")
_HEADER = re.compile(r"^header (\S+)")


@dataclass(frozen=True, slots=True)
class Marks:
    """``events`` by number, each with the JSON pointers into its data; ``pointers`` into a whole body; header names; the status."""

    events: Mapping[int, frozenset[str]]
    pointers: frozenset[str]
    headers: frozenset[str]
    status: bool = False


NOTHING = Marks({}, frozenset(), frozenset())


def marks(problems: Iterable[Problem]) -> Marks:
    """The parts that the problems' places point at. A place in free words marks nothing."""
    events: dict[int, frozenset[str]] = {}
    body: set[str] = set()
    headers: set[str] = set()
    status = False
    for problem in problems:
        pointers = frozenset(_POINTER.findall(problem.where))
        numbers = [int(number) for number in _EVENT.findall(problem.where) if len(number) < 10]
        for number in numbers:
            events[number] = events.get(number, frozenset()) | pointers
        if not numbers:
            body |= pointers
        headers |= {name.lower() for name in _HEADER.findall(problem.where)}
        status |= problem.where == "status"
    return Marks(events, frozenset(body), frozenset(headers), status)
