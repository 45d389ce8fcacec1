"""The client gets the reply that the upstream sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...model import Problem, Request
from .. import pointer
from ..registry import check
from ..reply import NOT_READ, Reply, few, show
from ..shape import Schemas
from .difference import Difference
from .sides import (
    IDENTITY,
    STREAMED,
    TOKEN,
    TOLD,
    WHOLE_REPLIES,
    behind,
    compared,
    documents_of,
    failing,
    served,
    side_by_side,
    sides,
    wanted,
)

_NOTHING = re.compile("(?!)")
_PIECE = re.compile(r"^/choices/\d+/delta/")
_ROLE = re.compile(r"^/choices/\d+/delta/role$")
"""The role may come in a chunk of its own if the gateway splits the stream differently."""


@check
def reply_arrives_whole(reply: Reply) -> list[Problem] | None:
    """A complete upstream reply arrives complete: not cut, stalled or garbled. A gateway that hangs up on a stream cuts it."""
    trouble = reply.exchange.trouble
    upstream = behind(reply)
    hung_up = (
        upstream is not None and upstream.is_event_stream and failing(upstream) == "left" and trouble is not None and trouble.kind == "cut"
    )
    if reply.exchange.request.leave_after is not None or (served(reply) is None and not hung_up):
        return None
    return [] if trouble is None else [Problem("reply", "whole, as the upstream gave it", f"{trouble.kind}: {trouble.text}")]


@check
def success_stays_success(reply: Reply) -> list[Problem] | None:
    """A success status of the upstream arrives unchanged."""
    upstream = served(reply)
    if upstream is None or reply.exchange.status is None:
        return None
    same = reply.exchange.status == upstream.exchange.status
    return [] if same else [Problem("status", str(upstream.exchange.status), f"{reply.exchange.status}: {show(reply.text, 120)}")]


@check
def media_type_stays(reply: Reply) -> list[Problem] | None:
    """A reply keeps its media type: JSON stays JSON, an event stream stays an event stream."""
    upstream = served(reply)
    if upstream is None or not _came(reply):
        return None
    same = reply.media_type == upstream.media_type
    return [] if same else [Problem("header content-type", upstream.media_type, reply.exchange.header("content-type") or "absent")]


@check
def documents_are_json(reply: Reply) -> list[Problem] | None:
    """The upstream's JSON arrives as valid JSON."""
    if served(reply) is None or not _came(reply):
        return None
    if not reply.is_event_stream:
        error = reply.parsed.error
        return [Problem("body", f"JSON ({error})", show(reply.text) or "nothing")] if error is not None and error not in NOT_READ else []
    broken = [p for p in reply.payloads if p.parsed.error is not None and p.parsed.error not in NOT_READ]
    return few([Problem(payload.where, f"JSON ({payload.parsed.error})", show(payload.text)) for payload in broken])


@check
def reply_keeps(
    reply: Reply,
    schemas: Schemas,
    faults: Sequence[str],
    known: bool | None = None,
) -> list[Problem] | None:
    """The reply, or each chunk, arrives without these kinds of difference. ``identity_stays`` judges ids and the like."""
    found = _differences(reply)
    if found is None:
        return None
    content = [(where, one) for where, one in found if not IDENTITY.match(pointer.text(one.path))]
    return wanted(content, reply.exchange.request.endpoint, schemas, faults, known)


@check
def reply_stays_valid(reply: Reply, schemas: Schemas) -> list[Problem] | None:
    """If the upstream's reply fits the protocol's schema, so does the client's. Differences that other checks report are left out.

    This also holds if the gateway translates between endpoints: its reply must fit the endpoint that the client called.
    """
    upstream = Reply(reply.exchange.behind[-1]) if reply.exchange.behind else None
    if upstream is None or failing(upstream) is not None or not _came(reply) or reply.is_event_stream != upstream.is_event_stream:
        return None
    given, schema = (
        (STREAMED if reply.is_event_stream else WHOLE_REPLIES).get(side.exchange.request.endpoint) for side in (upstream, reply)
    )
    if given is None or schema is None:
        return None
    sent, got = (side.event_objects if side.is_event_stream else side.objects for side in (upstream, reply))
    if not all(schemas.is_valid(given, value) for _, value in sent):
        return None
    reported = {(where, one.path) for where, one in _differences(reply) or () if one.kind in TOLD}
    return few(
        [
            Problem(f"{where} {pointer.text(path) or '/'}".strip(), problem.expected, problem.got)
            for where, value in got
            for path, problem in schemas.errors(schema, value)
            if (where, path) not in reported
        ]
    )


@check
def identity_stays(reply: Reply) -> list[Problem] | None:
    """The members that identify a reply are the upstream's. ``model`` may be the name that the client asked for."""
    found = _differences(reply)
    if found is None:
        return None
    asked = reply.asked.get("model")
    return few(
        [
            Problem(f"{where} {pointer.text(one.path)}".strip(), *sides(one))
            for where, one in found
            if IDENTITY.match(pointer.text(one.path))
            and not one.kind.startswith(("null", "added"))
            and not (one.path[-1] == "model" and one.got == asked)
        ]
    )


