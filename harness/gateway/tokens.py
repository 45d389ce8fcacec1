"""The mark that a request carries through a gateway, and how much of a very large one is kept."""

from __future__ import annotations

import base64
import random
from dataclasses import replace

from ..model import Exchange, Request
from .upstream.attempt_log import HEADER, PLACEHOLDER

KEPT = 64 * 1024
"""So much is kept of a body beyond ``LARGE`` bytes, once it was judged."""

LARGE = 1024 * 1024

BLOB = b"$blob"
BLOB_SIZE = 10_000_000
"""``$blob`` in a request stands for so many characters of base64."""


def marked(request: Request, token: str) -> Request:
    """A request with its token in a header and wherever the data has a place for it."""
    body = request.body.replace(PLACEHOLDER.encode(), token.encode())
    if BLOB in body:
        body = body.replace(BLOB, base64.b64encode(random.Random(0).randbytes(BLOB_SIZE * 3 // 4)))  # noqa: S311 - no secret
    return replace(request, headers=(*request.headers, (HEADER, token)), body=body)


def token_of(request: Request) -> str | None:
    """The token in a request that was sent through a gateway; ``None`` in any other."""
    return next((value for name, value in request.headers if name == HEADER), None)


def trimmed(exchange: Exchange) -> Exchange:
    """An exchange that was judged, without the bulk of a very large request."""
    behind = tuple(trimmed(attempt) for attempt in exchange.behind)
    if len(exchange.request.body) <= LARGE:
        return replace(exchange, behind=behind)
    return replace(exchange, request=replace(exchange.request, body=exchange.request.body[:KEPT]), behind=behind)


def is_trimmed(exchange: Exchange) -> bool:
    """Whether the bulk of a request is gone, so that it cannot be judged again."""
    return token_of(exchange.request) is not None and len(exchange.request.body) == KEPT
