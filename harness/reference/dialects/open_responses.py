"""The reference as Open Responses asks: streams end with [DONE], and responses and items have all their members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..answers import answer
from ..exchange import DONE, ServerReply, ServerRequest
from .dialect import Dialect, below, in_json

BASE = "/v1"

NULLABLE = ("completed_at", "presence_penalty", "frequency_penalty", "service_tier", "safety_identifier", "prompt_cache_key")
"""Members that the reference may leave out, and that Open Responses requires."""


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    path = below(asked, BASE)
    reply = answer(replace(asked, path=path if path is not None else "/outside" + asked.path))
    if reply.status != 200:
        return reply
    if reply.events is not None:
        if path is not None and path.startswith("/responses"):
            reply.events = [*map(_whole_event, reply.events), DONE]
    elif isinstance(reply.body, dict):
        reply.body = in_json(_whole, reply.body)
    return reply


def _whole_event(event: Any) -> Any:
    """An event whose response and item have all their members."""
    opened = isinstance(event, dict) and event.get("type") == "response.output_item.added"
    if opened and "status" not in event["item"]:
        event = {**event, "item": {**event["item"], "status": "in_progress"}}
    return in_json(_whole, event)


def _whole(value: dict[str, Any]) -> dict[str, Any]:
    """A response, or an item, with all its members."""
    if value.get("object") == "response":
        return {**dict.fromkeys(NULLABLE), **value}
    if value.get("type") in ("message", "function_call", "reasoning") and "id" in value and "status" not in value:
        return {**value, "status": "completed"}
    return value


DIALECT = Dialect("open-responses", BASE, speak)
