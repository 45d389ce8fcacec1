"""Hidden faults: the reference is wrong only under one odd condition, which no hand-written case meets.

Each with the property that finds it, the requirement that it breaks, and how many members its smallest request needs beyond the required.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import body_of
from harness.reference.refusals import RefusalError

Condition = Callable[[ServerRequest, dict[str, Any]], bool]
Effect = Callable[[ServerRequest, ServerReply], ServerReply]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A fault: under a condition, an effect. ``most`` members beyond the required ones are in its smallest request."""

    name: str
    prop: str
    breaks: str
    when: Condition
    effect: Effect
    most: int = 2

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer, wrongly where the condition holds."""
        reply = answer(asked)
        return self.effect(asked, reply) if self.when(asked, body_of(asked)) else reply


def crash(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Fail as servers do."""
    return ServerReply(500, {**reply.headers, "content-type": "application/json"}, RefusalError(500, "Internal error.").body)


def cut(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Lose the connection, or the end of the stream."""
    reply.breaks_off = True
    return reply


def without_end(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Forget the terminator."""
    if reply.events is not None:
        reply.events = [event for event in reply.events if event != "[DONE]"]
    return reply


def without(member: str) -> Effect:
    """Leave a member out of a whole reply."""

    def effect(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None and isinstance(reply.body, dict):
            reply.body.pop(member, None)
        return reply

    return effect


def counts(change: Callable[[dict[str, Any]], None]) -> Effect:
    """Count wrongly."""

    def effect(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None and isinstance(reply.body, dict) and reply.body.get("usage"):
            change(reply.body["usage"])
        return reply

    return effect


def taken(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Take what deserves a refusal."""
    good = {"model": "reference", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    return answer(replace(asked, body=json.dumps(good).encode())) if reply.status >= 400 else reply


def tells_inside(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Tell of the inside."""
    if reply.status >= 400:
        reply.body["error"]["message"] += " (/app/server/validate.py)"
    return reply


def of_another_model(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Stream under another name."""
    if reply.events is not None:
        reply.events = [{**event, "model": "another"} if isinstance(event, dict) else event for event in reply.events]
    return reply


def said(body: dict[str, Any]) -> str:
    """All texts of a request's prompt."""
    return json.dumps(body.get("messages", body.get("input", body.get("prompt", ""))), ensure_ascii=False)


def chat(condition: Callable[[dict[str, Any]], Any]) -> Condition:
    return lambda asked, body: asked.path == "/chat/completions" and bool(body) and bool(condition(body))


def at(path: str, condition: Callable[[dict[str, Any]], Any]) -> Condition:
    return lambda asked, body: asked.path == path and bool(condition(body))


def between(low: float, value: Any, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low < value < high


def users(body: dict[str, Any]) -> int:
    return sum(1 for message in body.get("messages", []) if message.get("role") == "user")


def nested(schema: Any) -> bool:
    """Whether a schema has an object inside an object."""
    inner = schema.get("properties", {}).values() if isinstance(schema, dict) else []
    return any(isinstance(one, dict) and one.get("type") == "object" for one in inner)


def tools(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [tool.get("function", {}) for tool in body.get("tools", []) if isinstance(tool, dict)]


FAULT = "http.valid-request-succeeds"
VALID = "properties/chat/valid"
HIDDEN = (
    Hidden(
        "stop-forgotten",
        "properties/chat/stopped",
        "properties.stop-cuts-there",
        chat(lambda b: b.get("stop") == "7" and b.get("user")),
        lambda a, r: answer(replace(a, body=a.body.replace(b'"stop":"7"', b'"stop":null'))),
        5,
    ),
    Hidden(
        "stream-of-another-model",
        "properties/chat/streamed",
        "properties.streaming-changes-framing",
        chat(lambda b: b.get("stream") and b.get("seed") is not None),
        of_another_model,
        1,
    ),
    Hidden("three-choices-and-stop", VALID, FAULT, chat(lambda b: b.get("n") == 3 and b.get("stop")), crash),
    Hidden("scores-of-several-choices", VALID, FAULT, chat(lambda b: b.get("logprobs") and (b.get("n") or 1) > 1), crash, 3),
    Hidden("warm-but-not-hot", VALID, "chat.object-shape", chat(lambda b: between(1.1, b.get("temperature"), 1.9)), without("created"), 1),
    Hidden(
        "narrow-nucleus",
        VALID,
        "usage.adds-up",
        chat(lambda b: between(0, b.get("top_p"), 0.5)),
        counts(lambda u: u.update(total_tokens=1)),
        1,
    ),
    Hidden("seed-below-zero", VALID, FAULT, chat(lambda b: (b.get("seed") or 0) < 0), crash, 1),
    Hidden("seed-beyond-32-bits", VALID, FAULT, chat(lambda b: (b.get("seed") or 0) > 2**32), crash, 1),
    Hidden("joined-emoji", VALID, FAULT, chat(lambda b: "\u200d" in said(b)), crash, 0),
    Hidden(
        "right-to-left-stream",
        VALID,
        "chat-stream.ends-with-done",
        chat(lambda b: b.get("stream") and re.search("[\u0590-\u06ff\u200f\u202e]", said(b))),
        without_end,
        1,
    ),
    Hidden("combining-marks", VALID, FAULT, chat(lambda b: re.search("[\u0300-\u036f]", said(b))), crash, 0),
    Hidden("framing-in-the-prompt", VALID, "http.reply-is-whole", chat(lambda b: b.get("stream") and "data: " in said(b)), cut, 1),
    Hidden("control-characters", VALID, FAULT, chat(lambda b: "\\u0001" in said(b) or "\\u001b" in said(b)), crash, 0),
    Hidden("third-user-turn", VALID, "chat.object-shape", chat(lambda b: users(b) >= 3), without("model"), 0),
    Hidden("large-body", VALID, FAULT, lambda a, b: a.path == "/chat/completions" and len(a.body) > 65_536, crash, 0),
    Hidden("many-metadata", VALID, FAULT, chat(lambda b: len(b.get("metadata") or {}) > 4), crash, 1),
    Hidden("nested-parameters", VALID, FAULT, chat(lambda b: any(nested(t.get("parameters")) for t in tools(b))), crash, 1),
    Hidden("three-tools", VALID, FAULT, chat(lambda b: len(tools(b)) > 2), crash, 1),
    Hidden("name-with-dash", VALID, FAULT, chat(lambda b: any("-" in str(t.get("name")) for t in tools(b))), crash, 1),
    Hidden("schema-and-stop", VALID, FAULT, chat(lambda b: b.get("response_format") and b.get("stop")), crash),
    Hidden(
        "parts-in-a-stream",
        VALID,
        "chat-stream.ends-with-done",
        chat(lambda b: b.get("stream") and isinstance(b["messages"][-1]["content"], list)),
        without_end,
        1,
    ),
    Hidden(
        "escapes-unread",
        "properties/chat/escapes",
        "properties.writing-changes-nothing",
        lambda a, b: b"\\/" in a.body or b"\\u4f60" in a.body,
        crash,
        1,
    ),
    Hidden(
        "order-matters",
        "properties/chat/member-order",
        "properties.writing-changes-nothing",
        lambda a, b: next(iter(b), "") == "messages",
        crash,
        3,
    ),
    Hidden(
        "white-space-counted",
        "properties/chat/white-space",
        "properties.written-costs-the-same",
        lambda a, b: b"\n" in a.body,
        counts(lambda u: u.update(prompt_tokens=u["prompt_tokens"] + 3, total_tokens=u["total_tokens"] + 3)),
        0,
    ),
    Hidden(
        "one-choice-told",
        "properties/chat/defaults",
        "properties.defaults-change-nothing",
        chat(lambda b: b.get("n") == 1 and b.get("echo", b.get("store")) is False),
        crash,
        0,
    ),
    Hidden(
        "heat-costs",
        "properties/chat/sampling",
        "properties.sampling-costs-the-same",
        chat(lambda b: (b.get("temperature") or 0) > 1.5),
        counts(lambda u: u.update(prompt_tokens=99, total_tokens=99 + u["completion_tokens"])),
        1,
    ),
    Hidden(
        "long-prompt-uncounted",
        "properties/chat/longer-prompt",
        "properties.longer-costs-more",
        chat(lambda b: "eight nine ten" in said(b)),
        counts(lambda u: u.update(prompt_tokens=1, total_tokens=1 + u["completion_tokens"])),
        0,
    ),
    Hidden(
        "stream-costs-more",
        "properties/completions/streamed",
        "properties.streaming-costs-the-same",
        at("/completions", lambda b: b.get("echo") and not b.get("stream")),
        counts(lambda u: u.update(prompt_tokens=99, total_tokens=99 + u["completion_tokens"])),
        1,
    ),
    Hidden(
        "tools-turned-over",
        "properties/chat/tools-turned",
        "properties.order-of-tools-changes-nothing",
        chat(lambda b: tools(b) and tools(b)[0].get("name") == "pong"),
        crash,
        3,
    ),
    Hidden(
        "higher-limit-shorter",
        "properties/chat/higher-limit",
        "properties.higher-limit-is-no-shorter",
        chat(lambda b: b.get("max_tokens", 0) > 12),
        lambda a, r: answer(replace(a, body=a.body.replace(f'"max_tokens":{body_of(a)["max_tokens"]}'.encode(), b'"max_tokens":1'))),
        4,
    ),
    Hidden(
        "wrong-type-deep-inside",
        "properties/chat/broken",
        "errors.client-fault-is-no-5xx",
        lambda a, b: (
            isinstance(b.get("messages"), list)
            and any(
                isinstance(m, dict) and isinstance(m.get("content"), list) and any(not isinstance(p, dict) for p in m["content"])
                for m in b["messages"]
            )
        ),
        crash,
        0,
    ),
    Hidden(
        "stop-of-a-wrong-type",
        "properties/chat/broken",
        "errors.client-fault-is-no-5xx",
        chat(lambda b: "stop" in b and not isinstance(b["stop"], str | list | None)),
        crash,
        1,
    ),
    Hidden("nan-taken", "properties/chat/broken", "errors.client-fault-is-refused", lambda a, b: b"NaN" in a.body, taken, 1),
    Hidden("deep-body-kills", "properties/chat/broken", FAULT, lambda a, b: b"[[[[[[[[" in a.body, crash, 1),
    Hidden(
        "tells-of-its-files",
        "properties/chat/broken",
        "errors.no-internals",
        chat(lambda b: not isinstance(b.get("messages"), list)),
        tells_inside,
        1,
    ),
    Hidden("third-turn-of-a-conversation", "properties/chat/conversation", FAULT, chat(lambda b: users(b) >= 3), crash, 3),
    Hidden(
        "turn-after-a-result",
        "properties/chat/conversation",
        FAULT,
        chat(lambda b: any(m.get("role") == "tool" for m in b["messages"][:-1])),
        crash,
        3,
    ),
    Hidden(
        "many-embeddings",
        "properties/embeddings/valid",
        FAULT,
        at("/embeddings", lambda b: isinstance(b.get("input"), list) and len(b["input"]) > 4),
        crash,
        0,
    ),
    Hidden(
        "short-base64",
        "properties/embeddings/valid",
        FAULT,
        at("/embeddings", lambda b: b.get("encoding_format") == "base64" and (b.get("dimensions") or 0) > 0),
        crash,
    ),
    Hidden(
        "scored-echo",
        "properties/completions/valid",
        FAULT,
        at("/completions", lambda b: b.get("echo") and b.get("logprobs") is not None),
        crash,
    ),
    Hidden(
        "instructed-stream",
        "properties/responses/valid",
        "responses-stream.ends-once",
        at("/responses", lambda b: b.get("stream") and b.get("instructions")),
        lambda a, r: _unended(r),
    ),
    Hidden(
        "second-link-of-a-chain", "properties/responses/chain", FAULT, lambda a, b: a.path == "/responses" and _is_second(a, b), crash, 1
    ),
)


def _unended(reply: ServerReply) -> ServerReply:
    """Lose the last event."""
    if reply.events is not None:
        reply.events = reply.events[:-1]
    return reply


def _is_second(asked: ServerRequest, body: dict[str, Any]) -> bool:
    """Whether a response continues one that continues one."""
    kept = asked.state.store.responses.get(str(body.get("previous_response_id")))
    return kept is not None and kept.final["previous_response_id"] is not None
