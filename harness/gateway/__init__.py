"""Both sides of a gateway.

In: a step, and the script that the upstream plays for it.
Out: the client's exchange together with the upstream's side; or the exchange of the same request with a reference endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .comparison import ReferenceEndpoint, is_comparable
    from .delays import added, stray
    from .relay import Relay, is_alone
    from .tokens import is_trimmed, marked, token_of, trimmed
    from .upstream import UPSTREAM_BASE, Upstream, UpstreamError

__getattr__ = loader(
    __name__,
    {
        "comparison": (
            "ReferenceEndpoint",
            "is_comparable",
        ),
        "delays": (
            "added",
            "stray",
        ),
        "relay": (
            "Relay",
            "is_alone",
        ),
        "tokens": (
            "is_trimmed",
            "marked",
            "token_of",
            "trimmed",
        ),
        "upstream": (
            "UPSTREAM_BASE",
            "Upstream",
            "UpstreamError",
        ),
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
