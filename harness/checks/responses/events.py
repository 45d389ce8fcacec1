"""Single events of a streamed response, and their numbering. ``stream_grammar`` judges their order."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from ...model import Problem
from ..registry import check
from ..reply import DONE, Reply, few, show
from ..shape import Misfit, Schemas, misfits, within


@check
def event_fits_schema(
    reply: Reply, schemas: Schemas, schema: str, at: Sequence[str] = (), beside: Sequence[str] = ()
) -> list[Problem] | None:
    """Each event fits a schema; ``at`` and ``beside`` select places as in ``fits_schema``."""
    return within(reply.once(_misfits, schemas, schema), at, beside) if reply.event_objects else None


def _misfits(reply: Reply, schemas: Schemas, schema: str) -> list[Misfit]:
    """The errors of each event that does not fit a schema."""
    return misfits(reply.event_objects, schemas, schema)


@check
def event_members_present(reply: Reply, members: Sequence[str], types: Sequence[str] = ()) -> list[Problem] | None:
    """Events of these types (default: all) have these members."""
    chosen = [(where, event) for where, event in reply.event_objects if not types or event.get("type") in types]
    if not chosen:
        return None
    return few([Problem(f"{w} /{name}", "present", f"absent in {e.get('type')}") for w, e in chosen for name in members if name not in e])


@check
def event_members_absent(reply: Reply, members: Sequence[str]) -> list[Problem] | None:
    """No event has these members."""
    if not reply.event_objects:
        return None
    return few([Problem(f"{w} /{n}", "absent", show(e[n])) for w, e in reply.event_objects for n in members if n in e])


@check
def events_are_named_by_type(reply: Reply) -> list[Problem] | None:
    """The ``event:`` field of each event is the type in its data."""
    carried = [(payload, payload.parsed.value.get("type")) for payload in reply.payloads if isinstance(payload.parsed.value, dict)]
    if not carried:
        return None
    return few(
        [
            Problem(payload.where, f"event: {kind}", f"event: {payload.event.name}" if payload.event.name is not None else "no event field")
            for payload, kind in carried
            if payload.event.name != kind
        ]
    )


def _numbers(reply: Reply) -> list[tuple[str, int]]:
    """The sequence numbers, with their events."""
    given = [(where, event.get("sequence_number")) for where, event in reply.event_objects]
    return [(where, number) for where, number in given if type(number) is int]


def _before(reply: Reply) -> int:
    """The number of the last event that the client has already seen; -1 for a stream from the beginning."""
    asked = parse_qs(reply.exchange.request.path.partition("?")[2]).get("starting_after", ["-1"])[0]
    return int(asked) if asked.isdigit() else -1


@check
def sequence_numbers_increase(reply: Reply) -> list[Problem] | None:
    """Each sequence number is higher than the one before it; in a resumed stream, also than the one it starts after."""
    numbers = _numbers(reply)
    problems: list[Problem] = []
    last = _before(reply)
    for where, number in numbers:
        if number <= last:
            problems.append(Problem(f"{where} /sequence_number", f"more than {last}", str(number)))
        last = max(last, number)
    return few(problems) if numbers else None


@check
def sequence_numbers_have_no_gap(reply: Reply) -> list[Problem] | None:
    """Sequence numbers count up by one from 0, or in a resumed stream from the event that it starts after."""
    numbers = _numbers(reply)
    first = _before(reply) + 1 if reply.exchange.request.method == "POST" or "starting_after" in reply.exchange.request.path else None
    problems: list[Problem] = []
    for where, number in numbers:
        if first is not None and number != first:
            problems.append(Problem(f"{where} /sequence_number", str(first), str(number)))
        first = number + 1
    return few(problems) if numbers else None


@check
def stream_is_taken_up(reply: Reply) -> list[Problem]:
    """A resumed stream is an event stream, and continues with the event after the last one seen."""
    if not reply.is_event_stream:
        return [Problem("header content-type", "text/event-stream", reply.media_type or "absent")]
    numbers = _numbers(reply)
    wanted = _before(reply) + 1
    if numbers and numbers[0][1] == wanted:
        return []
    got = f"{numbers[0][1]} at {numbers[0][0]}" if numbers else "no sequence_number"
    return [Problem("the first event /sequence_number", str(wanted), got)]


@check
def stream_has_no_terminator(reply: Reply) -> list[Problem] | None:
    """The last event ends the stream, without a terminator after it."""
    if not reply.event_objects:
        return None
    ends = [event for event in reply.stream.events if event.data_text == DONE]
    return few([Problem(f"event {event.number}", "the end of the stream", f"data: {DONE}") for event in ends])
