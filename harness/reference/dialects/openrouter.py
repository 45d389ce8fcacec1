"""The reference in the dialect that OpenRouter documents: errors have a number and a message, every stream ends with usage."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ..answers import answer
from ..exchange import ServerReply, ServerRequest, encode
from .dialect import Dialect, below

BASE = "/api/v1"


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    path = below(asked, BASE)
    known = _with_usage(asked) if path == "/chat/completions" and asked.method == "POST" else asked
    reply = answer(replace(known, path=path if path is not None else "/outside" + asked.path))
    if reply.status >= 400:
        reply.body = {"error": {"code": reply.status, "message": reply.body["error"]["message"]}}
    elif path == "/chat/completions" and asked.method == "POST" and reply.events is None:
        reply.body = {**reply.body, "choices": [_with_native_reason(choice) for choice in reply.body["choices"]]}
    elif path == "/chat/completions" and asked.method == "POST":
        events = [_chunk(event) for event in reply.events or ()]
        reply.events = events if _asks_for_usage(asked) else [_without_null_usage(event) for event in events]
    return reply


def _chunk(event: Any) -> Any:
    """Add the upstream model's finish reasons to an event of a stream."""
    return {**event, "choices": [_with_native_reason(choice) for choice in event["choices"]]} if isinstance(event, dict) else event


def _with_native_reason(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice with the finish reason in the upstream model's own term."""
    return {**choice, "native_finish_reason": choice["finish_reason"]}


def _with_usage(asked: ServerRequest) -> ServerRequest:
    """Make a streamed request ask for usage; return any other request unchanged."""
    try:
        body = json.loads(asked.body)
    except ValueError:
        return asked
    options = body.get("stream_options") if isinstance(body, dict) else None
    if not isinstance(body, dict) or body.get("stream") is not True or not isinstance(options or {}, dict):
        return asked
    return replace(asked, body=encode({**body, "stream_options": {**(options or {}), "include_usage": True}}))


def _asks_for_usage(asked: ServerRequest) -> bool:
    """Whether a streamed request itself asks for usage."""
    options = json.loads(asked.body).get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _without_null_usage(event: Any) -> Any:
    """Remove the null usage that an event has only because we asked for usage."""
    return {name: value for name, value in event.items() if name != "usage" or value} if isinstance(event, dict) else event


DIALECT = Dialect("openrouter", BASE, speak)
