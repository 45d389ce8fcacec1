"""How many requests may be under way at once, first come, first served, also for a case that takes several slots or all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Limiter:
    """So many slots. Who wants several gets them together, and nobody who came later gets one before."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = number
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def held(self, number: int = 1) -> AsyncIterator[None]:
        """Hold so many slots, all of them at most."""
        number = min(number, self.number)
        await self.take(number)
        try:
            yield
        finally:
            self.give(number)

    @asynccontextmanager
    async def lent(self, number: int = 1) -> AsyncIterator[None]:
        """Let others have slots that are held, for a while. When that is cut short, they count as held again, for ``held`` to give back."""
        self.give(number)
        try:
            yield
            await self.take(number)
        except BaseException:
            self._free -= number
            raise

    async def take(self, number: int = 1) -> None:
        """Wait for slots; they have to be given back."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((number, turn))
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
        """Hand free slots to who has waited longest, as long as that one's wish can be met."""
        while self._waiting:
            number, turn = self._waiting[0]
            if not turn.done():
                if number > self._free:
                    return
                self._free -= number
                turn.set_result(None)
            self._waiting.popleft()
