"""Server-sent events: fields, line ends, order, and floods. Replies that are no stream stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from itertools import cycle

from tests.hostile.server import Talk

from .kind import Behaviour

Change = Callable[[bytes], bytes]
EVENT = b"\n\n"
CHUNK = b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n'


def _changed(change: Change, talk: Talk) -> None:
    body = talk.right()[2]
    talk.respond(body=change(body) if talk.streams else body)


def _last_event_first(body: bytes) -> bytes:
    first, *rest = body.split(EVENT)
    return EVENT.join([*rest[:-1], first, b""])


CHANGES: dict[str, Change] = {
    "empty": lambda body: b"",
    "done-alone": lambda body: b"data: [DONE]\n\n",
    "done-twice": lambda body: body + b"data: [DONE]\n\n",
    "done-lower-case": lambda body: body.replace(b"[DONE]", b"[done]"),
    "done-missing": lambda body: body.replace(b"data: [DONE]\n\n", b""),
    "done-first": lambda body: b"data: [DONE]\n\n" + body,
    "behind-done": lambda body: body + CHUNK,
    "crlf": lambda body: body.replace(b"\n", b"\r\n"),
    "cr": lambda body: body.replace(b"\n", b"\r"),
    "lines-mixed": lambda body: body.replace(EVENT, b"\r\n\n"),
    "no-blank-after-colon": lambda body: body.replace(b"data: ", b"data:"),
    "two-blanks-after-colon": lambda body: body.replace(b"data: ", b"data:  "),
    "upper-case-field": lambda body: body.replace(b"data:", b"DATA:"),
    "unknown-field": lambda body: body.replace(b"data:", b"payload:"),
    "no-field": lambda body: body.replace(b"data: ", b""),
    "indented": lambda body: body.replace(b"data:", b" data:"),
    "json-alone": lambda body: body.replace(b"data: ", b"").replace(EVENT, b"\n"),
    "run-together": lambda body: body.replace(EVENT, b"\n"),
    "comments": lambda body: body.replace(EVENT, EVENT + b": keep-alive\n\n"),
    "comment-first": lambda body: b": hello\n\n" + body,
    "comment-odd": lambda body: b": \x1b[2J\x00 \xff\n\n" + body,
    "ids": lambda body: body.replace(b"data:", b"id: 1\ndata:"),
    "id-nul": lambda body: body.replace(b"data:", b"id: \x00\ndata:"),
    "retry": lambda body: b"retry: 99999999999999999999\n\n" + body,
    "retry-word": lambda body: b"retry: never\n\n" + body,
    "retry-storm": lambda body: body.replace(EVENT, EVENT + b"retry: 0\n\n" * 2_000),
    "ids-with-nul-and-cr": lambda body: body.replace(b"data:", b"id: a\x00\rid: b\r\ndata:"),
    "line-ends-of-every-kind": lambda body: b"".join(
        event.replace(b"\n", end) + end * 2 for event, end in zip(body.split(EVENT)[:-1], cycle([b"\n", b"\r\n", b"\r"]), strict=False)
    ),
    "data-lines-10k-in-one": lambda body: b"data: {}\n" * 10_000 + b"\n" + body,
    "blank-data-lines-10k-in-one": lambda body: b"data:\n" * 10_000 + b"\n" + body,
    "event-names": lambda body: re.sub(rb"(?m)^data:", b"event: odd\ndata:", body),
    "empty-data": lambda body: body.replace(EVENT, EVENT + b"data:\n\n"),
    "null-data": lambda body: body.replace(EVENT, EVENT + b"data: null\n\n"),
    "number-data": lambda body: body.replace(EVENT, EVENT + b"data: 7\n\n"),
    "array-data": lambda body: body.replace(EVENT, EVENT + b"data: []\n\n"),
    "object-data": lambda body: body.replace(EVENT, EVENT + b"data: {}\n\n"),
    "broken-data": lambda body: body.replace(b'{"id"', b'{"id'),
    "two-documents": lambda body: re.sub(rb"(?m)^data: (\{.*)$", rb"data: \1\1", body),
    "many-data-lines": lambda body: re.sub(rb"(?m)^data: \{", b"data: {\ndata: ", body),
    "error-event": lambda body: body.split(EVENT)[0] + EVENT + b'data: {"error":{"message":"No.","type":"t","param":null,"code":null}}\n\n',
    "error-odd": lambda body: b'data: {"error":[[[]]]}\n\n',
    "error-number": lambda body: b'data: {"error":5}\n\ndata: [DONE]\n\n',
    "cut-in-event": lambda body: body[: len(body) // 2],
    "last-blank-missing": lambda body: body.removesuffix(b"\n"),
    "twice": lambda body: body + body,
    "reordered": _last_event_first,
    "first-event-missing": lambda body: body.partition(EVENT)[2],
    "each-event-twice": lambda body: b"".join(event + EVENT + event + EVENT for event in body.split(EVENT) if event),
    "bom-in-the-middle": lambda body: body.replace(EVENT, EVENT + b"\xef\xbb\xbf", 1),
    "newlines-100k": lambda body: b"\n" * 100_000 + body,
    "comments-20k": lambda body: b":\n" * 20_000 + body,
    "objects-10k": lambda body: CHUNK * 10_000 + body,
    "comments-8mb": lambda body: b":\n\n" * 2_700_000 + body,
    "events-empty-1m": lambda body: b"data:\n\n" * 1_000_000 + body,
    "objects-800k": lambda body: b"data: {}\n\n" * 800_000 + body,
    "line-without-end-4mb": lambda body: b"data: " + b"x" * 4_000_000,
}

RIGHT = (
    "ids-with-nul-and-cr",
    "line-ends-of-every-kind",
    "id-nul",
    "reordered",
    "bom-in-the-middle",
    "event-names",
    "done-twice",
    "done-first",
    "lines-mixed",
    "many-data-lines",
    "last-blank-missing",
    "crlf",
    "cr",
    "no-blank-after-colon",
    "comments",
    "comment-first",
    "ids",
    "retry",
    "retry-word",
    "newlines-100k",
    "comments-20k",
    "empty-data",
)
SLOW = ("comments-8mb", "events-empty-1m", "objects-800k", "objects-10k")


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, change in CHANGES.items():
        yield Behaviour(f"events-{name}", partial(_changed, change), harmless=name in RIGHT, slow=name in SLOW)
