"""What may be said of the time that replies take: only that one waits for another."""

from __future__ import annotations

from ...model import Problem
from ..registry import check
from ..reply import Reply

LEAST_WAIT = 0.5
"""A wait of fewer seconds cannot be told from the net's own moods, and hurts nobody."""

MOST_OF = 0.7
"""A wait for so much of what was left is one for it."""

SHORT = 0.15
"""The part of the long reply that the short one is, at most."""


@check
def nobody_waits_for_who_left(whole: Reply, left: Reply, after: Reply, again: Reply, last: Reply) -> list[Problem]:
    """A short request does not wait for the rest of a long reply whose client has left.

    ``whole`` is the long reply, read to its end; ``left`` and ``again`` are the same, left at its first bytes; ``after`` and ``last``
    are the short ones right behind them. Only where both are late is it more than chance.
    """
    begun = max(reply.exchange.arrivals[0].seconds if reply.exchange.arrivals else 0.0 for reply in (whole, left, again))
    rest = whole.exchange.seconds - begun
    usual = begun + rest * SHORT
    waits = [reply.exchange.seconds - usual for reply in (after, last)]
    if rest < LEAST_WAIT or min(waits) < MOST_OF * rest:
        return []
    got = f"{usual + waits[0]:.2f} s and {usual + waits[1]:.2f} s, as if the reply that was left ({rest:.2f} s more) were made to its end"
    return [Problem("time of the next reply", f"about {usual:.2f} s", got)]
