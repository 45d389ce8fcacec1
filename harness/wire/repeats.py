"""Which requests may be sent again, and when."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from ..model import Request

REPEATABLE = frozenset({"chat", "completions", "embeddings", "models", "model"})
"""Stateless endpoints, where sending a request twice is harmless. Others may store what is posted, and a repeat would store it twice."""


def may_repeat(request: Request) -> bool:
    """Whether sending a request twice is harmless (RFC 9110, section 9.2.2, and stateless endpoints)."""
    safe = request.method in ("GET", "HEAD", "OPTIONS")
    return safe or (request.endpoint in REPEATABLE and b'"store"' not in request.body)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """The wait that a ``Retry-After`` header asks for, in seconds from now; ``None`` if it is absent or unreadable.

    Source: RFC 9110, section 10.2.3: a number of seconds or an HTTP date.
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # an impossible year or time zone
        return None
