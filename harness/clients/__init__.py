"""Tests with real client libraries, each driven in its own process, through a forwarder that records.

In: a call of ``spec/clients``. Out: the exchanges of the call, and the values that the client returned to its user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .player import Player

__getattr__ = loader(__name__, {"player": ("Player",)})

__all__ = ["Player"]
