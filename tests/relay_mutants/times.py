"""Gateways that buffer, go on after the client has left, or retry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from tests.relay_mutants.making import blocks, mutant


def held_until_the_end() -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    async def stream(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        yield b"".join([piece async for piece in pieces])

    return stream


def late_at_the_end() -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    async def stream(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        async for block in blocks(pieces):
            if b'"finish_reason":"stop"' in block or b"response.completed" in block:
                await asyncio.sleep(1.5)
            yield block

    return stream


mutant(
    "held-until-the-end",
    "relay-time.not-held-back",
    "relay-time.each-in-time",
    "relay-time.leaving-ends-the-work",
    slow=True,
    stream=held_until_the_end(),
)
mutant("late-at-the-end", "relay-time.each-in-time", slow=True, stream=late_at_the_end())
mutant("leaving-unnoticed", "relay-time.leaving-ends-the-work", slow=True, listens_for_leaving=False)
mutant(
    "stream-begun-again",
    "relay-time.begun-stream-not-repeated",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    begins_again=True,
)
mutant("asked-twice", "relay-time.good-reply-not-repeated", "relay-time.refusal-not-repeated", asks_twice=True)
mutant("refusal-repeated", "relay-time.refusal-not-repeated", retries=1, retry_on=lambda status: status == 400)
