"""Mutants of vLLM: errors whose code is no status, and members that are not its own."""

from __future__ import annotations

from tests.dialect_mutants.changing import CHAT, CHAT_STREAM, ERRORS, PLAIN, body, chunks, mutant, refused

VLLM, PATH = "vllm", "/chat/completions"
mutant(
    VLLM,
    PLAIN,
    "vllm-code-that-is-no-status",
    ERRORS[:1],
    "errors.code",
    change=refused(lambda error: {"error": {**error["error"], "code": 4000}}),
    notes=("errors.code-as-documented",),
)
mutant(
    VLLM,
    PLAIN,
    "vllm-reply-with-another-member",
    CHAT,
    change=body(PATH, lambda reply: reply.update(engine="v1")),
    notes=("chat.no-other-members",),
)
mutant(
    VLLM,
    PLAIN,
    "vllm-chunk-with-another-member",
    CHAT_STREAM,
    change=chunks(PATH, lambda chunk, number: chunk.update(engine="v1")),
    notes=("chat-stream.no-other-members",),
)
