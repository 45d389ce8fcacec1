"""Bytes out and bytes in: the one package that talks to the network.

In: a request, and limits for the reply.
Out: an exchange with the arrival time of each chunk, without keys. Nothing is judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader
from . import sse
from .credentials import HIDDEN, MARK, clean_url, from_variable, is_secret_header, secrets_in, variable
from .cutting import cut
from .decompression import ContentEncodingError, TruncatedContentError, decoder, undone
from .form import FormPart, form_parts
from .redaction import Scrubber, without_secrets
from .sse import Event

if TYPE_CHECKING:
    from .certificates import CertificateError, Certificates
    from .key_command import KeyCommand, KeyCommandError
    from .limiter import Limiter
    from .transport import Limits, Wire

__getattr__ = loader(
    __name__,
    {
        "certificates": ("CertificateError", "Certificates"),
        "key_command": ("KeyCommand", "KeyCommandError"),
        "limiter": ("Limiter",),
        "transport": ("Limits", "Wire"),
    },
)

__all__ = [
    "HIDDEN",
    "MARK",
    "CertificateError",
    "Certificates",
    "ContentEncodingError",
    "Event",
    "FormPart",
    "KeyCommand",
    "KeyCommandError",
    "Limiter",
    "Limits",
    "Scrubber",
    "TruncatedContentError",
    "Wire",
    "clean_url",
    "cut",
    "decoder",
    "form_parts",
    "from_variable",
    "is_secret_header",
    "secrets_in",
    "sse",
    "undone",
    "variable",
    "without_secrets",
]
