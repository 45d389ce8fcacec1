"""Puts a token into requests that go through a gateway, and trims very large requests after judging."""

from __future__ import annotations

import base64
import random
from dataclasses import replace

from ..model import Exchange, Request
from .upstream.attempt_log import HEADER, PLACEHOLDER

KEPT = 64 * 1024
"""The bytes kept of a judged body that is longer than ``LARGE`` bytes."""

LARGE = 1024 * 1024

BLOB = b"$blob"
BLOB_SIZE = 10_000_000
"""The number of base64 characters that replace ``$blob`` in a request."""


def marked(request: Request, token: str) -> Request:
    """A request with its token in a header and in place of every placeholder in the body."""
    body = request.body.replace(PLACEHOLDER.encode(), token.encode())
    if BLOB in body:
        body = body.replace(BLOB, base64.b64encode(random.Random(0).randbytes(BLOB_SIZE * 3 // 4)))  # noqa: S311 - no secret
    return replace(request, headers=(*request.headers, (HEADER, token)), body=body)


def token_of(request: Request) -> str | None:
    """The token of a request sent through a gateway; ``None`` for any other."""
    return next((value for name, value in request.headers if name == HEADER), None)


def trimmed(exchange: Exchange) -> Exchange:
    """A judged exchange, with very large request bodies cut."""
    behind = tuple(trimmed(attempt) for attempt in exchange.behind)
    if len(exchange.request.body) <= LARGE:
        return replace(exchange, behind=behind)
    return replace(exchange, request=replace(exchange.request, body=exchange.request.body[:KEPT]), behind=behind)


def is_trimmed(exchange: Exchange) -> bool:
    """Whether the request body is cut, so that the exchange cannot be judged again."""
    return token_of(exchange.request) is not None and len(exchange.request.body) == KEPT
