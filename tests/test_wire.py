"""The wire against misbehaving servers on real sockets: bounded in time and memory, with the failure named correctly."""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from harness.model import Exchange, Request
from harness.wire.redaction import Scrubber
from harness.wire.repeats import retry_after_seconds
from harness.wire.transport import EVIDENCE, Limits, Wire

LIMITS = Limits(connect=1, silence=0.4, total=1.2, octets=200_000, attempts=3, wait=0.2)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
PACKED = gzip.compress(b"hello" * 9)
Talk = Callable[[socket.socket], None]


@contextmanager
def server(*talks: Talk, reads_nothing: bool = False) -> Iterator[str]:
    """A server that answers its connections with these conversations, one after the other; the last one repeats.

    It reads what comes first, unless the conversation does that.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        number = 0
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(3)
                try:
                    if not reads_nothing:
                        connection.recv(65_536)
                    talks[min(number, len(talks) - 1)](connection)
                except OSError:
                    pass
            number += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=5)


def send(base_url: str, *, leave_after: int | None = None, limits: Limits = LIMITS) -> Exchange:
    """Send one request."""

    async def go() -> Exchange:
        wire = Wire(base_url, Scrubber(["sk-secret-secret-secret"]), limits, trust_env=False)
        headers = (("authorization", "Bearer sk-secret-secret-secret"),)
        try:
            return await wire.exchange(Request("chat", "POST", "/x", headers, b"{}", leave_after=leave_after), "case#1")
        finally:
            await wire.close()

    return asyncio.run(go())


def says(*parts: bytes) -> Talk:
    """Send some bytes and hang up."""

    def talk(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return talk


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    while True:
        connection.sendall(b": still here\n\n")
        time.sleep(0.05)


def flood(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for _ in range(5_000):
        connection.sendall(b"x" * 100_000)


def hang(connection: socket.socket) -> None:
    time.sleep(1)


def stall(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"data: {}\n\n")
    time.sleep(1)


@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (hang, "silent"),
        (stall, "stalled"),
        (drip, "too-long"),
        (flood, "too-large"),
        (says(b""), "cut"),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"), "cut"),
        (says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"), "cut"),
        (says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n"), "garbled"),
        (says(b"\x00\xff\x13garbage\r\n\r\n"), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx"), "undecodable"),
        (says(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope"), "undecodable"),
        (says(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(PACKED[:-9]) + PACKED[:-9]), "cut"),
        (
            says(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % (len(PACKED) + 1) + PACKED + b"x"),
            "undecodable",
        ),
    ],
)
def test_trouble_is_bounded_and_named(talk: Talk, kind: str) -> None:
    began = time.process_time()
    with server(talk) as base_url:
        exchange = send(base_url)
    assert exchange.trouble is not None
    assert exchange.trouble.kind == kind, exchange.trouble
    assert len(exchange.body) <= EVIDENCE
    assert time.process_time() - began < 4


def test_compressed_bomb_is_bounded() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    with server(says(head + bomb)) as base_url:
        exchange = send(base_url)
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "too-large"


def test_compressed_body_is_decoded() -> None:
    body = zlib.compress(b"hello")
    with server(says(b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: %d\r\n\r\n" % len(body) + body)) as base_url:
        assert send(base_url).body == b"hello"


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    exchange = send(f"http://127.0.0.1:{port}")
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "unreachable"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EADDRNOTAVAIL])
def test_want_of_files_or_ports_is_ours(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*given: object, **named: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("anyio.connect_tcp", refuse)
    exchange = send("http://127.0.0.1:9/v1")
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "ours"


def test_plain_server_has_no_tls() -> None:
    with server(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as base_url:
        exchange = send(base_url.replace("http:", "https:"))
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "tls"


def test_redirect_is_not_followed() -> None:
    with server(says(b"HTTP/1.1 307 Away\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n")) as base_url:
        exchange = send(base_url)
    assert (exchange.status, exchange.header("location"), exchange.trouble) == (307, "http://127.0.0.1:9/", None)


@pytest.mark.parametrize("target", ["javascript:alert(1)", "http://h:99999999/", "http://[::1", "", "a" * 500 + ":x", "http://h/\xe9"])
def test_redirect_to_anywhere_is_a_whole_reply(target: str) -> None:
    with server(says(f"HTTP/1.1 307 Away\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode("latin-1"))) as base_url:
        exchange = send(base_url)
    assert (exchange.status, exchange.header("location"), exchange.trouble) == (307, target, None)


def reply(status: str, *headers: str, body: bytes = b"{}") -> Talk:
    """A small reply with a length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body)}", "connection: close", "", ""]
    return says("\r\n".join(lines).encode() + body)


def test_call_to_wait_is_obeyed_and_kept() -> None:
    with server(reply("429 Slow", "retry-after: 0"), reply("503 Busy", "retry-after: 0"), reply("200 OK")) as base_url:
        exchange = send(base_url)
    assert exchange.status == 200
    assert [(attempt.status, attempt.retry_after) for attempt in exchange.attempts] == [(429, "0"), (503, "0")]


def test_waiting_ends() -> None:
    with server(reply("429 Slow", "retry-after: 0")) as base_url:
        exchange = send(base_url)
    assert (exchange.status, len(exchange.attempts)) == (429, 2)


