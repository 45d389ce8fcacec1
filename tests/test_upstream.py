"""The scripted upstream sends exactly a script's bytes, and matches each incoming request or reports it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateway.upstream import CaseAttempts, Upstream, UpstreamError, http
from harness.gateway.upstream.attempt_log import AttemptLog
from harness.gateway.upstream.http import NotHttpError, RequestReader, UpstreamRequest
from harness.gateway.upstream.script import perform
from harness.wire.redaction import Scrubber


def told(script: Mapping[str, Any], endpoint: str = "chat", *, streamed: bool = False) -> list[bytes]:
    """The pieces of a script's body."""
    return [piece.octets for piece in perform(script, endpoint, "TOKEN", streamed=streamed).pieces]


CHUNK = b'data: {"id":"chatcmpl-TOKEN","object":"chat.completion.chunk","created":1800000000,"model":"upstream-model","choices":[]}\n\n'

PIECES: list[tuple[Mapping[str, Any], list[bytes]]] = [
    ({"text": "héé $token"}, ["héé TOKEN".encode()]),
    ({"hex": "00ff0a"}, [b"\x00\xff\n"]),
    ({"json": {"a": [1.0, None]}}, [b'{"a":[1.0,null]}']),
    ({"text": "abcdef", "split": "every-byte"}, [b"a", b"b", b"c", b"d", b"e", b"f"]),
    ({"text": "abcdef", "split": 4}, [b"abcd", b"ef"]),
    ({"text": "abcdef", "split": {"at": [1, -2]}}, [b"a", b"bcd", b"ef"]),
    ({"text": "ü", "split": "every-byte"}, [b"\xc3", b"\xbc"]),
    ({"text": "abcdef", "cut-after": 2}, [b"ab"]),
    ({"chunks": [{"choices": []}, "[DONE]"]}, [CHUNK, b"data: [DONE]\n\n"]),
    ({"chunks": ["[DONE]"], "line-ends": "crlf"}, [b"data: [DONE]\r\n\r\n"]),
    ({"chunks": ["[DONE]"], "line-ends": "cr"}, [b"data: [DONE]\r\r"]),
    ({"chunks": ["x", "[DONE]"], "final-newline": False}, [b"data: x\n\n", b"data: [DONE]"]),
    ({"chunks": [{"$comment": "hi"}, {"$raw": "id: 1\n"}]}, [b": hi\n\n", b"id: 1\n"]),
    ({"chunks": [{"$event": "e", "data": {"b": 1}}]}, [b'event: e\ndata: {"b":1}\n\n']),
    ({"chunks": [{"error": {"message": "$token"}}]}, [b'data: {"error":{"message":"TOKEN"}}\n\n']),
    ({"chunks": [{"$repeat": 2, "of": {"n": "$index"}}]}, [b'data: {"n":"00000"}\n\n', b'data: {"n":"00001"}\n\n']),
    ({"text": "abc", "encode": "gzip"}, [gzip.compress(b"abc", mtime=0)]),
]


@pytest.mark.parametrize(("script", "pieces"), PIECES, ids=lambda value: str(value)[:40])
def test_script_comes_to_these_bytes(script: Mapping[str, Any], pieces: list[bytes]) -> None:
    assert told(script) == pieces


def test_pauses_stand_before_the_pieces_that_follow_them() -> None:
    script = {"pause": 0.25, "chunks": ["a", {"$pause": 1.0}, "b", "c"]}
    assert [piece.pause for piece in perform(script, "chat", "T", streamed=True).pieces] == [0.0, 1.25, 0.25]


def test_cut_reply_still_claims_its_whole_length() -> None:
    performance = perform({"text": "abcdef", "cut-after": 2}, "chat", "T", streamed=False)
    assert performance.length == 6


def test_change_and_without_alter_the_plain_reply() -> None:
    (body,) = told({"change": {"/choices/0/message/x": 1}, "without": ["/usage", "/choices/0/logprobs"]})
    assert b'"x":1' in body
    assert b"usage" not in body
    assert b"logprobs" not in body


