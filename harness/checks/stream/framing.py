"""The framing of a stream: bytes, lines and events."""

from __future__ import annotations

from typing import Any

from ...model import Json, Problem, UndecidedError
from ..registry import check
from ..reply import DONE, NOT_READ, Reply, documents, few, is_error, show
from ..shape import Schemas

LEAST_CHUNKS = 12
LEAST_SECONDS = 0.1
JOINED = 4
LUMP = 0.1


@check
def bytes_are_utf8(reply: Reply) -> list[Problem]:
    """Every byte of the stream is valid UTF-8."""
    return few([Problem(f"byte {at}", "UTF-8", f"0x{reply.exchange.body[at]:02x}") for at in reply.stream.bad_utf8])


@check
def events_are_apart(reply: Reply) -> list[Problem]:
    """A blank line stands between events: no event holds several payloads."""
    joined = [(event, documents(event)) for event in reply.stream.events if len(event.data) > 1]
    return few(
        [
            Problem(f"event {event.number}", "a blank line after each payload", f"{len(found)} payloads in one event: {show(found[0], 40)}")
            for event, found in joined
            if len(found) > 1
        ]
    )


@check
def last_event_is_complete(reply: Reply) -> list[Problem] | None:
    """A blank line ends the last event; without it, clients that follow the standard discard the event."""
    if not reply.stream.events:
        return None
    last = reply.stream.events[-1]
    if last.complete:
        return []
    return [Problem(f"event {last.number}, the last", "a blank line after it", f"the stream ends after {show(last.data_text)}")]


@check
def data_is_json_object(reply: Reply) -> list[Problem]:
    """The data of each event is one JSON object, or exactly the terminator."""
    problems: list[Problem] = []
    for payload in reply.payloads:
        if payload.parsed.error in NOT_READ:
            continue
        if payload.parsed.error is not None:
            problems.append(Problem(payload.where, f"JSON ({payload.parsed.error})", show(payload.text)))
        elif not isinstance(payload.parsed.value, dict):
            problems.append(Problem(payload.where, "a JSON object", show(payload.text)))
    return few(problems)


@check
def lines_are_fields(reply: Reply) -> list[Problem]:
    """Every line is a field of the standard, a comment or blank; clients ignore anything else."""
    return few([Problem(f"byte {line.start}", "a field, a comment or a blank line", show(line.text)) for line in reply.stream.unknown])


@check
def events_have_data(reply: Reply) -> list[Problem]:
    """Every event has data."""
    bare = [event for event in reply.stream.events if not event.data_text]
    return few([Problem(f"event {event.number}", "data", event.name or "; ".join(event.other) or "data is empty") for event in bare])


@check
def events_have_no_name(reply: Reply) -> list[Problem]:
    """No event has an ``event:`` field."""
    named = [event for event in reply.stream.events if event.name is not None]
    return few([Problem(f"event {event.number}", "data only", f"event: {event.name}") for event in named])


@check
def stream_has_no_byte_order_mark(reply: Reply) -> list[Problem]:
    """The stream does not begin with a byte-order mark."""
    return [Problem("byte 0", "data", "byte-order mark ef bb bf")] if reply.stream.bom else []


@check
def lines_end_in_line_feed(reply: Reply) -> list[Problem]:
    """Lines end in LF alone."""
    return few([Problem(f"byte {at}", "\\n", "\\r") for at in reply.stream.carriage_returns])


@check
def data_follows_a_space(reply: Reply) -> list[Problem]:
    """One space stands between ``data:`` and the payload."""
    unspaced = [event for event in reply.stream.events if event.unspaced]
    return few([Problem(f"event {event.number}", "data: {…", f"data:{show(event.data_text, 20)}") for event in unspaced])


@check
def terminator_comes(reply: Reply, schemas: Schemas, schema: str) -> list[Problem] | None:
    """The data of one event fits the terminator's schema; ``nothing_follows_terminator`` judges what comes after it.

    A stream that an error ended needs none.
    """
    if reply.broke_off:
        return None
    carried = [(event, text) for event in reply.stream.events for text in documents(event)]
    if any(schemas.is_valid(schema, text) for _, text in reversed(carried)):  # usually the last one
        return []
    if not carried:
        return [Problem("the stream", f"data: {DONE}", "no event with data")]
    event, text = carried[-1]
    return [Problem(f"event {event.number}, the last", f"data: {DONE}", f"data: {show(text)}")]


@check
def no_chunk_follows_terminator(reply: Reply) -> list[Problem] | None:
    """No JSON object comes after the first terminator, where no client reads it."""
    events = reply.stream.events
    first = next((event.number for event in events if event.data_text == DONE), None)
    if first is None:
        return None
    late = [one for one in reply.payloads if one.event.number > first and isinstance(one.parsed.value, dict)]
    return few([Problem(one.where, f"its place before {DONE}", show(one.parsed.value)) for one in late])


@check
def nothing_follows_terminator(reply: Reply) -> list[Problem] | None:
    """No event comes after the first terminator."""
    events = reply.stream.events
    first = next((index for index, event in enumerate(events) if event.data_text == DONE), None)
    if first is None:
        return None
    return few(
        [
            Problem(f"event {e.number}, after {DONE}", "the end of the stream", show(e.data_text or e.name or ""))
            for e in events[first + 1 :]
        ]
    )


@check
def stream_carries_no_error(reply: Reply) -> list[Problem]:
    """No event is an error."""
    return few([Problem(p.where, "a chunk", show(p.parsed.value, 200)) for p in reply.payloads if is_error(p.parsed.value)])


@check
def error_events_tell_why(reply: Reply) -> list[Problem] | None:
    """An error event has an ``error`` object with a message, as an error reply does, or a ``message`` of its own."""
    errors = [payload for payload in reply.payloads if is_error(payload.parsed.value)]
    if not errors:
        return None
    return [
        Problem(payload.where, "error.message, a text", show(payload.parsed.value, 200))
        for payload in errors
        if isinstance(payload.parsed.value, dict) and not _message(payload.parsed.value)
    ]


def _message(value: dict[str, Any]) -> Json:
    """The message of an error event."""
    error = value.get("error", value)
    return error.get("message") if isinstance(error, dict) else None


@check
def error_ends_the_stream(reply: Reply) -> list[Problem] | None:
    """Nothing follows an error event that makes the reply look finished."""
    first = next((i for i, payload in enumerate(reply.payloads) if is_error(payload.parsed.value)), None)
    if first is None:
        return None
    return few([Problem(p.where, "nothing after an error", show(p.text)) for p in reply.payloads[first + 1 :]])


@check
def arrives_over_time(reply: Reply) -> list[Problem] | None:
    """Chunks arrive as they are generated, not all at the end.

    Chunks are held back if they arrive in a few reads, four or more at a time, within a tenth of the reply's time. A fast model
    after a long wait is fine: its chunks come close together, but one by one. Undecided for replies that are too short or too fast.
    """
    times = [payload.seconds for payload in reply.payloads]
    total = reply.exchange.seconds
    if len(times) < LEAST_CHUNKS:
        raise UndecidedError(f"{len(times)} chunks are too few to tell")
    if total < LEAST_SECONDS:
        raise UndecidedError(f"the whole reply took {total * 1000:.0f} ms, too short to tell")
    spread = times[-1] - times[0]
    reads = len(set(times))
    if spread >= LUMP * total or reads * JOINED > len(times):
        return []
    got = f"all {len(times)} in {reads} reads, within {spread * 1000:.0f} ms of a reply of {total:.2f} s"
    return [Problem("arrival of the chunks", "one after the other, as they are made", got)]