def _differences(reply: Reply) -> list[tuple[str, Difference]] | None:
    """How a reply's documents differ from the upstream's; ``None`` if they cannot be paired."""
    return reply.once(_find_differences)


def _find_differences(reply: Reply) -> list[tuple[str, Difference]] | None:
    upstream = served(reply)
    if upstream is None or not _came(reply) or reply.is_event_stream != upstream.is_event_stream:
        return None
    sent, got = documents_of(upstream), documents_of(reply)
    if any(value is None for value in got):
        return None
    if not reply.is_event_stream:
        return [("", one) for one in compared(sent[0], got[0], _NOTHING)]
    names = [payload.where for payload in reply.payloads]
    pairs = side_by_side(sent, got)
    beside = _NOTHING if len(pairs) == len(sent) == len(got) else _ROLE
    found = [(names[there], one) for here, there in pairs for one in compared(sent[here], got[there], beside)]
    return [(where, _weighed(one)) for where, one in found] if pairs else None


def _weighed(one: Difference) -> Difference:
    """A difference in a chunk; leaving out an empty string counts like leaving out a null."""
    is_empty_piece = one.kind == "missing" and one.expected == "" and _PIECE.match(pointer.text(one.path))
    return replace(one, kind="null-dropped") if is_empty_piece else one


@check
def headers_come_once(reply: Reply) -> list[Problem] | None:
    """A single-valued header comes once: a gateway does not send the upstream's header beside its own."""
    if not reply.exchange.behind or reply.exchange.status is None:
        return None
    names = [name for name, _ in reply.exchange.headers if not _is_list(name)]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    return [Problem(f"header {name}", "one value", " and ".join(v for n, v in reply.exchange.headers if n == name)) for name in twice]


def _is_list(name: str) -> bool:
    """Whether a header may come several times, because its value is a list."""
    return name in ("vary", "cache-control", "via", "link", "connection", "server-timing", "warning", "date", "server") or name.startswith(
        "access-control"
    )


@check
def header_is_kept(reply: Reply, names: Sequence[str]) -> list[Problem] | None:
    """The gateway relays the upstream's headers, or replaces them with its own."""
    upstream = behind(reply)
    if upstream is None or reply.exchange.status is None or failing(upstream) not in (None, "status"):
        return None
    given = [name for name in names if upstream.exchange.header(name)]
    if not given:
        return None
    lost = [name for name in given if not reply.exchange.header(name)]
    return [Problem(f"header {name}", f"{upstream.exchange.header(name)}, or the gateway's own", "absent") for name in lost]


@check
def coding_was_offered(reply: Reply) -> list[Problem] | None:
    """The client gets only a content coding that it accepts, unless the upstream sent one unasked."""
    upstream = behind(reply)
    if upstream is None or reply.exchange.status is None:
        return None
    offered, asked_for = (_codings(side.exchange.request) for side in (reply, upstream))
    coding = reply.exchange.header("content-encoding") or "identity"
    if coding != "identity" and coding not in asked_for and coding == upstream.exchange.header("content-encoding"):
        return None
    return [] if coding == "identity" or coding in offered else [Problem("header content-encoding", f"one of: {offered}", coding)]


def _codings(request: Request) -> str:
    """The content codings that a request accepts."""
    return ",".join(value for name, value in request.headers if name.lower() == "accept-encoding")


@check
def reply_holds_nothing_of_others(reply: Reply) -> list[Problem] | None:
    """The reply contains nothing from another request's reply."""
    own = {
        token
        for value in (reply.exchange.request.body.decode(errors="replace"), *map(str, reply.exchange.request.headers))
        for token in TOKEN.findall(value)
    }
    found = [*TOKEN.findall(reply.text), *(token for _, value in reply.exchange.headers for token in TOKEN.findall(value))]
    if not own or not found:
        return None
    return few(
        [
            Problem("reply", "only what belongs to this request", f"{token}, of another")
            for token in dict.fromkeys(found)
            if token not in own
        ]
    )


@check
def address_stays_behind(reply: Reply) -> list[Problem] | None:
    """Neither headers nor body of a reply contain the upstream's address.

    Another check judges the bodies of errors.
    """
    hosts = {value for attempt in reply.exchange.behind for name, value in attempt.request.headers if name == "host" and value}
    if not hosts or reply.exchange.status is None:
        return None
    places = {f"header {name}": value for name, value in reply.exchange.headers}
    if reply.exchange.status < 400:
        places["body"] = reply.text
    found = [(where, host) for where, value in places.items() for host in hosts if host in value]
    return few([Problem(where, "without the upstream's address", host) for where, host in found])


def _came(reply: Reply) -> bool:
    """Whether a complete success arrived."""
    return reply.whole and reply.exchange.status is not None and reply.exchange.status < 300
