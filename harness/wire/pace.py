"""Keeps a limit of requests a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Pace:
    """Lets requests start at least ``60 / per_minute`` seconds apart, in the order in which they asked.

    Even spacing keeps every limit of so many requests a minute, however the endpoint counts its minutes.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._spacing = 60 / per_minute
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._next = float("-inf")

    async def turn(self) -> None:
        """Wait until the next request may start. It counts from now, so that a request that starts late delays the one behind it."""
        async with self._turn:
            while (left := self._next - self._clock()) > 0:
                await self._sleep(left)
            self._next = self._clock() + self._spacing
