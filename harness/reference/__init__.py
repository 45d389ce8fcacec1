"""A small correct endpoint. Runs without a base URL test it, and every mutant is built on it.

It shares no code with the checks, so that both cannot make the same mistake. ``answers`` is a pure function from request to reply;
``app`` puts the reply on the wire as an ASGI application; ``serve`` runs it on loopback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .answers import answer
    from .dialects import DIALECTS, serve_dialects
    from .faults import FAULTS
    from .faults.fault_router import FaultRouter
    from .refusals import KEY
    from .serve import Server

__getattr__ = loader(
    __name__,
    {
        "answers": ("answer",),
        "dialects": ("DIALECTS", "serve_dialects"),
        "faults": ("FAULTS",),
        "faults.fault_router": ("FaultRouter",),
        "refusals": ("KEY",),
        "serve": ("Server",),
    },
)

__all__ = ["DIALECTS", "FAULTS", "KEY", "FaultRouter", "Server", "answer", "serve_dialects"]
