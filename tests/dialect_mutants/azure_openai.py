"""Mutants of Azure OpenAI: what the messages of the content filter do not excuse."""

from __future__ import annotations

from typing import Any

from tests.dialect_mutants.changing import CHAT, CHAT_STREAM, PLAIN, body, chunks, mutant

AZURE, PATH = "azure-openai", "/chat/completions"


def no_id(chunk: dict[str, Any], number: int) -> None:
    """Take the id of a chunk that has content."""
    if number == 2:
        chunk["id"] = ""


def delta_without_object(chunk: dict[str, Any], number: int) -> None:
    """Make a message of the filter of a chunk, but for its delta."""
    if number == 2:
        chunk.update(id="", object="", created=0, model="")


def found_elsewhere(chunk: dict[str, Any], number: int) -> None:
    """Tell what the filter found in a member that nobody documents."""
    for choice in chunk["choices"]:
        choice["filter"] = choice.pop("content_filter_results")


mutant(AZURE, PLAIN, "azure-chunk-without-an-id", CHAT_STREAM, "chat-stream.id-not-empty", "chat-stream.one-id", change=chunks(PATH, no_id))
mutant(
    AZURE,
    PLAIN,
    "azure-content-in-a-message-of-the-filter",
    CHAT_STREAM,
    "chat-stream.chunk-shape",
    "chat-stream.created-now",
    "chat-stream.id-not-empty",
    "chat-stream.model-not-empty",
    "chat-stream.one-created",
    "chat-stream.one-id",
    "chat-stream.one-model",
    change=chunks(PATH, delta_without_object),
)
mutant(
    AZURE,
    PLAIN,
    "azure-filter-in-another-member",
    CHAT_STREAM,
    change=chunks(PATH, found_elsewhere),
    notes=("chat-stream.no-other-members",),
)
mutant(
    AZURE,
    PLAIN,
    "azure-reply-with-another-member",
    CHAT,
    change=body(PATH, lambda reply: reply.update(filtered=False)),
    notes=("chat.no-other-members",),
)
