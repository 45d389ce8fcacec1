"""Reads from a request, and from what the reference answers, which ways of asking meet in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from tests.ways.endpoint import Chosen

Read = Callable[[Mapping[str, Any], ServerReply], str]

LARGE = 65_536
ACCEPTS = {"*/*": "anything", "application/json": "json", "application/json, text/event-stream": "json-or-events"}


def asked_in_ways(exchanges: Iterable[tuple[ServerRequest, ServerReply]], path: str, respects: Iterable[str]) -> Iterator[Chosen]:
    """The ways of each request to a path that is answered: one for each respect."""
    wanted = list(respects)
    for asked, reply in exchanges:
        if asked.path == path and asked.method == "POST" and reply.status == 200:
            body = json.loads(asked.body)
            read = {**{name: of(body, reply) for name, of in BODY.items() if name in wanted}, **_transport(asked)}
            yield {name: read[name] for name in wanted}


def _transport(asked: ServerRequest) -> dict[str, str]:
    return {
        "size": "large" if len(asked.body) > LARGE else "small",
        "coding": "gzip" if "gzip" in asked.headers.get("accept-encoding", "") else "identity",
        "accepts": ACCEPTS.get(asked.headers.get("accept", ""), "another"),
        "media-type": "charset" if "charset" in asked.headers.get("content-type", "") else "bare",
    }


def _framing(body: Mapping[str, Any], reply: ServerReply) -> str:
    if not body.get("stream"):
        return "plain"
    return "streamed-with-usage" if (body.get("stream_options") or {}).get("include_usage") else "streamed"


def _turns(body: Mapping[str, Any]) -> list[Any]:
    """The messages or items of a request."""
    given = body.get("messages", body.get("input", body.get("prompt")))
    return given if isinstance(given, list) else [{"role": "user", "content": given}]


def _said(turn: Any) -> Any:
    """What a message or an item says."""
    return turn.get("content", turn.get("output")) if isinstance(turn, dict) else turn


def _content(body: Mapping[str, Any], reply: ServerReply) -> str:
    if "prompt" in body:
        given = body["prompt"]
        return "text" if isinstance(given, str) else "token-ids" if not isinstance(given[0], str) else "list"
    return "parts" if any(isinstance(_said(turn), list) for turn in _turns(body)) else "text"


def _tools(body: Mapping[str, Any], reply: ServerReply) -> str:
    choice = body.get("tool_choice") or "auto"
    if not body.get("tools"):
        return "no-tools"
    if choice == "required" and body.get("parallel_tool_calls"):
        return "parallel"
    return choice if isinstance(choice, str) else "named"


def _format(body: Mapping[str, Any], reply: ServerReply) -> str:
    form = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    return {"json_object": "object", "json_schema": "schema"}.get(form.get("type", "text"), "free")


def _turn(body: Mapping[str, Any], reply: ServerReply) -> str:
    turns = [turn for turn in _turns(body) if isinstance(turn, dict)]
    if turns and (turns[-1].get("role") == "tool" or turns[-1].get("type") == "function_call_output"):
        return "round-trip"
    own = sum(turn.get("role") == "assistant" for turn in turns)
    return ("first", "second", "third")[min(own, 2)] if body.get("previous_response_id") is None else "continued"


def _script(body: Mapping[str, Any], reply: ServerReply) -> str:
    last = json.dumps(body.get("prompt") or _said(_turns(body)[-1]), ensure_ascii=False)
    return "ascii" if last.isascii() and "<" not in last else "less-than" if "<" in last else "emoji"


def _limit(body: Mapping[str, Any], reply: ServerReply) -> str:
    """Whether the reference's reply was cut."""
    told = [reply.body] if reply.events is None else [event for event in reply.events if isinstance(event, dict)]
    cut = any(
        choice.get("finish_reason") == "length" for one in told if isinstance(one, dict) for choice in one.get("choices") or []
    ) or any((one.get("response") or one).get("status") == "incomplete" for one in told if isinstance(one, dict))
    return "cut" if cut else "enough"


def _given(member: str, absent: str, present: str) -> Read:
    """A way to read whether a request has a member."""
    return lambda body, reply: present if body.get(member) not in (None, False) else absent


BODY: Mapping[str, Read] = {
    "framing": _framing,
    "choices": lambda body, reply: "two-choices" if (body.get("n") or 1) > 1 else "one-choice",
    "content": _content,
    "tools": _tools,
    "format": _format,
    "scores": lambda body, reply: (
        "logprobs" if body.get("logprobs") or "message.output_text.logprobs" in (body.get("include") or []) else "unscored"
    ),
    "stop": _given("stop", "no-stop", "stop"),
    "echo": _given("echo", "no-echo", "echo"),
    "limit": _limit,
    "reasoning": lambda body, reply: (
        "effort" if body.get("reasoning_effort") or (body.get("reasoning") or {}).get("effort") else "no-effort"
    ),
    "turn": _turn,
    "script": _script,
    "instructions": _given("instructions", "uninstructed", "instructions"),
    "keeping": lambda body, reply: "not-kept" if body.get("store") is False else "kept",
}
"""How the way in each respect is read."""