def test_token_is_found_in_any_place_and_two_are_said_to_be_none() -> None:
    ledger = AttemptLog()
    one, other = (ledger.open(name, "chat", ()) for name in ("one", "other"))
    assert ledger.match(b"", f'{{"user":"{one.token}"}}'.encode()) is one
    assert ledger.match(f"x-wireproof-case: {other.token}".encode(), b"") is other
    assert ledger.match(one.token.encode(), other.token.encode()) is None
    assert ledger.match(b"nothing", b"") is None


def test_scripts_are_played_attempt_by_attempt_and_the_last_one_stays() -> None:
    sheet = CaseAttempts("t", "case#1", "chat", [{"status": 503}, {"status": 200}])
    assert [sheet.next_script()["status"] for _ in range(3)] == [503, 200, 200]


async def ask(upstream: Upstream, request: bytes) -> bytes:
    """What the upstream sends for the bytes of a request, until it closes or is quiet."""
    host, port = upstream.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    pieces = []
    try:
        while piece := await asyncio.wait_for(reader.read(65536), 0.5):
            pieces.append(piece)
    except TimeoutError:
        pass
    writer.close()
    return b"".join(pieces)


def post(body: bytes) -> bytes:
    """A request as bytes."""
    return b"POST /v1/chat/completions HTTP/1.1\r\nhost: u\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def test_reply_is_byte_exact_and_the_attempt_is_noted(loop: asyncio.AbstractEventLoop) -> None:
    async def play() -> tuple[bytes, CaseAttempts, list[str]]:
        upstream = Upstream("127.0.0.1", 0, Scrubber())
        await upstream.open()
        sheet = upstream.ledger.open("case#1", "chat", [{"status": 418, "headers": {"x-request-id": None}, "text": "tea", "end": "close"}])
        reply = await ask(upstream, post(f'{{"user":"{sheet.token}"}}'.encode()))
        await ask(upstream, post(b"{}"))
        await upstream.settled(sheet, 2)
        await upstream.close()
        return reply, sheet, upstream.ledger.unmatched

    reply, sheet, unmatched = loop.run_until_complete(play())
    assert reply == b"HTTP/1.1 418 I'm a Teapot\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\ntea"
    (attempt,) = sheet.seen
    assert (attempt.id, attempt.status, attempt.body) == ("case#1^upstream1", 418, b"tea")
    assert (attempt.request.method, attempt.request.path) == ("POST", "/chat/completions")
    assert attempt.trouble is None
    assert unmatched == ["POST /v1/chat/completions"]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"text": "abcdef", "cut-after": 2, "end": "close"}, "closed"),
        ({"text": "abcdef", "cut-after": 2, "end": "reset"}, "reset"),
        ({"text": "abcdef", "framing": "chunked", "end": "close"}, "closed"),
        ({"silent": True, "end": "close"}, "closed"),
        ({"text": "abcdef", "framing": "close"}, None),
    ],
    ids=str,
)
def test_ending_is_noted(script: Mapping[str, Any], kind: str | None, loop: asyncio.AbstractEventLoop) -> None:
    async def play() -> CaseAttempts:
        upstream = Upstream("127.0.0.1", 0, Scrubber())
        await upstream.open()
        sheet = upstream.ledger.open("case#1", "chat", [script])
        with contextlib.suppress(ConnectionError):
            await ask(upstream, post(sheet.token.encode()))
        await upstream.settled(sheet, 2)
        await upstream.close()
        return sheet

    (attempt,) = loop.run_until_complete(play()).seen
    assert (attempt.trouble.kind if attempt.trouble else None) == kind


