"""The reference as the documentation of OpenRouter has it: errors with a number and a message, usage at the end of every stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..answers import answer
from ..exchange import DONE, ServerReply, ServerRequest
from .dialect import Dialect, below

BASE = "/api/v1"
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    path = below(asked, BASE)
    reply = answer(replace(asked, path=path if path is not None else "/outside" + asked.path))
    if reply.status >= 400:
        reply.body = {"error": {"code": reply.status, "message": reply.body["error"]["message"]}}
    elif path == "/chat/completions" and reply.events is None:
        reply.body = {**reply.body, "choices": [_in_its_words(choice) for choice in reply.body["choices"]]}
    elif path == "/chat/completions":
        reply.events = _with_usage([_chunk(event) for event in reply.events or ()])
    return reply


def _chunk(event: Any) -> Any:
    """An event of a stream with the finish reasons of the model behind the service."""
    return {**event, "choices": [_in_its_words(choice) for choice in event["choices"]]} if isinstance(event, dict) else event


def _in_its_words(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice with what the model itself called its finish reason."""
    return {**choice, "native_finish_reason": choice["finish_reason"]}


def _with_usage(events: list[Any]) -> list[Any]:
    """A stream with its usage before the terminator, unless it was asked for and is there."""
    chunks = [event for event in events if isinstance(event, dict)]
    if not chunks or chunks[-1].get("usage") or events[-1] != DONE:
        return events
    last = {name: value for name, value in chunks[-1].items() if name != "obfuscation"}
    return [*events[:-1], {**last, "choices": [], "usage": USAGE}, DONE]


DIALECT = Dialect("openrouter", BASE, speak)
