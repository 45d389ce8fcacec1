"""An exchange as it crossed the wire, for reading: the request, the status, the headers, and the body or every event with its time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...checks import Reply
from ...model import Exchange
from ...wire import Event
from .arrivals import Arrivals, arrival_times, arrivals
from .binary import lines_of, lines_sent
from .drawing import CutText, cut
from .excerpt import excerpt
from .marks import NOTHING, Marks
from .pretty import PrintedLine, marked, read

LINE_LIMIT = 400
"""Longest line of a body, and longest data of an event that no problem is about, in characters."""

MARKED_LIMIT = 2_000
"""Longest line of a body that a problem is about."""

CURL_LIMIT = 12_000
BODY_LIMIT = 4_000
"""A body of few lines may have longer lines, up to this many characters in total."""

FOLDED = 24
"""A body of more lines than these is folded, unless a problem is about something in it."""

HEADERS_LIMIT = 60


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of text, or several plain ones; ``is_marked`` if a problem is about it, ``is_gap`` if it says what is left out."""

    text: str
    is_marked: bool = False
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A block of lines, folded under the text ``folded`` if that is not empty."""

    lines: Sequence[ShownLine]
    folded: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """A stream's event: its time, the time since the previous event, and its data (a ``block`` if marked)."""

    number: int
    at: float | None
    gap: float | None
    name: str | None
    data: str
    block: Block | None


@dataclass(frozen=True, slots=True)
class EventTable:
    """The shown events of a stream, remarks in place of the others, and the number of its comments."""

    rows: Sequence[EventRow | str]
    comments: int


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of an exchange saw. Its reply is a ``body``, or ``events`` with their arrival times."""

    exchange: Exchange
    attempt: int
    request_headers: Sequence[ShownLine]
    request_body: Block | None
    is_status_marked: bool
    headers: Sequence[ShownLine]
    body: Block | None
    events: EventTable | None
    arrivals: Arrivals | None


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """An exchange on the page: in full at its ``anchor``, or only the marked parts with a link there."""

    exchange: Exchange
    anchor: str
    is_open: bool = False
    sides: Sequence[Side] = ()
    curl: str = ""
    is_again: bool = False
    events: EventTable | None = None
    block: Block | None = None


def whole(exchange: Exchange, found: Marks, command: str, *, anchor: str, is_open: bool) -> ShownExchange:
    """An exchange in full; long parts are cut and their length is given.

    With a gateway it has more sides: each attempt at the upstream and its answer. They are shown next to what
    the client saw, where there is room.
    """
    behind = [_side(one, NOTHING, number) for number, one in enumerate(exchange.behind, start=1)]
    told = cut(command, CURL_LIMIT)
    return ShownExchange(exchange, anchor, is_open, [_side(exchange, found, 0), *behind], told)


def again(exchange: Exchange, found: Marks, *, anchor: str) -> ShownExchange:
    """An exchange shown in full elsewhere on the page: a link to it, and only the parts with problems."""
    reply = Reply(exchange)
    if reply.is_event_stream and found.events:
        return ShownExchange(exchange, anchor, is_again=True, events=_events(reply, found, only_marked=True))
    lines = read(exchange.body)
    places = marked(lines, found.pointers)
    return ShownExchange(exchange, anchor, is_again=True, block=_block(lines, places, only_marked=True) if places else None)


def _side(exchange: Exchange, found: Marks, attempt: int) -> Side:
    """What one side of an exchange saw: the request, and everything that came back. ``attempt`` 0 is the client's side."""
    request, reply = exchange.request, Reply(exchange)
    streams = reply.is_event_stream and bool(reply.stream.events)
    return Side(
        exchange,
        attempt,
        _headers(request.headers, ()),
        _block_of(lines_sent(request), NOTHING, len(request.body)),
        found.status,
        _headers(exchange.headers, found.headers),
        None if streams else _body(exchange.body, found),
        _events(reply, found) if streams else None,
        arrivals(reply, found.events) if streams else None,
    )


