"""Equality of JSON values."""

from __future__ import annotations

from ..model import Json


def same_json(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal: ``1`` equals ``1.0``, ``true`` is not a number, and the order of members does not matter."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)
