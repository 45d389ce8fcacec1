"""The reference in the dialect that AI Foundry Hub documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..answers import answer
from ..exchange import DONE, ServerReply, ServerRequest
from .dialect import Dialect, below

BASE = "/v1"


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    path = below(asked, BASE)
    reply = answer(replace(asked, path=path if path is not None else "/outside" + asked.path))
    if reply.status != 200:
        return reply
    if path == "/completions" and reply.events is not None:
        reply.events = list(_text_events(reply.events))
    elif path == "/embeddings":
        reply.body = {"id": asked.state.new_id("embd_"), **reply.body, "object": "embedding_response", "created": asked.state.time}
    elif path == "/chat/completions" and asked.method == "POST" and reply.events is None and _has_image(asked):
        for choice in reply.body["choices"]:
            choice["message"]["content"] = [{"type": "text", "text": choice["message"]["content"]}]
    return reply


def _text_events(events: list[Any]) -> Iterator[Any]:
    """The chunks of a text completion with deltas, and its usage in a separate event that is not a chunk."""
    usage: Any = None
    for event in events:
        if event == DONE:
            yield {"usage": usage or _counted(events)}
            yield event
        elif event["choices"]:
            choices = [_with_delta(choice) for choice in event["choices"]]
            yield {**event, "id": event["id"].replace("-", "_"), "object": "text_completion.chunk", "choices": choices}
        else:
            usage = event["usage"]


def _counted(events: list[Any]) -> dict[str, int]:
    """The usage of a stream without usage: each chunk with text counts as a token."""
    made = sum(bool(choice["text"]) for event in events if event != DONE for choice in event["choices"])
    return {"prompt_tokens": 1, "completion_tokens": made, "total_tokens": 1 + made}


def _with_delta(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice with its text in a delta."""
    return {**{name: value for name, value in choice.items() if name != "text"}, "delta": {"text": choice["text"]}}


def _has_image(asked: ServerRequest) -> bool:
    """Whether a chat request has an image."""
    contents = [message.get("content") for message in json.loads(asked.body)["messages"]]
    return any(part.get("type") == "image_url" for content in contents if isinstance(content, list) for part in content)


DIALECT = Dialect("aifoundryhub", BASE, speak)
