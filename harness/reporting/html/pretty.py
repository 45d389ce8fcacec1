"""Prints a body line by line: JSON indented, each line with its JSON pointer; anything else unchanged.

Nothing is normalized: repeated members stay repeated, and numbers keep their digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...checks import pointer_text

PARSED_LIMIT = 500_000
"""A longer text is shown as it came, in characters."""

DEEPEST = 60
"""JSON nested deeper is shown as it came: indenting it would show nothing."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of text; ``at`` is the JSON pointer of the value that begins or ends there, or ``None`` outside JSON."""

    text: str
    at: str | None = None


class _Written(str):
    """A number, or a constant, as it was written."""

    __slots__ = ()


class _Members(tuple[tuple[str, object], ...]):
    """The members of an object, in order, repetitions and all."""

    __slots__ = ()


def read(body: bytes | str) -> list[PrintedLine]:
    """The lines of a body."""
    text = body if isinstance(body, str) else body.decode(errors="backslashreplace")
    if len(text) <= PARSED_LIMIT:
        try:
            value = json.loads(text, object_pairs_hook=_Members, parse_float=_Written, parse_int=_Written, parse_constant=_Written)
            return list(_lines(value, "", "", "", "", DEEPEST))
        except (ValueError, RecursionError):
            pass
    return [PrintedLine(line) for line in text.split("\n")]


def _lines(value: object, at: str, indent: str, name: str, end: str, depth: int) -> Iterator[PrintedLine]:
    """The lines of one value, ``name`` before it and ``end`` behind."""
    if not depth:
        raise RecursionError
    if not isinstance(value, (_Members, list)) or not value:
        yield PrintedLine(f"{indent}{name}{_scalar(value)}{end}", at)
        return
    is_object = isinstance(value, _Members)
    members = [(f"{json.dumps(key, ensure_ascii=False)}: ", key, item) for key, item in value] if is_object else []
    items = [("", str(index), item) for index, item in enumerate(value)] if not is_object else []
    yield PrintedLine(f"{indent}{name}{'{' if is_object else '['}", at)
    for position, (label, key, item) in enumerate([*members, *items], start=1):
        yield from _lines(item, f"{at}{pointer_text((key,))}", indent + "  ", label, "," if position < len(value) else "", depth - 1)
    yield PrintedLine(f"{indent}{'}' if is_object else ']'}{end}", at)


def _scalar(value: object) -> str:
    """A value on one line."""
    if isinstance(value, _Written):
        return str(value)
    return "{}" if isinstance(value, _Members) else json.dumps(value, ensure_ascii=False)


def marked(lines: Iterable[PrintedLine], pointers: Iterable[str]) -> set[int]:
    """The positions of the lines at these pointers; a missing value is marked at its nearest existing ancestor."""
    places: dict[str, list[int]] = {}
    for position, line in enumerate(lines):
        if line.at:
            places.setdefault(line.at, []).append(position)
    found: set[int] = set()
    for pointer in pointers:
        nearest = pointer
        while nearest and nearest not in places:
            nearest = nearest.rpartition("/")[0]
        found.update(places.get(nearest, ()))
    return found
