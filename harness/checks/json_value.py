"""When two JSON values are the same value."""

from __future__ import annotations

from ..model import Json


def same_json(one: Json, other: Json) -> bool:
    """Whether two values are equal as JSON has it: ``1`` and ``1.0`` are one number, ``true`` is no number, order of members is nothing."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)
