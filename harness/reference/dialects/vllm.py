"""The reference with vLLM's additional members, and with vLLM's errors, whose code is the HTTP status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..answers import answer
from ..exchange import ServerReply, ServerRequest
from .dialect import Dialect, below

BASE = "/v1"
SERVED = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses")
"""The paths with vLLM's own errors. How vLLM refuses unknown paths and wrong methods is not documented."""


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    path = below(asked, BASE)
    reply = answer(replace(asked, path=path if path is not None else "/outside" + asked.path))
    if (
        reply.status >= 400
        and reply.status != 405
        and path is not None
        and (path in SERVED or path.startswith(("/models/", "/responses/")))
    ):
        reply.body = with_status(reply)
    elif reply.status != 200 or path != "/chat/completions" or asked.method != "POST":
        return reply
    elif reply.events is None:
        choices = [_with_tokens(choice) for choice in reply.body["choices"]]
        reply.body = {**reply.body, "choices": choices, "prompt_logprobs": None, "prompt_token_ids": None, "kv_transfer_params": None}
    else:
        reply.events = [_with_stop_reason(event) if isinstance(event, dict) else event for event in reply.events or ()]
    return reply


def with_status(reply: ServerReply) -> dict[str, Any]:
    """An error body with the status as its code."""
    return {"error": {**reply.body["error"], "code": reply.status}}


def _with_tokens(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice with vLLM's own members, which are null unless requested."""
    return {**choice, "message": {**choice["message"], "reasoning": None}, "stop_reason": None, "token_ids": None}


def _with_stop_reason(chunk: dict[str, Any]) -> dict[str, Any]:
    """A chunk with vLLM's own stop reason in each finished choice."""
    return {**chunk, "choices": [{**choice, "stop_reason": None} if choice["finish_reason"] else choice for choice in chunk["choices"]]}


DIALECT = Dialect("vllm", BASE, speak)
