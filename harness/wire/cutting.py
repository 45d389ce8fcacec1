"""Large bodies, once they were judged: their beginning is kept as evidence, with the size and the hash of the whole."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from ..model import Cut, Exchange

MOST_KEPT = 256 * 1024
"""A body of so many bytes is kept whole."""

EVIDENCE = 64 * 1024
"""So many bytes are kept of a larger one."""


def cut(exchange: Exchange) -> Exchange:
    """The exchange with no more of its body than is kept of it."""
    if len(exchange.body) <= MOST_KEPT:
        return exchange
    return replace(
        exchange,
        body=exchange.body[:EVIDENCE],
        arrivals=tuple(arrival for arrival in exchange.arrivals if arrival.octets <= EVIDENCE),
        cut=Cut(len(exchange.body), sha256(exchange.body).hexdigest()),
    )
