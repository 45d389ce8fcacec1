"""Both sides of a gateway.

In: a step, and what the scripted upstream is to do with it.
Out: the client's exchange with the upstream's side of it; or the same request's exchange with a reference endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader
from .delays import added, stray
from .tokens import is_trimmed, marked, token_of, trimmed

if TYPE_CHECKING:
    from .comparison import ReferenceEndpoint, is_comparable
    from .relay import Relay, is_alone
    from .upstream import UPSTREAM_BASE, Upstream, UpstreamError

__getattr__ = loader(
    __name__,
    {
        "relay": ("Relay", "is_alone"),
        "comparison": ("ReferenceEndpoint", "is_comparable"),
        "upstream": ("UPSTREAM_BASE", "Upstream", "UpstreamError"),
    },
)

__all__ = [
    "UPSTREAM_BASE",
    "ReferenceEndpoint",
    "Relay",
    "Upstream",
    "UpstreamError",
    "added",
    "is_alone",
    "is_comparable",
    "is_trimmed",
    "marked",
    "stray",
    "token_of",
    "trimmed",
]
