"""When things happen on both sides of a gateway, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Case

AREA = "relay-time"


def test_relay_time(case: Case, judged: Callable[[Case], None]) -> None:
    """Each case of the area ends as its findings ask."""
    judged(case)
