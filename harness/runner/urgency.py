"""Decides which case is sent first: slow cases, and those that many others wait for, so that no long chain remains at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from ..catalog import Catalog, cost
from ..model import Case, Step

ALONE = 1_000.0
"""Added for a case that needs the endpoint for itself. It goes first: later it would have to wait for all others to finish."""

PAUSE = 4.0
"""The weight of a request that is polled until something is done."""

STREAM = 0.5
"""The extra weight of a streamed reply."""

TOKENS = 200
"""How many tokens take as long as one request."""


def urgencies(catalog: Catalog, alone: Callable[[Case], bool]) -> Mapping[str, float]:
    """For each case, the length of the longest chain of requests that starts with it: its own, and those of cases that wait for it."""
    waits = {case.id: set(_awaited(catalog, case)) & catalog.cases.keys() for case in catalog.cases.values()}
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError:
        order = list(catalog.cases)
    lengths = {case.id: _length(case) for case in catalog.cases.values()}
    found = dict(lengths)
    for name in reversed(order):  # waiting cases come before those they wait for
        for awaited in waits[name]:
            found[awaited] = max(found[awaited], lengths[awaited] + found[name])
    return {name: number + ALONE * alone(catalog.cases[name]) for name, number in found.items()}


def _length(case: Case) -> float:
    """How many requests of a case are sent one after the other. Streaming and many tokens count extra."""
    lengths = [(1.0 if step.until is None else PAUSE) + STREAM * _is_streamed(step) for step in case.steps]
    return (max(lengths) if case.together else sum(lengths)) + cost.cost_of(case).tokens / TOKENS


def _is_streamed(step: Step) -> bool:
    return isinstance(step.send, dict) and step.send.get("stream") is True


def _awaited(catalog: Catalog, case: Case) -> Iterator[str]:
    """The cases that must finish before this one is sent: the one it comes after, and the probes of its features."""
    if case.after is not None:
        yield case.after
    names, seen = [case.feature, *case.also], set[str]()
    while names:
        name = names.pop()
        feature = catalog.features.get(name)
        if feature is None or name in seen:
            continue
        seen.add(name)
        names += [*([feature.needs] if feature.needs is not None else []), *feature.any_of]
        if feature.probe is not None and case.id not in feature.probe.cases:
            yield from feature.probe.cases
