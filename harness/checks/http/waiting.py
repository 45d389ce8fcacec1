"""The one thing that the time of replies can show: that one request waits for another."""

from __future__ import annotations

from ...model import Problem
from ..registry import check
from ..reply import Reply

LEAST_WAIT = 0.5
"""Shorter waits, in seconds, cannot be told from network jitter and hurt nobody."""

MOST_OF = 0.7
"""A request that waits for at least this share of the abandoned reply's remaining time is waiting for it."""

SHORT = 0.15
"""The short reply takes at most this share of the long one's time."""


@check
def nobody_waits_for_who_left(whole: Reply, left: Reply, after: Reply, again: Reply, last: Reply) -> list[Problem]:
    """A short request does not wait for the rest of a long reply whose client has left.

    ``whole`` is the long reply, read to its end. ``left`` and ``again`` are the same request, abandoned at the first bytes. ``after`` and
    ``last`` are the short requests right after them. A problem is reported only if both are late, to exclude chance.
    """
    begun = max(reply.exchange.arrivals[0].seconds if reply.exchange.arrivals else 0.0 for reply in (whole, left, again))
    rest = whole.exchange.seconds - begun
    usual = begun + rest * SHORT
    waits = [reply.exchange.seconds - usual for reply in (after, last)]
    if rest < LEAST_WAIT or min(waits) < MOST_OF * rest:
        return []
    got = f"{usual + waits[0]:.2f} s and {usual + waits[1]:.2f} s, as if the endpoint finished the abandoned reply ({rest:.2f} s more)"
    return [Problem("time of the next reply", f"about {usual:.2f} s", got)]
