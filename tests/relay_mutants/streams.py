"""Gateways that change what they stream."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

from tests.relay_mutants.making import blocks, mutant, on, streaming

mutant(
    "unfinished-left-out",
    "relay-reply.stays-valid",
    "relay-reply.nulls-arrive",
    stream=on(b'"finish_reason":null', lambda block: [block.replace(b',"finish_reason":null', b"")]),
)
mutant(
    "empty-piece-left-out",
    "relay-reply.nulls-arrive",
    stream=on(b'"content":""', lambda block: [block.replace(b',"content":""', b"")]),
)
mutant(
    "empty-usage-in-chunks",
    "relay-reply.stays-valid",
    "relay-reply.nothing-invented",
    "relay-reply.nothing-added",
    stream=on(b'"choices"', lambda block: [block if b'"usage"' in block else block.replace(b'{"id"', b'{"usage":{},"id"', 1)]),
)


def role_first_and_no_usage(block: bytes) -> list[bytes]:
    """In a stream with usage, these are as many chunks as the upstream's, and none is the same."""
    told = b'"delta":{"role":"assistant",'
    if re.search(told + rb'"content":"[^{}]*\}', block):
        return [re.sub(told + rb"[^{}]*\}", b'"delta":{"role":"assistant"}', block), block.replace(told, b'"delta":{')]
    return [] if b'"choices":[],"usage"' in block else [block]


def named_away(block: bytes) -> list[bytes]:
    return [re.sub(rb"event: [^\n]*\n", b"", block)]


def no_comment(block: bytes) -> list[bytes]:
    return [] if block.startswith(b": ") and b"\ndata:" not in block else [block]


def as_latin(block: bytes) -> list[bytes]:
    return [block.replace("ü".encode(), b"\xfc")]


async def stripped_at_the_end(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    last = b""
    async for block in blocks(pieces):
        if last:
            yield last
        last = block
    yield last.rstrip()


mutant(
    "chunk-doubled",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    stream=on(b'"content":"from "', lambda block: [block, block]),
)
mutant(
    "cut-in-other-pieces",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    stream=streaming(role_first_and_no_usage),
)
mutant("chunk-without-choices-lost", "relay-stream.chunk-for-chunk", stream=on(b"prompt_filter_results", lambda block: []))
mutant(
    "terminator-lost", "relay-stream.terminator-once", stream=streaming(lambda block: [] if block.startswith(b"data: [DONE]") else [block])
)
mutant("terminator-twice", "relay-stream.terminator-once", stream=on(b"data: [DONE]\n\n", lambda block: [block, block]))
mutant("event-names-lost", "relay-stream.event-names-stay", stream=on(b"event: response", named_away))
mutant("comments-lost", "relay-stream.comments-pass", stream=streaming(no_comment))
mutant(
    "stream-in-latin-1",
    "relay-stream.utf8",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    stream=on("Grüße".encode(), as_latin),
)
mutant("last-line-end-lost", "relay-stream.last-event-ends", stream=stripped_at_the_end)
