"""How a gateway passes on its upstream's failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Case

AREA = "relay-failure"


def test_relay_failure(case: Case, judged: Callable[[Case], None]) -> None:
    """Each case of the area ends as its findings ask."""
    judged(case)
