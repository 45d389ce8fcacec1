"""Limits concurrent requests. The most urgent case goes first, even if it needs several slots or all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count


class Limiter:
    """A number of slots. A task gets all its slots together, and no task that is less urgent or came later overtakes it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = number
        self._waiting: list[tuple[float, int, int, asyncio.Future[None]]] = []
        self._turns = count()

    @asynccontextmanager
    async def held(self, number: int = 1, urgency: float = 0.0) -> AsyncIterator[None]:
        """Hold ``number`` slots, or all of them if there are fewer."""
        number = min(number, self.number)
        await self.take(number, urgency)
        try:
            yield
        finally:
            self.give(number)

    @asynccontextmanager
    async def lent(self, number: int = 1, urgency: float = 0.0) -> AsyncIterator[None]:
        """Lend held slots to others for a while. On an exception they count as held again, so that ``held`` can give them back."""
        self.give(number)
        try:
            yield
            await self.take(number, urgency)
        except BaseException:
            self._free -= number
            raise

    async def take(self, number: int = 1, urgency: float = 0.0) -> None:
        """Wait for slots. The caller must give them back."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (-urgency, next(self._turns), number, turn))
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._serve()  # tasks behind us need not wait any more
            else:
                self.give(number)  # we got the slots while being cancelled
            raise

    def give(self, number: int = 1) -> None:
        """Give slots back."""
        self._free += number
        self._serve()

    def _serve(self) -> None:
        """Give free slots to the most urgent task, then to the one that waited longest. Stop when slots do not suffice for the next."""
        while self._waiting:
            _, _, number, turn = self._waiting[0]
            if not turn.done():
                if number > self._free:
                    return
                self._free -= number
                turn.set_result(None)
            heappop(self._waiting)
