"""A small faultless endpoint: what is judged when no base URL is given, and the body of every mutant.

It shares no code with the checks, so that a common mistake cannot hide. ``answers`` turns a request into a reply, purely;
``app`` puts that on the wire as an ASGI application; ``serve`` runs it on loopback.
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
