"""The two sides of a gateway: the exchange with the client, and the attempts at the upstream.

The other relay modules build on it: which attempt a reply stems from, and whether the upstream served it well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ...model import Exchange, Problem
from .. import pointer
from ..reply import DONE, Reply, few, is_error, show
from ..shape import Schemas
from .difference import Difference, differences, plain, read

DIED = frozenset({"reset", "closed", "stalled", "refused"})
"""The ways in which an upstream breaks off a reply."""

FREE_FORM = (
    "/metadata",
    "/logit_bias",
    "/tools/*/function/parameters",
    "/tools/*/parameters",
    "/response_format/json_schema/schema",
    "/text/format/schema",
)
"""Places of a request with free-form content: everything below them counts as known."""

IDENTITY = re.compile(r"^(/response)?/(id|model|created|created_at|system_fingerprint)$|^(/item_id|/item/id|(/response)?/output/\d+/id)$")
"""Members of a reply that a gateway may have reasons to set itself."""

_ADDS_NOTHING = re.compile(r"of (no choice|choice \d+ '')$")

TOKEN = re.compile(r"wp[0-9a-f]{8}x[0-9]+z")


def behind(reply: Reply) -> Reply | None:
    """The attempt that the client's reply stems from: the last one, if it was at the same endpoint."""
    return reply.once(_behind)


def _behind(reply: Reply) -> Reply | None:
    attempts = reply.exchange.behind
    if not attempts or attempts[-1].request.endpoint != reply.exchange.request.endpoint:
        return None
    return Reply(attempts[-1])


def failing(upstream: Reply) -> str | None:
    """How the upstream failed in an attempt: ``died``, ``status``, ``event`` or ``nonsense``; ``None`` if it served well.

    ``left`` if the gateway did not wait for the end.
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
        if tells_error(upstream):
            return "event"
        finished = ends(upstream) or any(upstream.finish_reasons.values())
        return kind or (None if finished else "died")
    return kind or (None if upstream.object else "nonsense")


def tells_error(stream: Reply) -> bool:
    """Whether an event of a stream reports a failure."""
    return any(is_error(value) or value.get("type") == "response.failed" for _, value in stream.event_objects)


def ends(stream: Reply) -> bool:
    """Whether a stream is explicitly finished: by its terminator, or by a final response event."""
    if stream.is_response:
        return any(
            value.get("type") in ("response.completed", "response.incomplete", "response.failed") for _, value in stream.event_objects
        )
    return terminators(stream) > 0


def terminators(stream: Reply) -> int:
    """The number of terminators in a stream."""
    return sum(line == DONE for event in stream.stream.events for line in event.data)


def served(reply: Reply) -> Reply | None:
    """The attempt behind a reply, if the upstream served it well."""
    upstream = behind(reply)
    return upstream if upstream is not None and failing(upstream) is None else None


def asked(exchange: Exchange) -> Any:
    """The request's body with its numbers as written; ``None`` if it is not JSON."""
    try:
        return read(exchange.request.body)
    except ValueError:
        return None


VOCABULARY = {
    "chat": ("chat-request", "chat-completion", "chat-chunk"),
    "completions": ("text-request", "text-completion", "text-completion-chunk"),
    "embeddings": ("embeddings-request", "embeddings"),
    "responses": ("responses-request", "response", "response-event"),
}
"""The schemas of an endpoint's bodies: request, whole reply, and chunk."""


REQUESTS = {endpoint: names[0] for endpoint, names in VOCABULARY.items()}
WHOLE_REPLIES = {endpoint: names[1] for endpoint, names in VOCABULARY.items()}
STREAMED = {endpoint: names[2] for endpoint, names in VOCABULARY.items() if len(names) > 2}
"""The schemas of requests, of replies, and of the chunks of streams, by endpoint."""

TOLD = frozenset({"missing", "value", "text", "number", "order"})
"""Kinds of difference that other rules report."""


@cache
def _names_of(endpoint: str, schemas: Schemas) -> frozenset[str]:
    """Every member name in the schemas of an endpoint, and in the schemas that they refer to."""
    names: set[str] = set()
    read_already: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            properties = node.get("properties")
            names.update(properties if isinstance(properties, dict) else ())
            if isinstance(node.get("$ref"), str):
                visit(node["$ref"].removesuffix(".json"))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    def visit(name: str) -> None:
        if name not in read_already:
            read_already.add(name)
            walk(schemas.documents[name])

    for name in VOCABULARY.get(endpoint, ()):
        visit(name)
    return frozenset(names)


