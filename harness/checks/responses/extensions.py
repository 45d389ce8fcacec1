"""Open Responses: items that are complete by themselves, and types that providers add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...model import Json, Problem
from .. import pointer
from ..registry import check
from ..reply import Reply, few, show
from ..shape import Schemas

_PREFIXED = re.compile(r"\A[A-Za-z0-9][\w.-]*+:\S++\Z")
"""A type with the name of its provider before a colon."""


@check
def events_have_no_id(reply: Reply) -> list[Problem] | None:
    """No event sets the last event id."""
    events = [event for event in reply.stream.events if event.data]
    if not events:
        return None
    named = [(event, line) for event in events for line in event.other if line.partition(":")[0] == "id"]
    return few([Problem(f"event {event.number}", "no id", show(line)) for event, line in named])


@check
def items_have_members(reply: Reply, members: Sequence[str]) -> list[Problem] | None:
    """Each output item has these members, and they are texts that are not empty."""
    missing = [(where, item, name) for where, item in reply.items for name in members if not _is_text(item.get(name))]
    if not reply.items:
        return None
    return few([Problem(f"{where}/{name}", "a text that is not empty", show(item.get(name))) for where, item, name in missing])


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and bool(value)


@check
def incomplete_item_is_last(reply: Reply) -> list[Problem] | None:
    """An incomplete item is the last one, in a response that is incomplete."""
    cut = [position for position, (_, item) in enumerate(reply.items) if item.get("status") == "incomplete"]
    if not cut:
        return None
    problems = [
        Problem(f"{reply.items[position][0]}/status", "completed, as other items follow", "incomplete")
        for position in cut
        if position < len(reply.items) - 1
    ]
    where, response = reply.response
    if response.get("status") != "incomplete":
        problems.append(Problem(f"{where}/status".strip(), "incomplete, as an item is", show(response.get("status"))))
    return few(problems)


@check
def item_types_are_known_or_prefixed(reply: Reply, schemas: Schemas, schema: str, at: str) -> list[Problem] | None:
    """The type of each item is one that the schema names, or has a provider's name before a colon."""
    if not reply.items:
        return None
    _, response = reply.response
    unknown = {pointer.text(path) for path, _ in schemas.errors(schema, response) if path and path[0] == "output" and path[-1] == "type"}
    types = [(f"/output/{index}/type", item.get("type")) for index, (_, item) in enumerate(reply.items)]
    return _unprefixed((where, value) for where, value in types if where in unknown)


@check
def event_types_are_known_or_prefixed(reply: Reply, schemas: Schemas, schema: str) -> list[Problem] | None:
    """The type of each event is one that the schema names, or has a provider's name before a colon."""
    if not reply.event_objects:
        return None
    unknown = (
        (where, value.get("type"))
        for where, value in reply.event_objects
        if any(path == ("type",) for path, _ in schemas.errors(schema, value))
    )
    return _unprefixed(unknown)


def _unprefixed(types: Iterable[tuple[str, Json]]) -> list[Problem]:
    """The types that have no provider's name."""
    wanted = "a type that is documented, or one with the provider's name before a colon"
    return few([Problem(where, wanted, show(value)) for where, value in types if not _PREFIXED.fullmatch(str(value))])
