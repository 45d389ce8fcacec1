"""Bytes out and bytes in: the one package that talks to the network.

In: a request, and the limits that a reply has to keep.
Out: an exchange, with the arrival time of each piece; nothing is judged here, and no key stays in what is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader
from . import sse
from .decompression import ContentEncodingError, TruncatedContentError, decoder, undone
from .redaction import MARK, Scrubber, is_secret_header, secrets_in
from .sse import Event

if TYPE_CHECKING:
    from .limiter import Limiter
    from .transport import Limits, Wire

__getattr__ = loader(__name__, {"limiter": ("Limiter",), "transport": ("Limits", "Wire")})

__all__ = [
    "MARK",
    "ContentEncodingError",
    "Event",
    "Limiter",
    "Limits",
    "Scrubber",
    "TruncatedContentError",
    "Wire",
    "decoder",
    "is_secret_header",
    "secrets_in",
    "sse",
    "undone",
]
