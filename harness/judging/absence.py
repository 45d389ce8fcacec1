"""Whether an endpoint offers a feature: the one reading of probes, of what features are part of, and of what the profile says."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TypeAlias

from ..catalog import Catalog
from ..checks import Reply
from ..model import Exchange, Feature
from .inconclusive import shortage_of

Probing: TypeAlias = Generator[str, Exchange | None, str | None]
"""Yields the case of a probe, is sent its last exchange or ``None`` where there is none, and returns the reason, or ``None``."""

NO_KEY = "the run has no key"

_KEY_HEADERS = frozenset({"authorization", "api-key", "x-api-key"})


def carries_key(headers: Iterable[str]) -> bool:
    """Whether one of these request headers, by lower-case name, is one that carries the key of a run."""
    return not _KEY_HEADERS.isdisjoint(headers)


def absence(catalog: Catalog, name: str, *, has_key: bool) -> Probing:
    """Why a feature is not offered, or ``None``, as a dialogue: whoever asks supplies the probes' exchanges, sent now or recorded."""
    feature = catalog.features[name]
    if name == "auth" and not has_key:
        return NO_KEY
    if (reason := catalog.profile.lack_of(name)) is not None:
        return reason
    if feature.needs is not None and (reason := (yield from absence(catalog, feature.needs, has_key=has_key))) is not None:
        return reason
    if feature.any_of:
        return (yield from _none_of(catalog, feature, has_key=has_key))
    if feature.probe is None or name in catalog.profile.demands:
        return None
    last = yield feature.probe.case
    if last is None or last.status not in feature.probe.status or shortage_of(Reply(last)) is not None:
        return None
    return f"{last.request.method} {last.request.path} was answered with {last.status} ({feature.probe.case})"


def _none_of(catalog: Catalog, feature: Feature, *, has_key: bool) -> Probing:
    """Why none of the features is offered that one stands for."""
    reasons: dict[str, None] = {}
    for other in feature.any_of:
        reason = yield from absence(catalog, other, has_key=has_key)
        if reason is None:
            return None
        reasons[reason] = None
    return "; ".join(reasons)


def absence_by(exchange_of: Callable[[str], Exchange | None], probing: Probing) -> str | None:
    """Settle an absence with exchanges that are there already, by the probe's case."""
    try:
        case = next(probing)
        while True:
            case = probing.send(exchange_of(case))
    except StopIteration as settled:
        return None if settled.value is None else str(settled.value)
