"""What one server of the reference has of its own: its memory, its clock, and where its ids come from."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from .store import Store


def random_digits() -> str:
    """32 hexadecimal digits that nobody had before."""
    return uuid.uuid4().hex


def counted_digits() -> Callable[[], str]:
    """A source of digits that are the same each time: numbers in their order, so that 24 digits of an id tell it from others."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):016x}{0:016x}"


@dataclass(slots=True)
class State:
    """Memory, clock and ids. Each is given, so that two servers share nothing, and one can be made to repeat itself.

    ``now`` is Unix time in seconds; ``digits`` gives 32 new hexadecimal digits.
    """

    store: Store = field(default_factory=Store)
    now: Callable[[], float] = time.time
    digits: Callable[[], str] = random_digits

    @property
    def time(self) -> int:
        """The time in whole seconds, as replies tell it."""
        return int(self.now())

    def new_id(self, prefix: str) -> str:
        """An id that was not given before."""
        return prefix + self.digits()
