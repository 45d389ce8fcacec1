"""Cuts large bodies after judging: keeps their beginning as evidence, with the size and the hash of the whole."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from ..model import Cut, Exchange

MOST_KEPT = 256 * 1024
"""The largest body, in bytes, that is kept whole."""

EVIDENCE = 64 * 1024
"""How many bytes of a larger body are kept."""


def cut(exchange: Exchange) -> Exchange:
    """The exchange with its body cut to the size that is kept."""
    if len(exchange.body) <= MOST_KEPT:
        return exchange
    return replace(
        exchange,
        body=exchange.body[:EVIDENCE],
        arrivals=tuple(arrival for arrival in exchange.arrivals if arrival.octets <= EVIDENCE),
        cut=Cut(len(exchange.body), sha256(exchange.body).hexdigest()),
    )
