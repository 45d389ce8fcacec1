"""Mutants of AI Foundry Hub: the legacy stream in its own form, embeddings in their own envelope, content in parts for images."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import DONE, ServerReply
from tests.dialect_mutants.changing import (
    CHAT,
    IMAGE,
    PLAIN,
    STREAM,
    VECTORS,
    as_printed,
    at,
    body,
    chunks,
    mutant,
)


def back_to_text(chunk: dict[str, Any], number: int) -> None:
    """Give every other chunk its text as the reference has it."""
    if number % 2:
        for choice in chunk.get("choices", ()):
            choice["text"] = choice.pop("delta")["text"]


def usage_first(reply: ServerReply) -> None:
    reply.events = [{"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}, *(reply.events or ())]


def no_finish(chunk: dict[str, Any], number: int) -> None:
    for choice in chunk.get("choices", ()):
        choice["finish_reason"] = None


def content_in_parts(reply: dict[str, Any]) -> None:
    message = reply["choices"][0]["message"]
    if isinstance(message["content"], str):
        message["content"] = [{"type": "text", "text": message["content"]}]


AIFH, TEXT = "aifoundryhub", "/v1/completions"
mutant(AIFH, PLAIN, "text-in-both-forms", STREAM, "completions-stream.choice-shape", change=chunks(TEXT, back_to_text))
mutant(
    AIFH,
    PLAIN,
    "delta-text-is-null",
    STREAM,
    "completions-stream.choice-shape",
    change=chunks(TEXT, lambda chunk, n: [choice["delta"].update(text=None) for choice in chunk.get("choices", ())]),
)
mutant(
    AIFH,
    PLAIN,
    "chunk-of-a-third-object",
    STREAM,
    "completions-stream.chunk-shape",
    change=chunks(TEXT, lambda chunk, n: chunk.update(object="completion.chunk") if "choices" in chunk else None),
)
mutant(AIFH, PLAIN, "text-chunk-as-printed", STREAM, "completions-stream.chunk-shape", change=chunks(TEXT, as_printed))
mutant(
    AIFH,
    PLAIN,
    "usage-event-comes-first",
    STREAM,
    "completions-stream.usage-chunk",
    "completions-stream.usage-once-and-last",
    change=at(TEXT, usage_first),
)
mutant(
    AIFH,
    PLAIN,
    "usage-event-missing-when-asked",
    STREAM[1:],
    "completions-stream.usage-chunk",
    change=at(TEXT, lambda reply: setattr(reply, "events", [e for e in reply.events or () if e == DONE or "choices" in e])),
)
mutant(AIFH, PLAIN, "stream-ends-as-printed", STREAM, "completions-stream.every-choice-finishes", change=chunks(TEXT, no_finish))
mutant(
    AIFH,
    PLAIN,
    "embeddings-of-a-third-object",
    VECTORS,
    "embeddings.object-shape",
    change=body("/embeddings", lambda reply: reply.update(object="embeddings")),
)
mutant(
    AIFH,
    PLAIN,
    "embeddings-without-time",
    VECTORS,
    "embeddings.object-shape",
    change=body("/embeddings", lambda reply: reply.pop("created")),
)
mutant(
    AIFH,
    PLAIN,
    "embeddings-with-other-members",
    VECTORS,
    notes=("embeddings.no-other-members",),
    change=body("/embeddings", lambda reply: reply.update(region="eu")),
)
mutant(AIFH, PLAIN, "parts-without-image", CHAT, "chat.message-shape", change=body("/chat/completions", content_in_parts))
mutant(
    AIFH,
    PLAIN,
    "parts-are-texts",
    IMAGE,
    "chat.message-shape",
    change=body("/chat/completions", lambda reply: reply["choices"][0]["message"].update(content=["Grey."])),
)
