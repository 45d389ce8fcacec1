"""The clients that people use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Call

AREA = "clients"


def test_client(call: Call, called: Callable[[Call], None]) -> None:
    """Each call of a client ends as its findings ask."""
    called(call)
