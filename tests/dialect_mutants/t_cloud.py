"""Mutants of T-Cloud: errors in their other form, headers and responses by kind of model, and members of its own."""

from __future__ import annotations

from harness.reference.exchange import ServerReply, ServerRequest
from tests.dialect_mutants.changing import (
    AZURE,
    CHAT,
    CHAT_STREAM,
    ERRORS,
    MODELS,
    OPEN,
    Change,
    as_printed,
    body,
    chunks,
    mutant,
    refused,
)


def without_rate_limits(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    reply.headers = {name: value for name, value in reply.headers.items() if not name.startswith("x-ratelimit-")}
    return reply


def not_there(path: str) -> Change:
    return lambda asked, reply: (
        ServerReply(404, {"content-type": "application/json"}, {"detail": "Not Found"}) if asked.path == path else reply
    )


DETAIL = ("errors.envelope", "errors.unknown-url-envelope", "errors.message-not-empty")
mutant("t-cloud", OPEN, "detail-is-a-list", ERRORS, *DETAIL, change=refused(lambda told: {"detail": [{"msg": told["detail"]}]}))
mutant("t-cloud", OPEN, "detail-is-empty", ERRORS, *DETAIL, change=refused(lambda told: {"detail": ""}))
mutant("t-cloud", OPEN, "error-in-neither-form", ERRORS, *DETAIL, change=refused(lambda told: {"message": told["detail"]}))
mutant(
    "t-cloud",
    AZURE,
    "error-as-printed",
    ("errors/values/above-maximum",),
    "errors.param",
    change=refused(lambda told: {"error": {name: value for name, value in told["error"].items() if name != "param"}}),
)
mutant("t-cloud", AZURE, "rate-limits-hidden", CHAT, "http.rate-limit-headers", change=without_rate_limits)
mutant("t-cloud", OPEN, "rate-limits-hidden-of-open-models", CHAT, notes=("http.rate-limit-headers",), change=without_rate_limits)
mutant(
    "t-cloud",
    OPEN,
    "completions-missing",
    ("completions/basics/short-text",),
    "http.valid-request-succeeds",
    "http.request-id",
    change=not_there("/v2/completions"),
)
mutant(
    "t-cloud",
    AZURE,
    "response-without-output",
    ("responses/basics/short-reply",),
    "responses.object-shape",
    "responses.says-something",
    change=body("/responses", lambda response: response.pop("output")),
)
mutant(
    "t-cloud",
    OPEN,
    "response-of-an-open-model-without-output",
    ("responses/basics/short-reply",),
    notes=("responses.object-shape",),
    change=body("/responses", lambda response: response.pop("output")),
)
mutant(
    "t-cloud",
    OPEN,
    "model-with-other-members",
    MODELS,
    notes=("models.no-other-members",),
    change=body("/models", lambda listed: listed["data"][0].update(max_model_len=8192)),
)
mutant(
    "t-cloud",
    OPEN,
    "message-with-other-members",
    CHAT,
    notes=("chat.no-other-members",),
    change=body("/chat/completions", lambda reply: reply["choices"][0]["message"].update(thoughts="Hm.")),
)
mutant(
    "t-cloud",
    OPEN,
    "delta-with-other-members",
    CHAT_STREAM,
    notes=("chat-stream.no-other-members",),
    change=chunks("/chat/completions", lambda chunk, n: chunk["choices"][0]["delta"].update(thoughts="Hm.") if n == 1 else None),
)
mutant("t-cloud", OPEN, "chat-chunk-as-printed", CHAT_STREAM, "chat-stream.chunk-shape", change=chunks("/chat/completions", as_printed))
