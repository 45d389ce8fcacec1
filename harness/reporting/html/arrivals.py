"""Draws a stream's arrival times and says in one sentence whether it really streamed or came in one lump."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...checks import JOINED, LEAST_CHUNKS, LEAST_SECONDS, LUMP, Reply
from .drawing import duration

WIDTH = 1_000
"""The drawing's width in its own units; the page stretches it."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When the parts of a stream arrived: the first byte, the last event, the end, and the drawing's lengths in its own units.

    ``ticks`` are the positions of events, ``loud_ticks`` those of events with a problem.
    """

    tone: str
    sentence: str
    first: float
    total: float
    waited: int
    flowed: int
    ticks: Sequence[int]
    loud_ticks: Sequence[int]


def arrivals(reply: Reply, marked: Collection[int]) -> Arrivals | None:
    """When the events of a stream arrived, with ``marked`` ones highlighted; ``None`` if no times were recorded."""
    times = arrival_times(reply)
    total = max(reply.exchange.seconds, *times.values(), 0.0) if times else 0.0
    if total <= 0:
        return None
    first = reply.exchange.arrivals[0].seconds
    tone, sentence = judgement(reply, times, total)
    flowed = max(_x(max(times.values()) - first, total), 1)
    # Ticks that would overlap are drawn once.
    quiet = dict.fromkeys(_tick(seconds, total) for number, seconds in times.items() if number not in marked)
    loud = dict.fromkeys(_tick(seconds, total) for number, seconds in times.items() if number in marked)
    return Arrivals(tone, sentence, first, total, _x(first, total), flowed, list(quiet), list(loud))


def arrival_times(reply: Reply) -> dict[int, float]:
    """When the last byte of each event arrived, in seconds after the request, by event number; empty if not recorded."""
    arrivals = reply.exchange.arrivals
    times: dict[int, float] = {}
    at = 0
    for event in reply.stream.events if arrivals else ():
        while at < len(arrivals) - 1 and arrivals[at].octets < event.stop:
            at += 1
        times[event.number] = arrivals[at].seconds
    return times


def judgement(reply: Reply, times: dict[int, float], total: float) -> tuple[str, str]:
    """A tone and a sentence about how a stream arrived, by the rule of the check that judges it."""
    moments = list(times.values())
    reads, spread = len(set(moments)), moments[-1] - moments[0]
    events = f"{len(times):,} event{'s' if len(times) > 1 else ''}"
    if min(len(reply.payloads), len(moments)) < LEAST_CHUNKS:
        return "plain", f"{events}, too few to tell whether they were streamed; the reply took {duration(total)}."
    if total < LEAST_SECONDS:
        return "plain", f"{events} in {reads:,} reads; the whole reply took {duration(total)}, too short to tell whether it was streamed."
    if spread < LUMP * total and reads * JOINED <= len(times):
        return "bad", f"In one lump: {events} in {reads:,} read{'s' if reads > 1 else ''}, within {duration(spread)} of {duration(total)}."
    gap, number = max((later - earlier, number + 2) for number, (earlier, later) in enumerate(pairwise(moments)))
    return "good", f"Streamed: {events} in {reads:,} reads over {duration(spread)}; longest gap {duration(gap)}, before event {number:,}."


def _x(seconds: float, total: float) -> int:
    return round(max(0.0, min(seconds / total, 1.0)) * WIDTH)


def _tick(seconds: float, total: float) -> int:
    return min(max(_x(seconds, total), 1), WIDTH - 1)
