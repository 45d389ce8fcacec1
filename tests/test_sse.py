"""Bytes to events as the WHATWG standard has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.wire.sse import Event, parse


def data(body: bytes) -> list[str]:
    """The data of the events that a client gets."""
    return [event.data_text for event in parse(body).events if event.dispatched]


def test_events_end_at_blank_lines() -> None:
    assert data(b"data: a\n\ndata: b\n\n") == ["a", "b"]


def test_line_endings_are_alike() -> None:
    for end in (b"\n", b"\r", b"\r\n"):
        assert data(b"data: a" + end + b"data: b" + end * 2) == ["a\nb"]


def test_carriage_returns_are_noted_by_offset() -> None:
    assert parse(b"data: a\r\n\r\n").carriage_returns == (7, 9)


def test_one_space_after_the_colon_is_dropped() -> None:
    assert data(b"data:  a\n\ndata:b\n\ndata\n\n") == [" a", "b", ""]
    assert [event.unspaced for event in parse(b"data: a\n\ndata:b\n\n").events] == [False, True]


def test_unfinished_event_is_kept_aside() -> None:
    stream = parse(b"data: a\n\ndata: b\n")
    assert [(event.data_text, event.complete) for event in stream.events] == [("a", True), ("b", False)]
    assert data(b"data: a\n\ndata: b") == ["a"]


def test_comments_and_unknown_lines_belong_to_no_event() -> None:
    stream = parse(b': ping\n\n{"a":1}\n\ndata: x\n\n')
    assert [line.text for line in stream.comments] == [": ping"]
    assert [(line.start, line.text) for line in stream.unknown] == [(8, '{"a":1}')]
    assert [event.number for event in stream.events] == [1]


def test_names_and_other_fields_are_kept() -> None:
    (event,) = parse(b"event: ping\nid: 7\nretry: 10\ndata: x\n\n").events
    assert (event.name, event.other, event.data) == ("ping", ("id: 7", "retry: 10"), ("x",))


def test_event_without_data_is_not_dispatched() -> None:
    (event,) = parse(b"event: ping\n\n").events
    assert not event.dispatched


def test_byte_order_mark_is_skipped_once() -> None:
    assert data(b"\xef\xbb\xbfdata: a\n\n") == ["a"]
    assert parse(b"\xef\xbb\xbfdata: a\n\n").bom
    assert data(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == []


def test_invalid_utf8_is_replaced_and_noted() -> None:
    stream = parse(b"data: \xe4\xbd\n\n")
    assert stream.bad_utf8 == (6,)
    assert stream.events[0].data_text == "\ufffd"


def test_offsets_span_the_event() -> None:
    body = b"data: a\n\n: c\n\ndata: b\n\n"
    assert [body[event.start : event.stop] for event in parse(body).events] == [b"data: a\n\n", b"data: b\n\n"]


TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), max_size=5), st.sampled_from(["\n", "\r", "\r\n"]))
def test_what_is_framed_is_read(events: list[list[str]], end: str) -> None:
    body = "".join("".join(f"data: {line}{end}" for line in lines) + end for lines in events)
    assert [event.data for event in parse(body.encode()).events] == [tuple(lines) for lines in events]


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    stream = parse(body)
    assert all(isinstance(event, Event) and event.start < event.stop <= len(body) for event in stream.events)
