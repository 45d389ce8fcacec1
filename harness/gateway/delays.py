"""What a gateway adds, in figures: time before the first byte and between the pieces of a stream, and attempts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from ..checks import Reply
from ..model import CaseResult, Exchange


def added(results: Iterable[CaseResult]) -> Iterator[str]:
    """Sentences about a run from both sides of a gateway; none about any other."""
    # Requests that were sent many at once wait for each other.
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
        yield f"{_ms(in_)} before the upstream has a request, {_ms(out)} before the client has the first piece of its reply (medians)"
    if pieces:
        yield f"{_ms(pieces)} for each chunk of a paced stream (median of {len(pieces):,}), {max(pieces) * 1000:.0f} ms at most"
    several = [exchange for exchange in exchanges if len(exchange.behind) > 1]
    if several:
        attempts = sum(len(exchange.behind) - 1 for exchange in several)
        yield f"{attempts} more attempts at the upstream, for {len(several)} of {len(exchanges):,} requests"


def stray(unmatched: list[str]) -> Iterator[str]:
    """What reached the upstream and could not be told apart: said, not guessed."""
    if unmatched:
        kinds = ", ".join(dict.fromkeys(unmatched))
        yield f"{len(unmatched)} requests reached the upstream without a sign of whose they were: {kinds}"


MANY = 10
"""So many requests of one case are many at once."""

PACED = 0.5
"""A stream of so many seconds, at least, was paced."""


def _between(exchange: Exchange, attempt: Exchange) -> list[float]:
    """For each chunk of a paced stream, how long it was on its way."""
    sent, got = Reply(attempt), Reply(exchange)
    if attempt.seconds < PACED or exchange.request.read_pause or not sent.is_event_stream or not got.is_event_stream:
        return []
    if len(sent.payloads) != len(got.payloads) or exchange.started_at is None or attempt.started_at is None:
        return []
    begun = exchange.started_at - attempt.started_at
    return [begun + one.seconds - other.seconds for one, other in zip(got.payloads, sent.payloads, strict=True)]


def _ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ms"
