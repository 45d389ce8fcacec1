"""Detects an endpoint that rate-limits every request, so that a run gives up early instead of sending everything in vain."""

from __future__ import annotations

from ..model import Exchange
from .replies import was_put_off

AT_FIRST = 6
"""How many requests may be rate-limited before the first success; each has been retried several times by then."""

LATER = 24
"""How many may be rate-limited in a row after a success, because a per-minute limit passes."""


class RateLimit:
    """Counts rate-limited requests since the last success. Refusals and model lists do not reset the count."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._served = False

    def reached(self, exchange: Exchange) -> str | None:
        """Count the next exchange. Returns the reason to give up, once the limit is reached."""
        if was_put_off(exchange):
            self._in_a_row += 1
            if self._in_a_row >= (LATER if self._served else AT_FIRST):
                return f"rate limited: the last {self._in_a_row} requests were answered with {exchange.status}, and none was served"
        elif exchange.status is not None and exchange.status // 100 == 2 and exchange.request.method == "POST":
            self._served, self._in_a_row = True, 0
        return None
