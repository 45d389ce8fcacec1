"""Headers: missing, doubled, endless, unreadable, and with texts that want to be obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour

CONTENT_TYPES = (
    "",
    "text/html",
    "text/plain",
    "application/octet-stream",
    "application/json; charset=utf-16",
    "APPLICATION/JSON",
    "application/json;",
    "text/event-stream; charset=latin-1",
    "application/x-ndjson",
    "multipart/mixed; boundary=x",
    "a" * 10_000,
    "\x1b[2J",
    "application/json, text/html",
)

RETRY_AFTER = {
    "negative": "-5",
    "huge": "9" * 400,
    "float": "1.5",
    "word": "soon",
    "empty": "",
    "nan": "nan",
    "superscript": "\u00b2",
    "year-too-large": "Mon, 01 Jan 9999999999999999999 00:00:00 GMT",
    "zone-too-large": "Mon, 01 Jan 2026 00:00:00 +9999999999999999",
    "past": "Mon, 01 Jan 1990 00:00:00 GMT",
    "next-year": "Mon, 01 Jan 2035 00:00:00 GMT",
    "list": "1, 2, 3",
    "zero": "0",
}

LINES = {
    "no-colon": b"x-a b\r\n",
    "blank-name": b" : b\r\n",
    "empty-name": b": b\r\n",
    "name-with-blank": b"x a: b\r\n",
    "folded": b"x-a: b\r\n  c\r\n",
    "nul": b"x-a: b\x00c\r\n",
    "latin": b"x-a: \xff\xfe\r\n",
    "esc": b"x-a: \x1b[2J\x1b]0;owned\x07\r\n",
    "lf-alone": b"x-a: b\nx-b: c\r\n",
    "cr-alone": b"x-a: b\rx-b: c\r\n",
    "value-100k": b"x-a: " + b"b" * 100_000 + b"\r\n",
    "value-1m": b"x-a: " + b"b" * 1_000_000 + b"\r\n",
    "name-10k": b"x" * 10_000 + b": b\r\n",
    "90-of-them": b"".join(b"x-%d: b\r\n" % n for n in range(90)),
    "30k-of-them": b"".join(b"x-%d: b\r\n" % n for n in range(30_000)),
    "same-500-times": b"x-a: b\r\n" * 500,
    "two-content-types": b"content-type: text/html\r\n",
    "two-request-ids": b"x-request-id: 2\r\n",
    "cookie-many": b"".join(b"set-cookie: a%d=b\r\n" % n for n in range(50)),
    "cookie-odd": b"set-cookie: ===;;;=; expires=Thu, 99 Foo 99999 99:99:99 GMT; domain=..; path=\r\n",
    "cookie-dates": b"set-cookie: a=b; expires=Mon, 01 Jan 99999999999 00:00:00 GMT; max-age=99999999999999999999\r\n",
    "cookie-bomb": b"".join(b"set-cookie: %d=%s\r\n" % (n, b"x" * 4_000) for n in range(20)),
    "date-odd": b"date: yesterday\r\n",
    "upgrade": b"upgrade: h2c\r\n",
    "alt-svc": b'alt-svc: h3=":443"; ma=99999999999999999999\r\n',
    "trailer-announced": b"trailer: x-end\r\n",
}

RIGHT_LINES = (
    "latin",
    "90-of-them",
    "cookie-many",
    "cookie-odd",
    "cookie-dates",
    "alt-svc",
    "trailer-announced",
    "upgrade",
    "date-odd",
    "folded",
    "lf-alone",
    "esc",
    "value-100k",
    "name-10k",
    "same-500-times",
    "two-request-ids",
    "cookie-bomb",
)


def _line(line: bytes, talk: Talk) -> None:
    status, headers, body = talk.right()
    own = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    talk.send(b"HTTP/1.1 %d OK\r\n" % status + line + own + b"content-length: %d\r\n\r\n" % len(body) + body)


def _with(headers: Mapping[str, str | None], talk: Talk) -> None:
    talk.respond(headers=headers)


def _put_off(status: int, value: str | None, talk: Talk) -> None:
    body = b'{"error":{"message":"Later.","type":"requests","param":null,"code":"rate_limit_exceeded"}}'
    headers: dict[str, str | None] = {"content-type": "application/json", "retry-after": value}
    talk.respond(status, headers, body)


def _endless(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        talk.send(b"x-a: b\r\n" * 100)


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for number, value in enumerate(CONTENT_TYPES):
        harmless = value.lower().split(";")[0] in ("application/json", "text/event-stream") and "16" not in value and "latin" not in value
        yield Behaviour(f"content-type-{number}", partial(_with, {"content-type": value}), harmless=harmless and "," not in value)
    yield Behaviour("content-type-missing", partial(_with, {"content-type": None}))
    yield Behaviour("request-id-missing", partial(_with, {"x-request-id": None}), harmless=True)
    for name, line in LINES.items():
        yield Behaviour(f"header-{name}", partial(_line, line), harmless=name in RIGHT_LINES, pre=name in ("esc", "value-1m", "no-colon"))
    yield Behaviour("header-without-end", _endless, slow=True, pre=True)
    for name, value in RETRY_AFTER.items():
        yield Behaviour(f"retry-after-{name}", partial(_put_off, 429, value), pre=True)
        yield Behaviour(f"unavailable-retry-after-{name}", partial(_put_off, 503, value))
    yield Behaviour("rate-limited-without-retry-after", partial(_put_off, 429, None), slow=True, pre=True)
