"""Measures what a gateway adds: time before the first byte, time for each chunk of a stream, and extra attempts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from ..checks import Reply
from ..model import CaseResult, Exchange


def added(results: Iterable[CaseResult]) -> Iterator[str]:
    """Yield the measurements of a run through a gateway, one sentence each; nothing for any other run."""
    # Requests that are sent many at once wait for each other.
    exchanges = [exchange for result in results if len(result.exchanges) < MANY for exchange in result.exchanges if exchange.behind]
    if not exchanges:
        return
    in_, out, pieces = [], [], []
    for exchange in exchanges:
        attempt = exchange.behind[-1]
        if exchange.started_at is None or attempt.started_at is None or len(exchange.behind) > 1 or attempt.trouble or exchange.trouble:
            continue
        in_.append(attempt.started_at - exchange.started_at)
        if exchange.arrivals and attempt.arrivals:
            out.append(exchange.started_at + exchange.arrivals[0].seconds - attempt.started_at - attempt.arrivals[0].seconds)
        pieces += _between(exchange, attempt)
    if in_ and out:
        yield f"{_ms(in_)} added to a request on its way to the upstream, {_ms(out)} to the first bytes of its reply (medians)"
    if pieces:
        yield f"{_ms(pieces)} added to each chunk of a paced stream (median of {len(pieces):,}), {max(pieces) * 1000:.0f} ms at most"
    several = [exchange for exchange in exchanges if len(exchange.behind) > 1]
    if several:
        attempts = sum(len(exchange.behind) - 1 for exchange in several)
        yield f"{attempts} extra attempts at the upstream, for {len(several)} of {len(exchanges):,} requests"


def stray(unmatched: list[str]) -> Iterator[str]:
    """Report the upstream's requests that match no request of the run."""
    if unmatched:
        kinds = ", ".join(dict.fromkeys(unmatched))
        yield f"{len(unmatched)} requests reached the upstream without a token and could not be matched: {kinds}"


MANY = 10
"""A case with this many requests sends them many at once; it is not measured."""

PACED = 0.5
"""A stream that takes at least this many seconds is paced."""


def _between(exchange: Exchange, attempt: Exchange) -> list[float]:
    """The seconds that each chunk of a paced stream took through the gateway."""
    sent, got = Reply(attempt), Reply(exchange)
    if attempt.seconds < PACED or exchange.request.read_pause or not sent.is_event_stream or not got.is_event_stream:
        return []
    if len(sent.payloads) != len(got.payloads) or exchange.started_at is None or attempt.started_at is None:
        return []
    begun = exchange.started_at - attempt.started_at
    return [begun + one.seconds - other.seconds for one, other in zip(got.payloads, sent.payloads, strict=True)]


def _ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ms"
