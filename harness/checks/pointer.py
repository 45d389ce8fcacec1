"""JSON pointers with ``*`` for any item or member: ``/choices/*/message``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from ..model import Data, Json

Path: TypeAlias = tuple[str | int, ...]

_INDEX = re.compile("0|[1-9][0-9]{0,9}")


@cache
def parts(pointer: str) -> tuple[str, ...]:
    """The segments of a pointer; the empty pointer has none."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def text(path: Sequence[str | int]) -> str:
    """The pointer that names a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def begins(path: Sequence[str | int], pattern: str) -> bool:
    """Whether a path lies at or below a pattern."""
    wanted = parts(pattern)
    return len(path) >= len(wanted) and all(w in ("*", str(p)) for w, p in zip(wanted, path, strict=False))


def holder_of(value: Data, pointer: str) -> tuple[Data, Data]:
    """The object or list that holds the place of a pointer without ``*``, and the place's name or index in it.

    Raises ``LookupError`` if nothing holds it.
    """
    *parents, last = parts(pointer)
    holder = look_up(value, text(parents))
    return holder, int(last) if isinstance(holder, list) else last


def select(value: Json, pattern: str) -> list[tuple[Path, Json]]:
    """Every path in a value that matches a pattern, with its value, in order. Absent paths are left out."""
    found: list[tuple[Path, Json]] = [((), value)]
    for wanted in parts(pattern):
        below: list[tuple[Path, Json]] = []
        for path, holder in found:
            if isinstance(holder, dict):
                if wanted == "*":
                    below += [((*path, name), member) for name, member in holder.items()]
                elif wanted in holder:
                    below.append(((*path, wanted), holder[wanted]))
            elif isinstance(holder, list):
                if wanted == "*":
                    below += [((*path, index), item) for index, item in enumerate(holder)]
                elif _INDEX.fullmatch(wanted) and int(wanted) < len(holder):
                    below.append(((*path, int(wanted)), holder[int(wanted)]))
        found = below
    return found


def look_up(value: Json, pointer: str) -> Json:
    """The value at a pointer without ``*``; raises ``LookupError`` if there is none."""
    for _, found in select(value, pointer):
        return found
    raise LookupError(pointer)
