"""Decides whether an endpoint offers a feature, from probes, parent features and the profile. Nothing else decides this."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from ..catalog import Catalog
from ..checks import Reply, says_unsupported, show
from ..model import Exchange, Feature, Probe
from .inconclusive import shortage_of


class ProbeStep(NamedTuple):
    """What decides about a feature: a step of a case; without a name its last one."""

    case: str
    step: str | None = None


Probing: TypeAlias = Generator[ProbeStep, Exchange | None, str | None]
"""Yields what decides, receives its exchange (or ``None``), and returns the reason for absence (or ``None``)."""

NOT_THERE = frozenset({404, 405, 501})
"""Statuses of a route that does not exist."""

_OTHER_MODELS = frozenset({"completions", "embeddings"})
"""The endpoints that often need a model of another kind than chat does."""

_NO_MODEL = re.compile(
    r"\bmodel\b[^.]{0,80}\b(?:not found|(?:does not|doesn't) exist|not exist)|\b(?:unknown|no such) model\b", re.IGNORECASE
)

NO_KEY = "the run has no key"

_KEY_HEADERS = frozenset({"authorization", "api-key", "x-api-key"})


def carries_key(headers: Iterable[str]) -> bool:
    """Whether one of these request headers, by lower-case name, carries the run's key."""
    return not _KEY_HEADERS.isdisjoint(headers)


NO_WINDOW = "the model's context window is not known, or is large: --context-window N names it"


def unjudgeable(*, has_key: bool, context_window: int | None) -> dict[str, str]:
    """The features that a run cannot judge for want of something of its own, with the reason."""
    found = {} if has_key else {"auth": NO_KEY}
    return found if context_window is not None else {**found, "context-window": NO_WINDOW, "responses.context-window": NO_WINDOW}


def absence(catalog: Catalog, name: str, lacking: Mapping[str, str]) -> Probing:
    """Why a feature is not offered, or ``None``. A generator: the caller supplies the probes' exchanges, sent now or recorded.

    ``lacking`` has what the run cannot judge, with the reason.
    """
    feature = catalog.features[name]
    if name in lacking:
        return lacking[name]
    if (reason := catalog.profile.lack_of(name)) is not None:
        return reason
    if feature.needs is not None and (reason := (yield from absence(catalog, feature.needs, lacking))) is not None:
        return reason
    if feature.any_of:
        return (yield from _none_of(catalog, feature, lacking))
    if feature.probe is None or name in catalog.profile.demands:
        return None
    told = None
    for case in feature.probe.cases:
        last = yield ProbeStep(case, feature.probe.succeeds)
        if last is None or not shows_absence(feature.probe, last):
            return None
        told = told or _told(case, last)
    return told


def shows_absence(probe: Probe, exchange: Exchange) -> bool:
    """Whether a reply to a probe shows that its feature is absent.

    A refusal alone proves nothing: the route must be missing, or the refusal must say that the feature is not supported, or name
    the member that requests it. Where a feature is a whole endpoint, a refusal that names a member of its request is about that member.
    A 403 is about the account. An error that names the model is about the model, and text completions and embeddings may have no other.
    """
    reply, status = Reply(exchange), exchange.status or 0
    if probe.taken:
        return status == 200 and "error" not in reply.object
    if probe.lacks is not None:
        return exchange.header(probe.lacks) is None
    if probe.succeeds is not None:
        return status >= 300 and status not in (401, 403, 408, 429)
    if status < 400 or status in (401, 403, 408, 409, 429) or shortage_of(reply) is not None:
        return False
    if is_about_the_model(reply):
        return exchange.request.endpoint in _OTHER_MODELS and not probe.members
    if status in NOT_THERE:
        return True
    if status >= 500 or _is_about_another_member(reply, probe.members):
        return False
    return bool(says_unsupported(reply)) or any(_names(reply, member) for member in probe.members)


def _is_about_another_member(reply: Reply, members: tuple[str, ...]) -> bool:
    """Whether a refusal names a member of its request that does not ask for the feature. A whole endpoint has no such members."""
    if not members:
        return any(_names(reply, member) for member in reply.asked if member != "model")
    error = reply.object.get("error")
    named = error.get("param") if isinstance(error, dict) else None
    first = re.split(r"[.\[]", named)[0] if isinstance(named, str) else ""
    return first in reply.asked and first not in {"model", *(member.split(".")[0] for member in members)}


def is_about_the_model(reply: Reply) -> bool:
    """Whether an error says that the model does not exist."""
    error = reply.object.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code == "model_not_found" or bool(_NO_MODEL.search(_words(reply)))


def _words(reply: Reply) -> str:
    """The text of an error, from wherever the reply has it; at most a thousand characters."""
    error = reply.object.get("error")
    said = error.get("message") if isinstance(error, dict) else error
    return (said if isinstance(said, str) else reply.text)[:1000]


def _names(reply: Reply, member: str) -> bool:
    """Whether a refusal names the member itself, not something inside its value."""
    error = reply.object.get("error")
    if isinstance(error, dict) and isinstance(error.get("param"), str):
        return bool(error["param"] == member)
    detail = reply.object.get("detail")
    places = [item.get("loc") for item in detail if isinstance(item, dict)] if isinstance(detail, list) else []
    if places:
        return any(isinstance(place, list) and place and place[-1] == member for place in places)
    return bool(re.search(rf"(?<![\w./]){re.escape(member)}(?![\w/]|\.\w|\[)", _words(reply)))


def _told(case: str, exchange: Exchange) -> str:
    """The evidence of an absence, with the server's own words."""
    request, reply = exchange.request, Reply(exchange)
    words = " ".join(_words(reply).split()) if (exchange.status or 0) >= 400 else ""
    said = f": {show(words, 120)}" if words else ""
    return f"{request.method} {request.path} was answered with {exchange.status} ({case}){said}"


def _none_of(catalog: Catalog, feature: Feature, lacking: Mapping[str, str]) -> Probing:
    """Why none of the ``any_of`` features is offered, or ``None``."""
    reasons: dict[str, None] = {}
    for other in feature.any_of:
        reason = yield from absence(catalog, other, lacking)
        if reason is None:
            return None
        reasons[reason] = None
    return "; ".join(reasons)


def deciding(exchanges: Mapping[str, Exchange], step: str | None) -> Exchange | None:
    """The exchange of a step; without a step, the last one that is no clean-up. ``None`` if there is none."""
    if step is not None:
        return exchanges.get(step)
    return next((exchange for exchange in reversed(list(exchanges.values())) if not exchange.is_clean_up), None)


def absence_by(exchange_of: Callable[[ProbeStep], Exchange | None], probing: Probing) -> str | None:
    """Decide an absence with exchanges that exist already, looked up by the probe's case and step."""
    try:
        case = next(probing)
        while True:
            case = probing.send(exchange_of(case))
    except StopIteration as settled:
        return None if settled.value is None else str(settled.value)
