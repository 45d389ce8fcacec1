"""The state of one reference server: its memory, its clock, and the source of its ids."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from .store import Store


def random_digits() -> str:
    """32 random hexadecimal digits."""
    return uuid.uuid4().hex


def counted_digits() -> Callable[[], str]:
    """A repeatable source of digits: it counts up. The first 24 digits of an id are already unique."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):016x}{0:016x}"


@dataclass(slots=True)
class State:
    """Memory, clock and ids. They are injected, so that two servers share nothing and a server can repeat its replies exactly.

    ``now`` is Unix time in seconds; ``digits`` gives 32 new hexadecimal digits.
    """

    store: Store = field(default_factory=Store)
    now: Callable[[], float] = time.time
    digits: Callable[[], str] = random_digits

    @property
    def time(self) -> int:
        """The time in whole seconds, as in replies."""
        return int(self.now())

    def new_id(self, prefix: str) -> str:
        """A new id."""
        return prefix + self.digits()
