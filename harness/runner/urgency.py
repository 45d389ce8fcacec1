"""Which case is sent first: one that takes long by itself, or that much else waits for, so that no long chain is left for the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from ..catalog import Catalog, cost
from ..model import Case, Step

ALONE = 1_000.0
"""A case that wants the endpoint for itself comes before all others: later it would have to wait until they are through."""

PAUSE = 4.0
"""A request that is repeated until something is done counts as so many."""

STREAM = 0.5
"""So much longer a streamed reply is."""

TOKENS = 200
"""So many tokens take as long as a request."""


def urgencies(catalog: Catalog, alone: Callable[[Case], bool]) -> Mapping[str, float]:
    """For each case, how many requests have to come one after the other from it on: its own, and those of what waits for it."""
    waits = {case.id: set(_awaited(catalog, case)) & catalog.cases.keys() for case in catalog.cases.values()}
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError:
        order = list(catalog.cases)
    lengths = {case.id: _length(case) for case in catalog.cases.values()}
    found = dict(lengths)
    for name in reversed(order):  # who waits comes before what is waited for
        for awaited in waits[name]:
            found[awaited] = max(found[awaited], lengths[awaited] + found[name])
    return {name: number + ALONE * alone(catalog.cases[name]) for name, number in found.items()}


def _length(case: Case) -> float:
    """How many requests of a case have to come one after the other. A streamed one, or one that makes many tokens, is a longer one."""
    lengths = [(1.0 if step.until is None else PAUSE) + STREAM * _is_streamed(step) for step in case.steps]
    return (max(lengths) if case.together else sum(lengths)) + cost.cost_of(case).tokens / TOKENS


def _is_streamed(step: Step) -> bool:
    return isinstance(step.send, dict) and step.send.get("stream") is True


def _awaited(catalog: Catalog, case: Case) -> Iterator[str]:
    """The cases that have to be over before one is sent: the one that it comes after, and the probes of its features."""
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
