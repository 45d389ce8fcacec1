"""The two sides of a gateway: what the client sent and got, and what the upstream behind it got and sent.

Other modules about relaying build on what is told here: the attempt that a reply stems from, and whether the upstream served it well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ..model import Exchange, Problem
from . import pointer
from .difference import Difference, differences, read
from .reply import DONE, Reply, few, is_error, show
from .shape import Schemas

DIED = frozenset({"reset", "closed", "stalled", "refused"})
"""How an upstream ends what is not finished."""

FREE_FORM = (
    "/metadata",
    "/logit_bias",
    "/tools/*/function/parameters",
    "/tools/*/parameters",
    "/response_format/json_schema/schema",
    "/text/format/schema",
)
"""Places of a request whose content is the client's own: all of it counts as known."""

IDENTITY = re.compile(r"^(/response)?/(id|model|created|created_at|system_fingerprint)$|^(/item_id|/item/id|(/response)?/output/\d+/id)$")
"""Members of a reply that a gateway may well have reasons to set itself."""

TOKEN = re.compile(r"wp[0-9a-f]{8}x[0-9]+z")


def behind(reply: Reply) -> Reply | None:
    """The last attempt at the same endpoint of the upstream, which the client's reply stems from."""
    return reply.once(_behind)


def _behind(reply: Reply) -> Reply | None:
    attempts = reply.exchange.behind
    if not attempts or attempts[-1].request.endpoint != reply.exchange.request.endpoint:
        return None
    return Reply(attempts[-1])


def failing(upstream: Reply) -> str | None:
    """How the upstream failed in an attempt: ``died``, ``status``, ``event`` or ``nonsense``; ``None`` when it served well.

    ``left`` when the gateway did not wait for the end.
    """
    return upstream.once(_failing)


def _failing(upstream: Reply) -> str | None:
    exchange = upstream.exchange
    kind = exchange.trouble.kind if exchange.trouble is not None else ""
    if kind in DIED:
        return "died"
    if (exchange.status or 0) >= 400:
        return "status"
    if upstream.is_event_stream:
        if any(is_error(value) for _, value in upstream.event_objects):
            return "event"
        finished = ends(upstream) or any(upstream.finish_reasons.values())
        return kind or (None if finished else "died")
    return kind or (None if upstream.object else "nonsense")


def ends(stream: Reply) -> bool:
    """Whether a stream says of itself that it is finished: by its terminator, or by a response that came to an end."""
    if stream.is_response:
        return any(
            value.get("type") in ("response.completed", "response.incomplete", "response.failed") for _, value in stream.event_objects
        )
    return terminators(stream) > 0


def terminators(stream: Reply) -> int:
    """How often a stream says that it is done."""
    return sum(line == DONE for event in stream.stream.events for line in event.data)


def served(reply: Reply) -> Reply | None:
    """The attempt behind a reply, if the upstream served it well."""
    upstream = behind(reply)
    return upstream if upstream is not None and failing(upstream) is None else None


def asked(exchange: Exchange) -> Any:
    """The request's body with its numbers as written; ``None`` when it is no JSON."""
    try:
        return read(exchange.request.body)
    except ValueError:
        return None


@cache
def _names_in(schemas: Schemas) -> frozenset[str]:
    """Every member name that a schema of ours has."""
    names: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            properties = node.get("properties")
            names.update(properties if isinstance(properties, dict) else ())
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for document in schemas.documents.values():
        walk(document)
    return frozenset(names)


def is_known(path: pointer.Path, schemas: Schemas) -> bool:
    """Whether a place is one that the protocol names, or below one that it leaves to the client."""
    if any(pointer.begins(path, pattern) for pattern in FREE_FORM):
        return True
    names = _names_in(schemas)
    return all(part in names for part in path if isinstance(part, str))


def wanted(
    found: Sequence[tuple[str, Difference]],
    schemas: Schemas,
    faults: Sequence[str],
    known: bool | None,
) -> list[Problem]:
    """The differences of some kinds, at places that the protocol names, or at others, as problems."""
    problems = []
    for where, difference in found:
        if difference.kind in faults and known in (None, is_known(difference.path, schemas)):
            place = f"{where} {pointer.text(difference.path)}".strip()
            problems.append(
                Problem(
                    place,
                    _value(difference.expected, difference, ("added", "null-added")),
                    _value(difference.got, difference, ("missing", "null-dropped")),
                )
            )
    return few(problems)


def _value(value: Any, difference: Difference, absent: Sequence[str]) -> str:
    return "absent" if difference.kind in absent else show(value)


def compared(sent: Any, got: Any, beside: re.Pattern[str]) -> list[Difference]:
    """The differences of two documents, but not at some places."""
    return [one for one in differences(sent, got) if not beside.match(pointer.text(one.path))]


def attempts(reply: Reply) -> Iterator[tuple[str, Exchange]]:
    """Each attempt with its name."""
    for number, attempt in enumerate(reply.exchange.behind, start=1):
        yield f"attempt {number}", attempt


def documents_of(reply: Reply) -> list[Any]:
    """The documents of a reply with their numbers as written: the body, or each chunk. ``None`` stands for what is no JSON."""
    texts = [payload.text for payload in reply.payloads] if reply.is_event_stream else [reply.text]
    return [_read(text) for text in texts]


def _read(text: str) -> Any:
    try:
        return read(text.encode())
    except ValueError:
        return None


def marrow(chunk: Any) -> str:
    """What a chunk adds to the reply, as one text: by it, chunks are told apart."""
    if not isinstance(chunk, dict):
        return show(chunk)
    if "type" in chunk and "choices" not in chunk:
        return f"{chunk.get('type')} {chunk.get('delta')}"
    choices = chunk.get("choices")
    told = []
    for choice in choices if isinstance(choices, list) else []:
        if isinstance(choice, dict):
            delta = delta_of(choice)
            told.append(
                (choice.get("index"), delta.get("content"), choice.get("text"), str(delta.get("tool_calls")), choice.get("finish_reason"))
            )
    return f"{told} {bool(chunk.get('usage'))}"


def delta_of(choice: dict[str, Any]) -> dict[str, Any]:
    """What a choice of a chunk adds; empty when that is no object."""
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}
