"""Responses that are kept, continued and made in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Case

AREA = "responses-store"


def test_responses_store(case: Case, judged: Callable[[Case], None]) -> None:
    """Each case of the area ends as its findings ask."""
    judged(case)