def test_too_long_a_wait_is_not_waited() -> None:
    with server(reply("429 Slow", "retry-after: 3600")) as base_url:
        exchange = send(base_url)
    assert (exchange.status, exchange.attempts) == (429, ())


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    assert retry_after_seconds("5", now) == 5
    assert retry_after_seconds((now + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT"), now) == 9
    assert retry_after_seconds("soon", now) is None
    assert retry_after_seconds(None, now) is None


def test_pieces_carry_their_arrival_times() -> None:
    def slowly(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"data: 1\n\n")
        time.sleep(0.15)
        connection.sendall(b"data: 2\n\n")

    with server(slowly) as base_url:
        exchange = send(base_url)
    assert exchange.arrivals[-1].octets == len(exchange.body)
    assert exchange.arrivals[-1].seconds - exchange.arrivals[0].seconds > 0.1


def test_leaving_early_leaves_early() -> None:
    with server(drip) as base_url:
        exchange = send(base_url, leave_after=1)
    assert exchange.trouble is None
    assert exchange.body.startswith(b": still here")


def test_echoed_key_is_not_recorded() -> None:
    secret = b"sk-secret-secret-secret"
    body = b"you sent " + secret
    head = b"HTTP/1.1 200 OK\r\nx-debug: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (secret, len(body))
    with server(says(head + body)) as base_url:
        exchange = send(base_url)
    assert secret.decode() not in repr(exchange)
    assert exchange.body == b"you sent [key removed]"


def test_cookies_are_neither_kept_nor_recorded() -> None:
    with server(reply("200 OK", "set-cookie: session=abc")) as base_url:
        assert send(base_url).header("set-cookie") is None


def test_cookies_are_not_sent_back() -> None:
    """Nothing goes out but what the record shows, and what frames it."""
    asked: list[bytes] = []

    def setting_cookies(connection: socket.socket) -> None:
        for _ in range(3):
            asked.append(connection.recv(65_536))
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nset-cookie: sid=abc\r\nset-cookie: t=1; Path=/; Domain=127.0.0.1\r\ncontent-length: 2\r\n\r\n{}"
            )

    async def go(base_url: str) -> list[Exchange]:
        wire = Wire(base_url, Scrubber(), LIMITS, trust_env=False)
        headers = (("user-agent", "us"), ("accept", "*/*"), ("accept-encoding", "identity"))
        request = Request("models", "GET", "/models", headers, b"")
        try:
            return [await wire.exchange(request, f"case#{number}") for number in range(3)]
        finally:
            await wire.close()

    with server(setting_cookies, reads_nothing=True) as base_url:
        exchanges = asyncio.run(go(base_url))
    assert [exchange.status for exchange in exchanges] == [200] * 3
    for sent, exchange in zip(asked, exchanges, strict=True):
        names = {line.split(b":")[0].decode().lower() for line in sent.split(b"\r\n")[1:] if line}
        assert names - {name for name, _ in exchange.request.headers} == {"host", "connection"}


REUSED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def answers_once_then_hangs_up(connection: socket.socket) -> None:
    """Answer the first request of a connection, and close it as soon as the second has come."""
    time.sleep(0.05)
    connection.setblocking(False)
    with suppress(BlockingIOError):
        connection.recv(65_536)  # the body, which may come after the headers
    connection.settimeout(3)
    connection.sendall(REUSED)
    connection.recv(65_536)


def twice(base_url: str, request: Request, *, reuse: bool = True) -> Exchange:
    """The second of two equal requests."""

    async def go() -> Exchange:
        wire = Wire(base_url, Scrubber(), LIMITS, trust_env=False, reuse=reuse)
        try:
            await wire.exchange(request, "case#1")
            return await wire.exchange(request, "case#2")
        finally:
            await wire.close()

    return asyncio.run(go())


def test_request_whose_reused_connection_was_closed_is_sent_once_more_and_tells_so() -> None:
    with server(answers_once_then_hangs_up) as url:
        exchange = twice(url, Request("chat", "POST", "/x", (), b"{}"))
    assert exchange.status == 200
    assert [(attempt.status, attempt.waited) for attempt in exchange.attempts] == [(0, 0.0)]


@pytest.mark.parametrize(
    ("request_", "reuse"),
    [
        (Request("responses", "POST", "/x", (), b"{}"), True),
        (Request("chat", "POST", "/x", (), b'{"store":true}'), True),
        (Request("response", "DELETE", "/x", (), b""), True),
        (Request("chat", "POST", "/x", (), b"{}"), False),
    ],
    ids=["kept", "stored", "deleted", "behind a gateway"],
)
def test_what_must_not_be_sent_twice_goes_on_a_connection_of_its_own(request_: Request, reuse: bool) -> None:
    with server(answers_once_then_hangs_up) as url:
        exchange = twice(url, request_, reuse=reuse)
    assert exchange.status == 200
    assert exchange.attempts == ()


@pytest.mark.parametrize(
    "value",
    ["Mon, 01 Jan 2026 00:00:00 +9999999999999999", "Mon, 01 Jan 9999999999999999999 00:00:00 GMT", "-5", "\u00b2", "nan", "9" * 400],
)
def test_retry_after_is_never_an_exception(value: str) -> None:
    seconds = retry_after_seconds(value, datetime.now(UTC))
    assert seconds is None or seconds >= 0
