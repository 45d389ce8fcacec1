"""Whether a request arrives behind a gateway as it was sent in front of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...model import Problem, UndecidedError
from ...wire import MARK
from .. import pointer
from ..registry import check
from ..reply import Reply, few, show
from ..shape import Schemas
from .sides import REQUESTS, TOLD, asked, attempts, behind, compared, wanted

_MODEL = re.compile("^/model$")
_COUNTED = ("stream_options", "include_usage")


@check
def request_reaches_upstream(reply: Reply) -> list[Problem] | None:
    """The request reached the upstream; one that the gateway refuses loudly need not, where that is allowed."""
    exchange = reply.exchange
    if exchange.behind:
        return []
    if exchange.request.leave_after is not None:
        return None  # the client may have left before the gateway asked for anything
    if exchange.request.wants != "success" and exchange.status is not None and 400 <= exchange.status < 500:
        return None
    if exchange.status in (429, 503):
        raise UndecidedError(f"the gateway refused with {exchange.status}, as many do for a while after failures: {show(reply.text, 160)}")
    return [Problem("behind the gateway", "the request", f"nothing; the client got {exchange.status}: {show(reply.text, 120)}")]


@check
def request_keeps_its_endpoint(reply: Reply) -> list[Problem] | None:
    """The request arrives at the endpoint that it was sent to, with the same method."""
    if not reply.exchange.behind:
        return None
    sent, got = reply.exchange.request, reply.exchange.behind[-1].request
    same = (sent.endpoint, sent.method) == (got.endpoint, got.method)
    return [] if same else [Problem("behind the gateway", f"{sent.method} {sent.path}", f"{got.method} {got.path}")]


@check
def request_arrives_as_json(reply: Reply) -> list[Problem] | None:
    """What was JSON arrives as JSON, and its content type says so."""
    upstream = behind(reply)
    if upstream is None or asked(reply.exchange) is None:
        return None
    if asked(upstream.exchange) is None:
        if upstream.exchange.trouble is not None and upstream.exchange.trouble.kind == "refused":
            return None
        return [Problem("behind the gateway, body", "JSON", show(upstream.exchange.request.body.decode(errors="replace")))]
    given = dict(upstream.exchange.request.headers).get("content-type", "absent")
    if given.split(";")[0].strip().lower() != "application/json":
        return [Problem("behind the gateway, header content-type", "application/json", given)]
    return []


@check
def request_keeps(
    reply: Reply,
    schemas: Schemas,
    faults: Sequence[str],
    known: bool | None = None,
) -> list[Problem] | None:
    """The request's body arrives without these kinds of difference, at places that the protocol names (``known``), or at others."""
    upstream = behind(reply)
    if upstream is None:
        return None
    sent, got = asked(reply.exchange), asked(upstream.exchange)
    if not isinstance(sent, dict) or not isinstance(got, dict):
        return None
    found = compared(_without_defaults(sent), _without_defaults(got), _MODEL)
    # A gateway may want to know the usage for itself; whether the client then gets one is seen in the reply.
    content = [("behind the gateway", one) for one in found if not (one.path == _COUNTED and one.expected is False)]
    return wanted(content, reply.exchange.request.endpoint, schemas, faults, known)


@check
def request_stays_valid(reply: Reply, schemas: Schemas) -> list[Problem] | None:
    """A request that fits the protocol's schema fits that of the endpoint where it arrives. What names it is left to another rule."""
    exchange = reply.exchange
    if not exchange.behind:
        return None
    last = exchange.behind[-1].request
    sent, got = reply.asked, Reply(exchange.behind[-1]).asked
    here, there = REQUESTS.get(exchange.request.endpoint), REQUESTS.get(last.endpoint)
    rules = schemas.tolerant()  # members that the protocol does not name are other rules'
    if here is None or there is None or not got or not rules.is_valid(here, sent):
        return None
    told = {one.path for one in compared(sent, got, _MODEL) if one.kind in TOLD} if here == there else set()
    wrong = rules.errors(there, got)
    return few([Problem(f"{last.path} {pointer.text(path) or '/'}", one.expected, one.got) for path, one in wrong if path not in told])


def _without_defaults(body: dict[str, Any]) -> dict[str, Any]:
    """A body without what means the same when it is absent: a stream that is not asked for."""
    return {name: value for name, value in body.items() if (name, value) != ("stream", False)}


@check
def client_key_stays(reply: Reply) -> list[Problem] | None:
    """The key that the client shows to the gateway does not travel on to the upstream."""
    if not any(MARK in value for _, value in reply.exchange.request.headers):
        return None
    if not reply.exchange.behind:
        return None
    return [
        Problem(f"{place}, header {name}", "without the client's key", "contains it")
        for place, attempt in attempts(reply)
        for name, value in attempt.request.headers
        if MARK in value
    ]


@check
def connection_headers_stay(reply: Reply) -> list[Problem] | None:
    """Headers that are for the next hop alone do not travel on: those that ``Connection`` names."""
    named = [value for name, value in reply.exchange.request.headers if name.lower() == "connection"]
    hop = {word.strip().lower() for value in named for word in value.split(",")} - {"keep-alive", "close", ""}
    if not hop or not reply.exchange.behind:
        return None
    return [
        Problem(f"{place}, header {name}", "absent", show(value))
        for place, attempt in attempts(reply)
        for name, value in attempt.request.headers
        if name in hop
    ]
