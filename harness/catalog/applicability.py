"""Whether a requirement applies: the one reading of ``when``, for exchanges that were recorded and for steps not sent yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..checks import Reply, same_json, select
from ..model import Json, Requirement, Step, When

ANY = "any"
"""The endpoint in ``when`` that stands for all that the API has."""


class ExchangeKind(NamedTuple):
    """What ``when`` asks about an exchange, but for the members of its request."""

    endpoint: str
    method: str
    wants: str | None
    whole: bool
    status: int | None
    streamed: bool
    event_stream: bool


def kind_of(reply: Reply) -> ExchangeKind:
    """The kind of an exchange."""
    request, status = reply.exchange.request, reply.exchange.status
    return ExchangeKind(request.endpoint, request.method, request.wants, reply.whole, status, reply.is_to_stream, reply.is_event_stream)


def matches(when: When, kind: ExchangeKind) -> bool:
    """Whether a requirement judges exchanges of this kind, as far as that can be told without the request's members."""
    return (
        _is_named(kind.endpoint, when.endpoint)
        and (not when.method or kind.method in when.method)
        and (when.wants is None or when.wants == kind.wants)
        and (kind.whole or not when.complete)
        and (not when.status or _has_status(kind.status, when.status))
        and (when.streamed is None or when.streamed == kind.streamed)
        and (when.event_stream is None or when.event_stream == kind.event_stream)
    )


def asks_for(when: When, body: Json) -> bool:
    """Whether a request's body has the members, by dotted path, that ``when.asks`` names.

    ``*`` stands for any item or member, and one that has the value is enough. ``null`` means that the member is absent or null.
    """
    return not when.asks or all(any(same_json(value, given) for given in _given(body, member)) for member, value in when.asks.items())


def may_show(requirement: Requirement, step: Step) -> bool:
    """Whether the exchange of a step may be one that a requirement judges, before its reply is known."""
    when = requirement.when
    if when is None:
        return False
    sent = step.send if isinstance(step.send, dict) else {}
    return (
        _is_named(step.endpoint, when.endpoint)
        and (not when.method or step.method in when.method)
        and when.wants in (None, step.wants)
        and (when.streamed is None or when.streamed == bool(sent.get("stream") or step.query.get("stream")))
        and (not when.status or any(_may_be(status, step) for status in when.status))
        and asks_for(when, sent)
    )


def _given(body: Json, member: str) -> Iterator[Json]:
    """The values that stand where a dotted path points; one ``None`` where nothing does."""
    found = [given for _, given in select(body, "/" + member.replace(".", "/"))]
    yield from found or [None]


def _is_named(endpoint: str, wanted: tuple[str, ...]) -> bool:
    """Whether an endpoint is one of those named."""
    return not wanted or endpoint in wanted or (ANY in wanted and endpoint != "other")


def _has_status(status: int | None, wanted: tuple[str, ...]) -> bool:
    """Whether a status is one of ``200`` or of the class ``2xx``."""
    return status is not None and (str(status) in wanted or f"{status // 100}xx" in wanted)


def _may_be(status: str, step: Step) -> bool:
    """Whether a step may be answered with a status."""
    return step.wants == "either" or (status[0] in "23") == (step.wants == "success")