def _headers(headers: Sequence[tuple[str, str]], loud: Collection[str]) -> list[ShownLine]:
    """Headers, one per line; the ``loud`` ones marked."""
    lines = [ShownLine(cut(f"{name}: {value}", LINE_LIMIT), name.lower() in loud) for name, value in headers[:HEADERS_LIMIT]]
    if len(headers) > HEADERS_LIMIT:
        lines.append(ShownLine(f"… {len(headers) - HEADERS_LIMIT:,} more headers", is_gap=True))
    return _joined(lines)


def _body(body: bytes, found: Marks) -> Block | None:
    """A body, folded if it is long and no problem is about a part of it."""
    return _block_of(lines_of(body), found, len(body))


def _block_of(lines: Sequence[PrintedLine], found: Marks, size: int) -> Block | None:
    """The lines of a body of ``size`` bytes, folded if there are many and no problem is about a part of them."""
    if not size:
        return None
    places = marked(lines, found.pointers)
    folded = "" if len(lines) <= FOLDED or places else f"Body: {size:,} bytes, {len(lines):,} lines"
    return _block(lines, places, folded)


def _block(lines: Sequence[PrintedLine], places: Collection[int], folded: str = "", *, only_marked: bool = False) -> Block:
    """Lines of text, those at ``places`` marked and never left out."""
    head, tail = (0, 0) if only_marked else (40, 6)
    limit = max(LINE_LIMIT, BODY_LIMIT // max(len(lines), 1))
    shown: list[ShownLine] = []
    upto = 0
    for kept in excerpt(len(lines), places, head=head, tail=tail, around=3):
        shown += [ShownLine(gap, is_gap=True) for gap in _gap(kept.start - upto, "line")]
        shown += [_line(lines[position].text, limit, is_marked=position in places) for position in kept]
        upto = kept.stop
    shown += [ShownLine(gap, is_gap=True) for gap in _gap(len(lines) - upto, "line")]
    return Block(_joined(shown), folded)


def _joined(lines: Iterable[ShownLine]) -> list[ShownLine]:
    """Join consecutive plain lines, which the browser draws faster."""
    joined: list[ShownLine] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is None or before.is_marked or before.is_gap or line.is_marked or line.is_gap:
            joined.append(line)
        else:
            joined[-1] = ShownLine(CutText(f"{before.text}\n{line.text}"))
    return joined


def _line(shown: str, limit: int, *, is_marked: bool) -> ShownLine:
    return ShownLine(cut(shown, max(limit, MARKED_LIMIT) if is_marked else limit), is_marked)


def _gap(number: int, noun: str) -> Iterator[str]:
    """A remark about what is left out, if anything."""
    if number:
        yield f"… {number:,} {noun}{'s' if number > 1 else ''} left out; the record has all"


def _events(reply: Reply, found: Marks, *, only_marked: bool = False) -> EventTable:
    """A stream's events with their arrival times; those with a problem are marked and never left out."""
    events, times = reply.stream.events, arrival_times(reply)
    places = [position for position, event in enumerate(events) if event.number in found.events]
    head, tail, around = (0, 0, 0) if only_marked else (12, 3, 2)
    rows: list[EventRow | str] = []
    upto = 0
    for kept in excerpt(len(events), places, head=head, tail=tail, around=around):
        rows += _gap(kept.start - upto, "event")
        rows += [_event(events[position], times, found) for position in kept]
        upto = kept.stop
    rows += _gap(len(events) - upto, "event")
    return EventTable(rows, 0 if only_marked else len(reply.stream.comments))


def _event(event: Event, times: dict[int, float], found: Marks) -> EventRow:
    """One event. The data of a marked event are indented, with the offending lines marked."""
    at, before = times.get(event.number), times.get(event.number - 1)
    gap = at - before if at is not None and before is not None else None
    if event.number not in found.events:
        return EventRow(event.number, at, gap, event.name, cut(event.data_text, LINE_LIMIT), None)
    lines = read(event.data_text)
    return EventRow(event.number, at, gap, event.name, "", _block(lines, marked(lines, found.events[event.number])))
