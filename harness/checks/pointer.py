"""JSON pointers with ``*`` for any item or member: ``/choices/*/message``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeAlias

from ..model import Data, Json

Path: TypeAlias = tuple[str | int, ...]

Match: TypeAlias = tuple[str, Path, Json]
"""What a pattern names: the location of the document that holds it, the path in that document, and the value."""

_INDEX = re.compile("0|[1-9][0-9]{0,9}")


@cache
def parts(pointer: str) -> tuple[str, ...]:
    """The segments of a pointer; the empty pointer has none."""
    return tuple(map(unescaped, pointer.split("/")[1:]))


def unescaped(part: str) -> str:
    """A segment of a pointer as a member name."""
    return part.replace("~1", "/").replace("~0", "~")


def text(path: Sequence[str | int]) -> str:
    """The pointer that names a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def begins(path: Sequence[str | int], pattern: str) -> bool:
    """Whether a path lies at or below a pattern."""
    wanted = parts(pattern)
    return len(path) >= len(wanted) and all(w in ("*", str(p)) for w, p in zip(wanted, path, strict=False))


@cache
def _index(part: str) -> int | None:
    """The index that a segment of a pointer is in a list; ``None`` if it is none."""
    return int(part) if _INDEX.fullmatch(part) else None


def holder_of(value: Data, pointer: str) -> tuple[Data, Data]:
    """The object or list that holds the place of a pointer without ``*``, and the place's name or index in it.

    Raises ``LookupError`` if nothing holds it.
    """
    *parents, last = parts(pointer)
    holder = look_up(value, text(parents))
    return holder, int(last) if isinstance(holder, list) else last


def select(value: Json, pattern: str) -> list[tuple[Path, Json]]:
    """Every path in a value that matches a pattern, with its value, in order. Absent paths are left out."""
    found: Sequence[Match] = [("", (), value)]
    for part in parts(pattern):
        found = below(found, part)
    return [(path, value) for _, path, value in found]


def below(found: Iterable[Match], part: str) -> list[Match]:
    """The matches of a pattern with one more part, from its matches without it, in order."""
    if part == "*":
        return [
            (where, (*path, key), member)
            for where, path, holder in found
            if isinstance(holder, dict | list)
            for key, member in (holder.items() if isinstance(holder, dict) else enumerate(holder))
        ]
    index = _index(part)
    deeper: list[Match] = []
    for where, path, holder in found:
        if isinstance(holder, dict):
            if part in holder:
                deeper.append((where, (*path, part), holder[part]))
        elif index is not None and isinstance(holder, list) and index < len(holder):
            deeper.append((where, (*path, index), holder[index]))
    return deeper


def look_up(value: Json, pointer: str) -> Json:
    """The value at a pointer without ``*``; raises ``LookupError`` if there is none."""
    for _, found in select(value, pointer):
        return found
    raise LookupError(pointer)
