"""The upstream gets the request that the client sent."""

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
    """The request reaches the upstream. The gateway may refuse it with a 4xx status if the case allows a refusal."""
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
    """The request arrives at the same endpoint, with the same method."""
    if not reply.exchange.behind:
        return None
    sent, got = reply.exchange.request, reply.exchange.behind[-1].request
    same = (sent.endpoint, sent.method) == (got.endpoint, got.method)
    return [] if same else [Problem("behind the gateway", f"{sent.method} {sent.path}", f"{got.method} {got.path}")]


@check
def request_arrives_as_json(reply: Reply) -> list[Problem] | None:
    """A JSON request arrives as JSON, with the JSON content type."""
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
    """The request's body arrives without these kinds of difference: in members of the protocol (``known``), or in others."""
    upstream = behind(reply)
    if upstream is None:
        return None
    sent, got = asked(reply.exchange), asked(upstream.exchange)
    if not isinstance(sent, dict) or not isinstance(got, dict):
        return None
    found = compared(_without_defaults(sent), _without_defaults(got), _MODEL)
    # A gateway may ask for usage for itself. Checks of the reply judge whether the client gets it too.
    content = [("behind the gateway", one) for one in found if not (one.path == _COUNTED and one.expected is False)]
    return wanted(content, reply.exchange.request.endpoint, schemas, faults, known)


@check
def request_stays_valid(reply: Reply, schemas: Schemas) -> list[Problem] | None:
    """If the client's request is valid, so is the upstream's, at its endpoint. Differences that other checks report are left out."""
    exchange = reply.exchange
    if not exchange.behind:
        return None
    last = exchange.behind[-1].request
    sent, got = reply.asked, Reply(exchange.behind[-1]).asked
    here, there = REQUESTS.get(exchange.request.endpoint), REQUESTS.get(last.endpoint)
    rules = schemas.tolerant()  # other checks judge members that the protocol does not name
    if here is None or there is None or not got or not rules.is_valid(here, sent):
        return None
    reported = {one.path for one in compared(sent, got, _MODEL) if one.kind in TOLD} if here == there else set()
    wrong = rules.errors(there, got)
    return few([Problem(f"{last.path} {pointer.text(path) or '/'}", one.expected, one.got) for path, one in wrong if path not in reported])


def _without_defaults(body: dict[str, Any]) -> dict[str, Any]:
    """A body without ``stream: false``, which means the same when absent."""
    return {name: value for name, value in body.items() if (name, value) != ("stream", False)}


@check
def client_key_stays(reply: Reply) -> list[Problem] | None:
    """The gateway does not pass the client's key on to the upstream."""
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
    """The gateway does not forward hop-by-hop headers: those that ``Connection`` names."""
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
