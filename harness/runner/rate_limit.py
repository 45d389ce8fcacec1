"""Notices an endpoint that only tells us to come back later, so that a run gives up early instead of asking everything in vain."""

from __future__ import annotations

from ..model import Exchange
from .replies import was_put_off

AT_FIRST = 6
"""So many requests put off, before one was served, and the run gives up: each was sent several times already."""

LATER = 24
"""So many in a row once some were served: a limit by the minute passes."""


class RateLimit:
    """Counts requests that were put off since the last one that was served. Refusals and lists say nothing of the limit."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._served = False

    def reached(self, exchange: Exchange) -> str | None:
        """Take the next exchange; why to give up, once it is time to."""
        if was_put_off(exchange):
            self._in_a_row += 1
            if self._in_a_row >= (LATER if self._served else AT_FIRST):
                return f"rate limited: the last {self._in_a_row} requests were put off with {exchange.status}, and none was served"
        elif exchange.status is not None and exchange.status // 100 == 2 and exchange.request.method == "POST":
            self._served, self._in_a_row = True, 0
        return None
