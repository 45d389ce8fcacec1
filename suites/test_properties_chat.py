"""Generated chat requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Property

ENDPOINT = "chat"


def test_chat_property(prop: Property, explored: Callable[[Property], None]) -> None:
    """Each property holds for every example that is drawn of it."""
    explored(prop)
