"""How many requests may be under way at once: the most urgent first, also where a case takes several slots or all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count


class Limiter:
    """So many slots. Who wants several gets them together, and nobody who is less urgent, or came later, gets one before."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = number
        self._waiting: list[tuple[float, int, int, asyncio.Future[None]]] = []
        self._turns = count()

    @asynccontextmanager
    async def held(self, number: int = 1, urgency: float = 0.0) -> AsyncIterator[None]:
        """Hold so many slots, all of them at most."""
        number = min(number, self.number)
        await self.take(number, urgency)
        try:
            yield
        finally:
            self.give(number)

    @asynccontextmanager
    async def lent(self, number: int = 1, urgency: float = 0.0) -> AsyncIterator[None]:
        """Let others have slots that are held, for a while. When that is cut short, they count as held again, for ``held`` to give back."""
        self.give(number)
        try:
            yield
            await self.take(number, urgency)
        except BaseException:
            self._free -= number
            raise

    async def take(self, number: int = 1, urgency: float = 0.0) -> None:
        """Wait for slots; they have to be given back."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (-urgency, next(self._turns), number, turn))
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._serve()  # who waits behind us need not wait any more
            else:
                self.give(number)  # they came while we were being stopped
            raise

    def give(self, number: int = 1) -> None:
        """Give slots back."""
        self._free += number
        self._serve()

    def _serve(self) -> None:
        """Hand free slots to who is most urgent, or has waited longest, as long as that one's wish can be met."""
        while self._waiting:
            _, _, number, turn = self._waiting[0]
            if not turn.done():
                if number > self._free:
                    return
                self._free -= number
                turn.set_result(None)
            heappop(self._waiting)
