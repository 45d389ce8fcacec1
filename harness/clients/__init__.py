"""The client libraries that people use, each driven in a process of its own, behind a forwarder that records.

In: a call of ``spec/clients``. Out: the exchanges it made, and what the client handed to its user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .player import Player

__getattr__ = loader(__name__, {"player": ("Player",)})

__all__ = ["Player"]
