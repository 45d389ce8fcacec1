"""A stream's arrival over time, as a small drawing and one sentence: did it really stream, or come in one lump?"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from ...checks import JOINED, LEAST_CHUNKS, LEAST_SECONDS, LUMP, Reply
from .markup import text

WIDTH, HEIGHT = 1_000, 36
"""The drawing's own units; it is stretched to the width it is given."""


def timeline(reply: Reply, marked: Collection[int]) -> str:
    """A figure of when the events of a stream arrived, those ``marked`` standing out; empty where no time was recorded."""
    times = arrival_times(reply)
    total = max(reply.exchange.seconds, *times.values(), 0.0) if times else 0.0
    if total <= 0:
        return ""
    first = reply.exchange.arrivals[0].seconds
    tone, sentence = judgement(reply, times, total)
    end = max(times.values())
    waited = f'<rect class="waited" x="0" y="12" width="{_x(first, total)}" height="12"/>'
    flowed = f'<rect class="flowed" x="{_x(first, total)}" y="12" width="{max(_x(end - first, total), 1)}" height="12"/>'
    # Ticks that would cover each other are drawn once; the marked ones last, on top.
    plain = dict.fromkeys(_tick(seconds, total, "") for number, seconds in times.items() if number not in marked)
    loud = dict.fromkeys(_tick(seconds, total, " bad") for number, seconds in times.items() if number in marked)
    return (
        f'<figure class="timeline"><figcaption class="{tone}-ink">{text(sentence)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{waited}{flowed}{''.join([*plain, *loud])}</svg>"
        f'<p class="axis"><span>sent</span><span>first byte after {duration(first)}</span>'
        f"<span>end after {duration(total)}</span></p></figure>"
    )


def arrival_times(reply: Reply) -> dict[int, float]:
    """When the last byte of each event arrived, in seconds after the request, by event number; empty where that was not recorded."""
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


def duration(seconds: float) -> str:
    """A time that is easy to read."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def _x(seconds: float, total: float) -> int:
    return round(max(0.0, min(seconds / total, 1.0)) * WIDTH)


def _tick(seconds: float, total: float, kind: str) -> str:
    x = min(max(_x(seconds, total), 1), WIDTH - 1)
    return f'<path class="tick{kind}" d="M{x} {0 if kind else 6}V{HEIGHT if kind else 30}"/>'
