"""JSON pointers with ``*`` for any item or member: ``/choices/*/message``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeAlias

from ..model import Json

Path: TypeAlias = tuple[str | int, ...]


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


def select(value: Json, pattern: str) -> Iterator[tuple[Path, Json]]:
    """Every place in a value that a pattern names, with what stands there; absent places are left out."""
    yield from _select(value, parts(pattern), ())


def _select(value: Json, wanted: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Json]]:
    if not wanted:
        yield path, value
        return
    head, rest = wanted[0], wanted[1:]
    if isinstance(value, dict):
        for key in value if head == "*" else [head] if head in value else []:
            yield from _select(value[key], rest, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if head in ("*", str(index)):
                yield from _select(item, rest, (*path, index))


def look_up(value: Json, pointer: str) -> Json:
    """What stands at a pointer without ``*``; ``LookupError`` when nothing does."""
    for _, found in select(value, pointer):
        return found
    raise LookupError(pointer)
