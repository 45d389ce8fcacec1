"""What an endpoint stores and gives back: the same object, its metadata, its messages and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..model import Json, Problem
from . import pointer
from .json_value import same_json
from .registry import check
from .reply import Reply, items_of, show


@check
def retrieved_object_is_the_same(made: Reply, retrieved: Reply, members: Sequence[str]) -> list[Problem] | None:
    """These members of an object are the same when it is retrieved."""
    return _changed(made.object, retrieved.object, members)


@check
def listed_object_is_the_same(made: Reply, listed: Reply, members: Sequence[str]) -> list[Problem] | None:
    """These members of an object are the same where it is listed."""
    data = items_of(listed.object.get("data"))
    found = next((item for item in data if isinstance(item, dict) and item.get("id") == made.object.get("id")), None)
    return _changed(made.object, found, members) if found else None


def _changed(one: Mapping[str, Any], other: Mapping[str, Any], members: Sequence[str]) -> list[Problem] | None:
    """The members, by name or pointer, that one object has and another has otherwise."""
    if not one or not other:
        return None
    places = [name if name.startswith("/") else f"/{name}" for name in members]
    pairs = [(place, _at(one, place), _at(other, place)) for place in places]
    return [Problem(at, f"{show(was)}, as made", show(now)) for at, was, now in pairs if was is not None and not same_json(was, now)]


@check
def compaction_ends_in_its_item(reply: Reply) -> list[Problem] | None:
    """The output has one compaction item, and it is the last."""
    output = reply.object.get("output")
    if not isinstance(output, list):
        return None
    kinds = [item.get("type") if isinstance(item, dict) else None for item in output]
    right = kinds.count("compaction") == 1 and kinds[-1] == "compaction"
    return [] if right else [Problem("/output", "one compaction item, at the end", f"items of the types {show(kinds)}")]


@check
def metadata_are(reply: Reply, metadata: Mapping[str, Json]) -> list[Problem] | None:
    """The metadata of an object are exactly these."""
    if reply.exchange.status != 200:
        return None
    got = reply.object.get("metadata")
    return [] if same_json(got, dict(metadata)) else [Problem("/metadata", show(dict(metadata)), show(got))]


@check
def messages_are_what_was_sent(made: Reply, messages: Reply) -> list[Problem] | None:
    """The stored messages have the roles and texts of the request's messages, in their order."""
    data = messages.object.get("data")
    if not isinstance(data, list):
        return None
    wanted = [(message.get("role"), message.get("content")) for message in items_of(made.asked.get("messages"))]
    got = [(item.get("role"), item.get("content")) if isinstance(item, dict) else (None, None) for item in data]
    return [] if got == wanted else [Problem("/data", show([list(one) for one in wanted], 200), show([list(one) for one in got], 200))]


@check
def items_hold_texts(reply: Reply, texts: Sequence[str]) -> list[Problem] | None:
    """A list's items hold these texts, one each, in this order."""
    data = reply.object.get("data")
    if not isinstance(data, list):
        return None
    got = [_text_of(item) for item in data]
    return [] if got == list(texts) else [Problem("/data", show(list(texts), 200), show(got, 200))]


def _text_of(item: Json) -> str:
    """The text of a message item."""
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in items_of(content) if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _at(value: Mapping[str, Any], place: str) -> Json:
    """The value at a pointer; ``None`` if there is none."""
    return next((found for _, found in pointer.select(dict(value), place)), None)