def is_known(path: pointer.Path, endpoint: str, schemas: Schemas) -> bool:
    """Whether the protocol names every member of a path, or the path lies in free-form content."""
    if any(pointer.begins(path, pattern) for pattern in FREE_FORM):
        return True
    names = _names_of(endpoint, schemas)
    return all(part in names for part in path if isinstance(part, str))


def wanted(
    found: Sequence[tuple[str, Difference]],
    endpoint: str,
    schemas: Schemas,
    faults: Sequence[str],
    known: bool | None,
) -> list[Problem]:
    """The differences of the kinds ``faults`` as problems: in members of the protocol, in others, or in all."""
    problems = []
    for where, difference in found:
        if difference.kind in faults and known in (None, is_known(difference.path, endpoint, schemas)):
            place = f"{where} {pointer.text(difference.path)}".strip()
            problems.append(Problem(place, *sides(difference)))
    return few(problems)


def sides(difference: Difference) -> tuple[str, str]:
    """What was sent and what arrived, in words."""
    expected = "absent" if difference.kind in ("added", "null-added") else plain(difference.expected)
    got = "absent" if difference.kind in ("missing", "null-dropped") else plain(difference.got)
    return expected, got


def compared(sent: Any, got: Any, beside: re.Pattern[str]) -> list[Difference]:
    """The differences of two documents, except at the places ``beside``."""
    return [one for one in differences(sent, got) if not beside.match(pointer.text(one.path))]


def attempts(reply: Reply) -> Iterator[tuple[str, Exchange]]:
    """Each attempt with its name."""
    for number, attempt in enumerate(reply.exchange.behind, start=1):
        yield f"attempt {number}", attempt


def documents_of(reply: Reply) -> list[Any]:
    """The documents of a reply with their numbers as written: the body, or each chunk. ``None`` stands for invalid JSON."""
    texts = [payload.text for payload in reply.payloads] if reply.is_event_stream else [reply.text]
    return [_read(text) for text in texts]


def _read(text: str) -> Any:
    try:
        return read(text.encode())
    except ValueError:
        return None


def marrow(chunk: Any) -> str:
    """What a chunk adds to the reply, as one text by which chunks are matched."""
    if not isinstance(chunk, dict):
        return show(chunk)
    if "type" in chunk and "choices" not in chunk:
        return f"{chunk.get('type')} {chunk.get('delta')}"
    choices = chunk.get("choices")
    pieces = []
    for choice in choices if isinstance(choices, list) else []:
        if isinstance(choice, dict):
            text = delta_of(choice).get("content") or choice.get("text") or ""
            pieces.append(f"choice {choice.get('index')} {text!r} {calls_of(choice) or ''} {choice.get('finish_reason') or ''}".rstrip())
    return f"of {', '.join(pieces) or 'no choice'}{' with usage' if chunk.get('usage') else ''}"


def side_by_side(sent: Sequence[Any], got: Sequence[Any]) -> list[tuple[int, int]]:
    """The pairs of chunks: the position in the upstream's stream, and in the client's.

    If chunks were lost, split or moved, only chunks with unique content are paired; chunks without content are not.
    """
    behind_, before = [marrow(chunk) for chunk in sent], [marrow(chunk) for chunk in got]
    if behind_ == before:
        return [(number, number) for number in range(len(sent))]
    times, arrived = Counter(behind_), Counter(before)
    places = {one: number for number, one in enumerate(before)}
    return [(number, places[one]) for number, one in enumerate(behind_) if times[one] == arrived[one] == 1 and not _ADDS_NOTHING.match(one)]


def calls_of(choice: dict[str, Any]) -> list[str]:
    """The pieces of tool calls in a chunk's choice."""
    calls = delta_of(choice).get("tool_calls")
    listed = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return [f"call {call.get('index')} {part(call, 'name')} {part(call, 'arguments')}" for call in listed]


def part(call: dict[str, Any], name: str) -> str:
    """The name or the arguments in a piece of a tool call; empty if it has none."""
    function = call.get("function")
    return str(function.get(name) or "") if isinstance(function, dict) else ""


def delta_of(choice: dict[str, Any]) -> dict[str, Any]:
    """The delta of a chunk's choice; empty if it is not an object."""
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}
