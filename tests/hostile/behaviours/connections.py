"""What happens to a connection: resets at each phase, other protocols, replies without a header, promises to stay open."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour


def _reset(talk: Talk) -> None:
    """Close the connection so that the other side gets a reset."""
    talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.connection.close()


def _reset_at(phase: str, talk: Talk) -> None:
    status, headers, body = talk.right()
    line, rest = b"HTTP/1.1 %d OK\r\n" % status, {**headers, "content-length": str(len(body))}
    head = line + "".join(f"{name}: {value}\r\n" for name, value in rest.items()).encode() + b"\r\n"
    sent = {"before": b"", "status": head[:5], "headers": head[: len(line) + 9], "body": head, "middle": head + body[: len(body) // 2]}
    talk.send(sent.get(phase, head + body))
    time.sleep(0.05)  # a reset takes what was not read yet with it
    _reset(talk)


def _body_alone(talk: Talk) -> None:
    talk.send(talk.right()[2])


def _frames(talk: Talk) -> None:
    """What a server of HTTP/2 says first: its settings."""
    talk.send(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" * 2)


def _preface(talk: Talk) -> None:
    talk.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def _promised(headers: dict[str, str], talk: Talk) -> None:
    """Promise to keep the connection, wait for the next request, and hang up."""
    status, own, body = talk.right()
    lines = {**own, "content-length": str(len(body)), "connection": "keep-alive", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    talk.send(b"HTTP/1.1 %d OK\r\n" % status + head.encode() + b"\r\n" + body)
    talk.connection.settimeout(2)
    talk.connection.recv(10)
    _reset(talk)


def _interim_then_silence(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    time.sleep(5)


def _byte_by_byte(talk: Talk) -> None:
    status, headers, body = talk.right()
    lines = {**headers, "content-length": str(len(body)), "connection": "close"}
    head = b"HTTP/1.1 %d OK\r\n" % status + "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n"
    talk.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in head + body:
        talk.send(bytes([byte]))


def _lines_added(lines: bytes, talk: Talk) -> None:
    status, headers, body = talk.right()
    own = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    talk.send(b"HTTP/1.1 %d OK\r\n" % status + own + lines.replace(b"%L", b"%d" % len(body)) + b"connection: close\r\n\r\n" + body)


LINES = {
    "two-lengths": b"content-length: %L\r\ncontent-length: 7\r\n",
    "two-equal-lengths": b"content-length: %L\r\ncontent-length: %L\r\n",
    "length-and-chunked": b"content-length: %L\r\ntransfer-encoding: chunked\r\n",
    "links": b"content-length: %L\r\nlink: </v1/models?page=2>; rel=next, <javascript:alert(1)>; rel=prefetch\r\n",
    "date-in-the-future": b"content-length: %L\r\ndate: Fri, 31 Dec 9999 23:59:59 GMT\r\nexpires: 0\r\nage: 99999999999999999999\r\n",
    "keep-alive-forever": b"content-length: %L\r\nkeep-alive: timeout=99999999999999999999, max=-1\r\n",
    "strict-transport": b"content-length: %L\r\nstrict-transport-security: max-age=99999999999\r\nclear-site-data: *\r\n",
    "authenticate": b'content-length: %L\r\nwww-authenticate: Basic realm="\x1b[2J", Negotiate, NTLM\r\n',
    "proxy-authenticate": b"content-length: %L\r\nproxy-authenticate: Basic\r\nproxy-connection: keep-alive\r\n",
    "refresh": b"content-length: %L\r\nrefresh: 0; url=http://127.0.0.1:9/\r\ncontent-location: http://127.0.0.1:9/\r\n",
}
RIGHT_LINES = tuple(name for name in LINES if name not in ("two-lengths", "length-and-chunked"))


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for phase in ("before", "status", "headers", "body", "middle"):
        yield Behaviour(f"reset-{phase}", partial(_reset_at, phase), pre=phase in ("before", "body"))
    yield Behaviour("reset-after-all", partial(_reset_at, "after"), harmless=True)
    yield Behaviour("body-without-header", _body_alone, pre=True)
    yield Behaviour("http-2-frames", _frames, pre=True)
    yield Behaviour("http-2-preface", _preface, pre=True)
    yield Behaviour("keep-alive-broken", partial(_promised, {}), harmless=True, pre=True)
    yield Behaviour("keep-alive-broken-promise", partial(_promised, {"keep-alive": "timeout=3600, max=1000"}), harmless=True)
    yield Behaviour("interim-100-then-silence", _interim_then_silence, slow=True, pre=True)
    yield Behaviour("byte-by-byte", _byte_by_byte, harmless=True)
    for name, lines in LINES.items():
        yield Behaviour(f"header-{name}", partial(_lines_added, lines), harmless=name in RIGHT_LINES)
