"""Decides whether a requirement applies. Only this module interprets ``when``, for recorded exchanges and for steps not sent yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..checks import Reply, same_json, select
from ..model import Data, Json, Requirement, Step, When
from .endpoints import FREE_FORM

ANY = "any"
"""Stands in ``when`` for every endpoint of the API."""

JSON_REPLIES = "json"
"""Stands in ``when`` for every endpoint whose good replies are JSON."""


class ExchangeKind(NamedTuple):
    """What ``when`` matches in an exchange, apart from the members of its request."""

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
    """Whether a requirement judges exchanges of this kind, if its conditions on request members (``asks``) are met too."""
    return (
        _is_named(kind.endpoint, when.endpoint)
        and (not when.method or kind.method in when.method)
        and (not when.wants or kind.wants in when.wants)
        and (kind.whole or not when.complete)
        and (not when.status or _has_status(kind.status, when.status))
        and (when.streamed is None or when.streamed == kind.streamed)
        and (when.event_stream is None or when.event_stream == kind.event_stream)
    )


def asks_for(when: When, body: Json) -> bool:
    """Whether a request's body has the members, by dotted path, that ``when.asks`` names.

    ``*`` stands for any item or member, and one match is enough. ``null`` means that the member is absent or null.
    """
    return not when.asks or all(any(same_json(value, given) for given in _given(body, member)) for member, value in when.asks.items())


def may_show(requirement: Requirement, step: Step) -> bool:
    """Whether a requirement may judge the exchange of a step, before the reply is known."""
    when = requirement.when
    if when is None:
        return False
    fields = {str(part["name"]): part["value"] for part in step.form if "value" in part}
    sent = step.send if isinstance(step.send, dict) else fields
    return (
        _is_named(step.endpoint, when.endpoint)
        and (not when.method or step.method in when.method)
        and (not when.wants or step.wants in when.wants)
        and (when.streamed is None or when.streamed == _asks_for_stream(sent, step.query))
        and (not when.status or any(_may_be(status, step) for status in when.status))
        and asks_for(when, sent)
    )


def _asks_for_stream(sent: Mapping[str, Data], query: Mapping[str, Data]) -> bool:
    """Whether a request asks for a stream, in its body, its form or its query."""
    return bool(sent.get("stream") or query.get("stream") or sent.get("stream_format") == "sse")


def _given(body: Json, member: str) -> Iterator[Json]:
    """The values at a dotted path; a single ``None`` if there are none."""
    found = [given for _, given in select(body, "/" + member.replace(".", "/"))]
    yield from found or [None]


def _is_named(endpoint: str, wanted: tuple[str, ...]) -> bool:
    """Whether an endpoint is one of those named."""
    if not wanted or endpoint in wanted:
        return True
    return endpoint != "other" and (ANY in wanted or (JSON_REPLIES in wanted and endpoint not in FREE_FORM))


def _has_status(status: int | None, wanted: tuple[str, ...]) -> bool:
    """Whether a status matches one of these: exact ones such as ``200``, or classes such as ``2xx``."""
    return status is not None and (str(status) in wanted or f"{status // 100}xx" in wanted)


def _may_be(status: str, step: Step) -> bool:
    """Whether a step may get a reply with this status."""
    return step.wants == "either" or (status[0] in "23") == (step.wants == "success")
