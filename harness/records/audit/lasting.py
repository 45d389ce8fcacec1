"""What is said of many exchanges at the end: repeated ids, shares, counts that never vary, days that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from math import sqrt

from ...model import Data
from .across import FACTS, Across, Day
from .bounded import Bounded, Key, Number
from .examples import EntryPlace

LEAST = 100
"""In at least so many exchanges on both sides a difference is looked for."""

LEAST_COUNTS = 20
"""A count that never varied in so many replies is told."""

LEAST_SPREAD = 200
"""So many characters apart must be what was counted, and the longest at least twice the shortest."""

SURE = 5.0
"""How many standard errors two shares must lie apart, and with ``LEAST_POINTS`` how far, to be told."""

LEAST_POINTS = 0.05
LEAST_RATIO = 1.5
SHOWN = 5
MOST = 200

MEASURES = {
    "refused": "exchanges",
    "failed": "exchanges",
    "missed": "exchanges",
    "cut_short": "finished",
    "called": "finished",
}
"""Shares of a day, each of what."""

MEANS = {"tokens": "measured", "microseconds": "timed"}


def lasting(across: Across, placed: Callable[[EntryPlace], str]) -> dict[str, Data]:
    """All of it, for the report."""
    return {
        "ids": _ids(across, placed),
        "shares": _shares(across.shares),
        "never_varying": list(_never_varying(across)),
        "days": [_day(key, day) for key, day in across.days.items()][:MOST],
        "drift": list(_drift(across.days))[:MOST],
    }


def _ids(across: Across, placed: Callable[[EntryPlace], str]) -> list[Data]:
    """For each host and route how many ids were followed, and which of them different replies share."""
    found = []
    for (host, route), group in groupby(across.ids.items(), key=lambda item: item[0][:2]):
        seen = [one for _, one in group]
        repeated = sorted((one for one in seen if one.repeats), key=lambda one: one.first or EntryPlace("", 0, 0, 0, 0))
        examples = [[placed(one.first), placed(one.last)] for one in repeated[:SHOWN] if one.first and one.last]
        found.append(
            {
                "host": host,
                "route": route,
                "followed": len(seen),
                "repeated": len(repeated),
                "replies": sum(one.count for one in repeated),
                "logged_again": sum(one.count - 1 for one in seen if not one.repeats),
                "examples": examples,
            }
        )
    return [{**one, "is_sample": across.ids.rest.count > 0} for one in found]


def _shares(shares: Bounded[Number]) -> list[Data]:
    """Statuses and finish reasons of each model at each host and route, in numbers."""
    found: dict[Key, dict[str, dict[str, int]]] = {}
    for (host, model, route, what, name), number in shares.items():
        found.setdefault((host, model, route), {"status": {}, "finish": {}})[str(what)][str(name)] = number.value
    told: list[Data] = [{"host": host, "model": model, "route": route, **counted} for (host, model, route), counted in found.items()]
    return told[:MOST]


def _never_varying(across: Across) -> Iterator[Data]:
    """Counts of tokens that were always the same although what they count was not."""
    for (host, model, route, name), span in across.spans.items():
        if span.count < LEAST_COUNTS or span.tokens is None or span.length is None:
            continue
        short, long = span.length
        if span.tokens[0] == span.tokens[1] and long - short >= LEAST_SPREAD and long >= 2 * short:
            told = {"host": host, "model": model, "route": route, "member": name, "replies": span.count}
            yield {**told, "tokens": span.tokens[0], "lengths": [short, long]}


def _day(key: Key, day: Day) -> Data:
    return {**dict(zip(("host", "model", "route", "day"), key, strict=True)), **dict(zip(FACTS, day.sums, strict=True))}


def _drift(days: Bounded[Day]) -> Iterator[Data]:
    """The days on which a model did otherwise than on its other days."""
    for (host, model, route), group in groupby(days.items(), key=lambda item: item[0][:3]):
        told = [(str(key[3]), dict(zip(FACTS, day.sums, strict=True))) for key, day in group]
        whole = {fact: sum(sums[fact] for _, sums in told) for fact in FACTS}
        for day, sums in told:
            others = {fact: whole[fact] - sums[fact] for fact in FACTS}
            for measure, here, there in _differences(sums, others):
                yield {"host": host, "model": model, "route": route, "day": day, "measure": measure, "here": here, "other_days": there}


def _differences(one: Mapping[str, int], other: Mapping[str, int]) -> Iterator[tuple[str, float, float]]:
    """The measures in which two sums of days differ by more than chance."""
    for part, of in (*MEASURES.items(), *MEANS.items()):
        if min(one[of], other[of]) < LEAST:
            continue
        here, there = one[part] / one[of], other[part] / other[of]
        if part in MEANS:
            differs = max(here, there) > LEAST_RATIO * min(here, there)
        else:
            both = (one[part] + other[part]) / (one[of] + other[of])
            error = sqrt(both * (1 - both) * (1 / one[of] + 1 / other[of]))
            differs = abs(here - there) >= max(LEAST_POINTS, SURE * error)
        if differs:
            yield part, round(here, 4), round(there, 4)
