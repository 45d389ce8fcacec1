"""Status lines: codes that mean something else, and lines that are none."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour

CODES = (
    201,
    202,
    203,
    204,
    205,
    206,
    207,
    226,
    299,
    300,
    304,
    306,
    402,
    409,
    410,
    418,
    425,
    451,
    499,
    500,
    502,
    504,
    505,
    511,
    520,
    599,
    600,
    999,
)

LINES = {
    "empty": b"",
    "one-letter": b"H",
    "no-code": b"HTTP/1.1",
    "no-reason": b"HTTP/1.1 200",
    "code-with-letters": b"HTTP/1.1 2OO OK",
    "code-of-two-digits": b"HTTP/1.1 20 OK",
    "code-of-four-digits": b"HTTP/1.1 2000 OK",
    "code-negative": b"HTTP/1.1 -200 OK",
    "code-zero": b"HTTP/1.1 000 OK",
    "code-of-1000-digits": b"HTTP/1.1 " + b"2" * 1000 + b" OK",
    "version-0.9": b"HTTP/0.9 200 OK",
    "version-1.0": b"HTTP/1.0 200 OK",
    "version-2": b"HTTP/2 200",
    "version-9.9": b"HTTP/9.9 200 OK",
    "ssh": b"SSH-2.0-OpenSSH_9.6",
    "tls-alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "html": b"<!DOCTYPE html><html>",
    "reason-10k": b"HTTP/1.1 200 " + b"O" * 10_000,
    "reason-esc": b"HTTP/1.1 200 \x1b[2J\x1b]0;owned\x07",
    "reason-nul": b"HTTP/1.1 200 O\x00K",
    "reason-latin": b"HTTP/1.1 200 \xe9\xff",
    "reason-command": b"HTTP/1.1 200 ::add-mask::x",
    "cr-inside": b"HTTP/1.1 200 O\rK",
    "blanks": b"HTTP/1.1   200   OK",
    "icy": b"ICY 200 OK",
}

RIGHT_LINES = ("no-reason", "version-0.9", "version-1.0", "version-9.9", "reason-10k", "reason-esc", "reason-latin", "reason-command")


def _code(code: int, talk: Talk) -> None:
    talk.respond(status=code)


def _line(line: bytes, talk: Talk) -> None:
    body = talk.right()[2]
    kind = b"text/event-stream" if talk.streams else b"application/json"
    talk.send(line + b"\r\ncontent-type: " + kind + b"\r\nx-request-id: 1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)


def _interim(number: int, code: int, talk: Talk) -> None:
    for _ in range(number):
        talk.send(b"HTTP/1.1 %d Interim\r\nx-a: b\r\n\r\n" % code)
    talk.respond()


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for code in CODES:
        yield Behaviour(f"status-{code}", partial(_code, code), pre=code in (204, 304, 500, 599))
    for name, line in LINES.items():
        yield Behaviour(
            f"status-line-{name}", partial(_line, line), harmless=name in RIGHT_LINES, pre=name in ("ssh", "html", "reason-esc")
        )
    for number, code in ((1, 100), (1, 103), (20, 103), (1, 101), (1, 199)):
        yield Behaviour(f"interim-{code}-{number}-times", partial(_interim, number, code), harmless=code in (100, 103, 199))
    yield Behaviour("interim-100-without-end", partial(_interim, 10_000_000, 100), slow=True, pre=True)
