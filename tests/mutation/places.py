"""Places in JSON documents as patterns: ``/choices/*/message/content``; a list item with a type is named by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Holder: TypeAlias = Any
"""A dict or a list, and anything JSON inside."""

OPAQUE = ("parameters", "schema", "metadata")
"""Members whose content is the user's own."""

KEYED = ("top_logprobs",)
"""Members that, where they are objects, have keys that are data."""


def walk(value: Any, at: str = "") -> Iterator[tuple[str, Holder, Any]]:
    """Every place below a value: its pattern, what holds it, and its key there."""
    if isinstance(value, dict):
        keyed = at.rpartition("/")[2].startswith(KEYED) or at.endswith("top_logprobs/*")
        for key, item in value.items():
            place = f"{at}/{'~' if keyed else key}"
            yield place, value, key
            if key not in OPAQUE:
                yield from walk(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            place = f"{at}/*{_tag(item)}"
            yield place, value, index
            yield from walk(item, place)


def _tag(item: Any) -> str:
    """The type of an item, where it has one."""
    return f"({item['type']})" if isinstance(item, dict) and isinstance(item.get("type"), str) else ""


def find(value: Any, pattern: str) -> list[tuple[Holder, Any]]:
    """All that a pattern names, last first, so that what is taken out of a list moves nothing that is still to be changed."""
    return [(holder, key) for place, holder, key in walk(value) if place == pattern][::-1]


def kind_of(event: Any) -> str:
    """What an event of a stream is for: the type of a response's event, or what a chunk brings."""
    if event == "[DONE]":
        return "[DONE]"
    if not isinstance(event, dict):
        return "?"
    if isinstance(event.get("type"), str):
        return str(event["type"])
    choices = event.get("choices")
    if not choices:
        return "usage"
    choice = choices[0]
    if choice.get("finish_reason"):
        return "finish"
    delta = choice.get("delta", choice)
    if delta.get("tool_calls"):
        return "call" if "id" in delta["tool_calls"][0] else "arguments"
    return "role" if "role" in delta else "text"
