"""How far a run is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Cases judged, and requests in flight; ``oldest`` has been waiting for ``age`` seconds, and is empty where none is."""

    done: int
    cases: int
    under_way: int = 0
    oldest: str = ""
    age: float = 0.0


class InFlight:
    """The requests that were sent and not answered yet, by identity, with the time at which each was sent."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}

    @contextmanager
    def holding(self, identity: str) -> Iterator[None]:
        """A request is in flight while this lasts."""
        self._sent[identity] = time.monotonic()
        try:
            yield
        finally:
            self._sent.pop(identity, None)

    def progress(self, done: int, cases: int) -> Progress:
        """How far a run is with these requests in flight. May be called from another thread."""
        sent = self._sent.copy()
        if not sent:
            return Progress(done, cases)
        oldest = min(sent, key=lambda identity: sent[identity])
        return Progress(done, cases, len(sent), oldest, time.monotonic() - sent[oldest])
