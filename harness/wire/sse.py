"""Parses server-sent events strictly by the WHATWG standard, and keeps the byte offsets.

Nothing is judged or lost here. Lines that a client must ignore are kept separately, so that checks can ask
two questions of the same bytes: is it legal, and does it break clients that people use?
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|$)")

MOST_EVENTS = 50_000
"""The most events that we read of one stream. No normal reply to our requests has a tenth as many."""

MOST_LINES = 4 * MOST_EVENTS
"""The most lines that we read, including comments and unknown fields."""

_KNOWN_FIELDS = frozenset({"data", "event", "id", "retry"})


class Line(NamedTuple):
    """One line of the stream. ``start`` is its byte offset, ``end`` its terminator ("" if the stream stops in mid-line)."""

    start: int
    text: str
    end: str


class Event(NamedTuple):
    """One event. ``number`` counts from 1 over all events with at least one field. ``start`` and ``stop`` are byte offsets.

    ``data`` holds the data lines, ``data_text`` what a client gets. ``complete`` is false for a last event without a final blank
    line: a client that follows the standard discards it.
    """

    number: int
    start: int
    stop: int
    data: tuple[str, ...] = ()
    name: str | None = None
    other: tuple[str, ...] = ()
    unspaced: bool = False
    complete: bool = True

    @property
    def data_text(self) -> str:
        """The data lines joined by newlines."""
        return "\n".join(self.data)

    @property
    def dispatched(self) -> bool:
        """Whether a client that follows the standard dispatches this event."""
        return self.complete and bool(self.data)


@dataclass(frozen=True, slots=True)
class EventStream:
    """A parsed stream. ``unknown`` holds lines whose field name the standard does not define.

    ``cut`` means that we stopped reading before its end.
    """

    events: tuple[Event, ...]
    comments: tuple[Line, ...] = ()
    unknown: tuple[Line, ...] = ()
    bom: bool = False
    carriage_returns: tuple[int, ...] = ()
    bad_utf8: tuple[int, ...] = ()
    cut: bool = False


@dataclass(slots=True)
class _Open:
    """The event that is being parsed."""

    start: int
    data: list[str] = field(default_factory=list)
    name: str | None = None
    other: list[str] = field(default_factory=list)
    unspaced: bool = False
    fields: int = 0


def may_have_data(body: bytes) -> bool:
    """Whether a line of a body begins like a data field. Quicker than parsing it."""
    return b"\ndata" in body or body.removeprefix(BOM).startswith(b"data") or b"\rdata" in body


def parse(body: bytes) -> EventStream:
    """Parse a whole event stream.

    Lines end in LF, CR LF or CR. One space after the colon is dropped. Invalid UTF-8 becomes U+FFFD, and its offset is reported.
    Source: WHATWG HTML, section 9.2.
    """
    bom = body.startswith(BOM)
    events: list[Event] = []
    comments: list[Line] = []
    unknown: list[Line] = []
    returns: list[int] = []
    bad: list[int] = []
    current: _Open | None = None
    cut = False
    for number, match in enumerate(_LINE.finditer(body, len(BOM) if bom else 0)):
        raw, end = match.groups()
        if number >= MOST_LINES or len(events) >= MOST_EVENTS:
            cut = match.start() < len(body)
            break
        if b"\r" in end:
            returns.append(match.end(1))
        if not raw:
            if current is not None and current.fields and end:
                events.append(_close(current, len(events) + 1, match.end(), complete=True))
            current = None if end else current
            continue
        text = _decode(raw, match.start(), bad)
        if text[0] == ":":
            comments.append(Line(match.start(), text, end.decode()))
            continue
        current = current or _Open(match.start())
        if not _take(current, text):
            unknown.append(Line(match.start(), text, end.decode()))
    if current is not None and current.fields and not cut:
        events.append(_close(current, len(events) + 1, len(body), complete=False))
    return EventStream(tuple(events), tuple(comments), tuple(unknown), bom, tuple(returns), tuple(bad), cut)


def _decode(raw: bytes, start: int, bad: list[int]) -> str:
    """Decode one line, and note the offset of its first invalid byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        bad.append(start + error.start)
        return raw.decode(errors="replace")


def _take(current: _Open, line: str) -> bool:
    """Add one field line to the open event. False if the standard does not define the field."""
    name, colon, value = line.partition(":")
    if name not in _KNOWN_FIELDS:
        return False
    current.fields += 1
    if name == "data":
        if value[:1] == " ":
            value = value[1:]
        elif colon:
            current.unspaced = True
        current.data.append(value)
    elif name == "event":
        current.name = value.removeprefix(" ")
    else:
        current.other.append(line)
    return True


def _close(current: _Open, number: int, stop: int, *, complete: bool) -> Event:
    """Turn the open event into a finished one."""
    return Event(number, current.start, stop, tuple(current.data), current.name, tuple(current.other), current.unspaced, complete)
