"""The reference as an Azure OpenAI deployment: key in ``api-key``, version in the query, and content filter results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from ..answers import answer
from ..exchange import ServerReply, ServerRequest
from .dialect import Dialect, below

BASE = "/openai/deployments/reference"
FOUND = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
PROMPT_FOUND = [{"prompt_index": 0, "content_filter_results": FOUND}]


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    path = below(asked, BASE)
    versioned = "api-version" in parse_qs(asked.query)
    known = replace(asked, path=path if path is not None and versioned else "/outside" + asked.path, headers=_with_bearer(asked))
    reply = answer(known)
    if reply.status == 200 and path == "/chat/completions" and asked.method == "POST":
        _add_filter_results(reply)
    return reply


def _with_bearer(asked: ServerRequest) -> dict[str, str]:
    """Move the key to the header that the reference reads."""
    headers = dict(asked.headers)
    key = headers.pop("api-key", None)
    return headers if key is None else {**headers, "authorization": f"Bearer {key}"}


def _add_filter_results(reply: ServerReply) -> None:
    """Add the content filter results of the prompt and of each choice."""
    if reply.events is None:
        reply.body = {**reply.body, "prompt_filter_results": PROMPT_FOUND, "choices": [_filtered(one) for one in reply.body["choices"]]}
        return
    first: dict[str, Any] = {"id": "", "object": "", "created": 0, "model": "", "prompt_filter_results": PROMPT_FOUND, "choices": []}
    events = ({**e, "choices": [_filtered(one) for one in e["choices"]]} if isinstance(e, dict) else e for e in reply.events)
    reply.events = [{**first, "usage": None}, *events]


def _filtered(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice with its content filter results."""
    return {**choice, "content_filter_results": FOUND}


DIALECT = Dialect("azure-openai", BASE, speak)
