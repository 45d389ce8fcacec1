"""Queued requests compared with immediate ones: both must get the same object, not an undocumented job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Json, Problem, UndecidedError
from .registry import check
from .reply import Reply, few, show

IDS = ("id", "job_id", "request_id", "task_id")
WAITING = frozenset(
    {"accepted", "created", "enqueued", "in_progress", "pending", "processing", "queued", "running", "scheduled", "submitted"}
)
FINISHED = ("choices", "data", "output", "text")
"""Members that show that a reply is the requested object and not a job."""


def is_job(status: int | None, body: Mapping[str, Json]) -> bool:
    """Whether a reply looks like a job to poll: it has an id and a waiting status, but no result."""
    return (
        (status or 0) // 100 == 2
        and any(isinstance(body.get(name), str | int) for name in IDS)
        and str(body.get("status")).lower() in WAITING
        and not any(name in body for name in FINISHED)
    )


@check
def answers_with_the_object(reply: Reply) -> list[Problem] | None:
    """The reply is the result, not a job to poll."""
    if not reply.object:
        return None
    if not is_job(reply.exchange.status, reply.object):
        return []
    return [Problem("/", "the finished object", f"an undocumented job: {show(reply.object, 160)}")]


@check
def members_agree(first: Reply, second: Reply) -> list[Problem]:
    """Two replies to one request have the same members with the same types; null matches every type."""
    one, other = _outline(first.object), _outline(second.object)
    if not one or not other:
        raise UndecidedError("one of the replies has no object to compare")
    return few(
        [
            Problem(place, _types(one.get(place)), _types(other.get(place)))
            for place in dict.fromkeys((*one, *other))
            if _compared(place, one, other) and not _alike(one.get(place), other.get(place))
        ]
    )


@check
def media_types_agree(first: Reply, second: Reply) -> list[Problem]:
    """Two replies have the same content type."""
    one, other = first.media_type, second.media_type
    return [] if one == other else [Problem("header content-type", f"{one or 'none'}, as without the queue", other or "none")]


def _outline(value: Json, place: str = "") -> dict[str, set[str]]:
    """The type names at each place of a value; the items of a list share one place."""
    found: dict[str, set[str]] = {}
    inside: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inside = [(f"{place}/{name}", item) for name, item in value.items()]
    elif isinstance(value, list):
        inside = [(f"{place}/*", item) for item in value]
    for where, item in inside:
        found.setdefault(where, set()).add(_type(item))
        for below, types in _outline(item, where).items():
            found.setdefault(below, set()).update(types)
    return found


def _type(value: Json) -> str:
    """The JSON type of a value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {dict: "object", list: "array", str: "string", int: "number", float: "number"}
    return names[type(value)]


def _compared(place: str, one: dict[str, set[str]], other: dict[str, set[str]]) -> bool:
    """Whether a place can be compared: its parent is present in both, and in neither is it null or an empty list."""
    parent = place.rpartition("/")[0]
    if place.endswith("/*") and (place not in one or place not in other):
        return False
    return not parent or all({"object", "array"} & side.get(parent, set()) for side in (one, other))


def _alike(one: set[str] | None, other: set[str] | None) -> bool:
    """Whether the types at a place are compatible."""
    if one is None or other is None:
        return False
    return "null" in one | other or one == other


def _types(types: set[str] | None) -> str:
    return "absent" if types is None else " or ".join(sorted(types))
