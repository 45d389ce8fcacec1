"""The request log of LiteLLM: its StandardLoggingPayload, one object an entry (https://docs.litellm.ai/docs/proxy/logging_spec).

It keeps what LiteLLM handed on, not what crossed the wire, so the spelling and the headers of a reply are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...model import Data
from .mapping import unix_time
from .refusals import BadEntryError, LeftOutError

CALLS = {
    "completion": ("/chat/completions", "messages"),
    "text_completion": ("/completions", "prompt"),
    "embedding": ("/embeddings", "input"),
    "responses": ("/responses", "input"),
    "moderation": ("/moderations", "input"),
}
"""The path of each type of call, and the member of its request that holds what is logged as ``messages``."""


def line(entry: Mapping[str, Any]) -> dict[str, Data]:
    """An entry as a line of ours. Raises ``BadEntryError`` and ``LeftOutError``."""
    call = entry["call_type"]
    if not isinstance(call, str):
        raise BadEntryError("its call_type is not a text")
    if (known := CALLS.get(call) or CALLS.get(call.removeprefix("a"))) is None:
        raise LeftOutError("its call_type is not a judged endpoint")
    if entry.get("status") == "failure":
        raise LeftOutError("the log keeps no body of a failed reply")
    if entry.get("stream"):
        raise LeftOutError("the reply was streamed, and the log keeps only what it added up to")
    reply = entry.get("response")
    if not isinstance(reply, dict):
        raise LeftOutError("the reply's body was not recorded")
    given = entry.get("model_parameters")
    asked = {"model": entry.get("model"), known[1]: entry.get("messages"), **(given if isinstance(given, dict) else {})}
    started, ended = unix_time(entry.get("startTime")), unix_time(entry.get("endTime"))
    taken = {"seconds": max(ended - started, 0.0)} if started is not None and ended is not None else {}
    return {
        "host": f"{_host(entry.get('api_base'))} by LiteLLM",
        "method": "POST",
        "path": f"/v1{known[0]}",
        "request": asked,
        "status": 200,
        "headers": {"content-type": "application/json"},
        "json": reply,
        "started_at": started,
        **taken,
    }


def _host(base: object) -> str:
    """The host behind LiteLLM."""
    try:
        return urlsplit(base).netloc.rpartition("@")[2] if isinstance(base, str) and base else "unknown"
    except ValueError:
        return "unknown"