def test_requests_in_chunks_are_read(loop: asyncio.AbstractEventLoop) -> None:
    async def play() -> CaseAttempts:
        upstream = Upstream("127.0.0.1", 0, Scrubber())
        await upstream.open()
        sheet = upstream.ledger.open("case#1", "chat", [])
        body = f'{{"user":"{sheet.token}"}}'.encode()
        chunked = b"%x\r\n%s\r\n%x;x=1\r\n%s\r\n0\r\n\r\n" % (3, body[:3], len(body) - 3, body[3:])
        await ask(upstream, b"POST /v1/chat/completions HTTP/1.1\r\nhost: u\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked)
        await upstream.close()
        return sheet

    sheet = loop.run_until_complete(play())
    assert [attempt.request.body for attempt in sheet.seen] == [f'{{"user":"{sheet.token}"}}'.encode()]


class Quiet(asyncio.StreamWriter):
    """A connection on which nothing is sent but what is noted."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:  # type: ignore[override]
        """Note it."""
        self.sent.append(data)

    def __del__(self, *_: object) -> None:
        """Nothing was opened."""


async def received(sent: bytes, writer: Quiet | None = None) -> list[UpstreamRequest]:
    """The requests that are read from a connection on which these bytes came before it ended."""
    stream = asyncio.StreamReader()
    stream.feed_data(sent)
    stream.feed_eof()
    reader = RequestReader(stream)
    found = []
    while (asked := await reader.request(b"go on", writer or Quiet())) is not None:
        found.append(asked)
    return found


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: u\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def test_requests_that_follow_each_other_are_read_with_their_framing(loop: asyncio.AbstractEventLoop) -> None:
    trailers = CHUNKED + b"3;x=1\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"
    found = loop.run_until_complete(received(trailers + post(b"de") + HEAD + b"X-Odd:  a b \r\n\r\n"))
    assert [(asked.method, asked.target, asked.body) for asked in found] == [
        ("POST", "/v1/chat/completions", b) for b in (b"abc", b"de", b"")
    ]
    assert found[2].headers == (("host", "u"), ("x-odd", "a b"))
    assert found[2].head == b"POST /v1/chat/completions HTTP/1.1\r\nHost: u\r\nX-Odd: a b"


def test_who_waits_to_be_told_to_go_on_is_told_once(loop: asyncio.AbstractEventLoop) -> None:
    writer = Quiet()
    asks = HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert loop.run_until_complete(received(asks, writer)) == []
    assert writer.sent == [b"go on"]


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1_0\r\n\r\n",
        HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        CHUNKED + b"-3\r\nabc\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"3\r\nabcdef",
        b"GET  /v1/models HTTP/1.1\r\nHost: u\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 99,
        HEAD + b"X: " + b"y" * 300_000,
        CHUNKED + b"1" * 300_000,
    ],
    ids=lambda sent: repr(sent[40:70]),
)
def test_what_is_no_request_ends_the_connection(sent: bytes, loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(NotHttpError):
        loop.run_until_complete(received(sent))


def test_no_body_is_larger_than_allowed(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 1_000)
    assert [len(asked.body) for asked in loop.run_until_complete(received(post(b"x" * 1_000)))] == [1_000]
    for sent in (post(b"x" * 1_001), CHUNKED + b"1\r\nx\r\n" * 1_001):
        with pytest.raises(NotHttpError, match="more than 1,000 bytes"):
            loop.run_until_complete(received(sent))


def test_who_sends_on_and_on_while_it_is_answered_counts_as_gone(loop: asyncio.AbstractEventLoop) -> None:
    async def play() -> None:
        stream = asyncio.StreamReader()
        stream.feed_data(b"x" * (http.LONGEST_AHEAD + http.READ_SIZE))
        await asyncio.wait_for(RequestReader(stream).gone(), 5)

    loop.run_until_complete(play())


@given(st.binary(max_size=80), st.sampled_from([b"", HEAD, CHUNKED, HEAD + b"Content-Length: 5\r\n\r\n"]))
def test_whatever_comes_is_a_request_or_said_to_be_none(tail: bytes, start: bytes) -> None:
    with contextlib.suppress(NotHttpError):
        assert all(isinstance(asked.body, bytes) for asked in asyncio.run(received(start + tail)))


def test_taken_address_is_one_sentence(loop: asyncio.AbstractEventLoop) -> None:
    async def play() -> None:
        first = Upstream("127.0.0.1", 0, Scrubber())
        await first.open()
        host, port = first.address.split(":")
        try:
            await Upstream(host, int(port), Scrubber()).open()
        finally:
            await first.close()

    with pytest.raises(UpstreamError, match="cannot listen on"):
        loop.run_until_complete(play())
