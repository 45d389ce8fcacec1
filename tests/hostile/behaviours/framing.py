"""Where a body ends: lengths that lie, chunks that are none, connections that close too early."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour


def _length(value: str, talk: Talk) -> None:
    talk.respond(headers={"content-length": value})


def _off_by(number: int, talk: Talk) -> None:
    body = talk.right()[2]
    talk.respond(headers={"content-length": str(len(body) + number)})


def _chunked(raw: bytes, talk: Talk) -> None:
    """The right body in one chunk, between other bytes: ``%B`` stands for it, ``%L`` for its length in hex."""
    status, headers, body = talk.right()
    talk.head(status, {**headers, "transfer-encoding": "chunked"})
    talk.send(raw.replace(b"%L", b"%x" % len(body)).replace(b"%B", body))


def _in_chunks_of(size: int, talk: Talk) -> None:
    status, headers, body = talk.right()
    talk.head(status, {**headers, "transfer-encoding": "chunked"})
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    talk.send(b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")


def _cut(share: float, talk: Talk) -> None:
    status, headers, body = talk.right()
    talk.head(status, {**headers, "content-length": str(len(body))})
    talk.send(body[: int(len(body) * share)])


def _until_close(talk: Talk) -> None:
    talk.respond(headers={"content-length": None})


def _coding(value: str, talk: Talk) -> None:
    talk.respond(headers={"transfer-encoding": value, "content-length": None})


def _at_once(raw: bytes, talk: Talk) -> None:
    talk.send(raw)


def _twice(talk: Talk) -> None:
    talk.respond()
    talk.respond()


CHUNKS = {
    "right": b"%L\r\n%B\r\n0\r\n\r\n",
    "extension": b"%L;a=b\r\n%B\r\n0\r\n\r\n",
    "extension-100k": b"%L;" + b"a" * 100_000 + b"\r\n%B\r\n0\r\n\r\n",
    "extension-8mb": b"%L;" + b"a" * 8_000_000 + b"\r\n%B\r\n0\r\n\r\n",
    "trailer": b"%L\r\n%B\r\n0\r\nx-end: 1\r\n\r\n",
    "trailers-5k": b"%L\r\n%B\r\n0\r\n" + b"x-end: 1\r\n" * 5_000 + b"\r\n",
    "trailer-of-framing": b"%L\r\n%B\r\n0\r\ncontent-length: 3\r\ncontent-type: text/html\r\nset-cookie: a=b\r\n\r\n",
    "trailer-odd": b"%L\r\n%B\r\n0\r\n\x00\x1b\r\n\r\n",
    "no-end": b"%L\r\n%B\r\n",
    "no-last-line": b"%L\r\n%B\r\n0\r\n",
    "length-negative": b"-%L\r\n%B\r\n0\r\n\r\n",
    "length-of-letters": b"zz\r\n%B\r\n0\r\n\r\n",
    "length-empty": b"\r\n%B\r\n0\r\n\r\n",
    "length-too-large": b"ffffffffffffffffffffff\r\n%B\r\n0\r\n\r\n",
    "length-too-small": b"5\r\n%B\r\n0\r\n\r\n",
    "length-with-0x": b"0x%L\r\n%B\r\n0\r\n\r\n",
    "lf-alone": b"%L\n%B\n0\n\n",
    "leading-zeros": b"000000000000%L\r\n%B\r\n0\r\n\r\n",
    "garbage-behind": b"%L\r\n%B\r\n0\r\n\r\ngarbage",
    "zero-first": b"0\r\n\r\n%L\r\n%B\r\n0\r\n\r\n",
    "nothing": b"",
}

RIGHT_CHUNKS = ("right", "extension", "extension-100k", "leading-zeros", "trailer", "trailers-5k", "trailer-of-framing", "garbage-behind")


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, raw in CHUNKS.items():
        yield Behaviour(f"chunks-{name}", partial(_chunked, raw), harmless=name in RIGHT_CHUNKS)
    for size in (1, 3, 1000):
        yield Behaviour(f"chunks-of-{size}", partial(_in_chunks_of, size), harmless=True)
    for value in ("-1", "x", "", "1e3", "0x10", "99999999999999999999", "0", "5, 5", "+5"):
        yield Behaviour(f"length-{value or 'empty'}".replace(", ", "-and-"), partial(_length, value))
    for number in (-1, 1, -100, 1000):
        yield Behaviour(f"length-off-by-{number}", partial(_off_by, number))
    for share in (0.0, 0.1, 0.5, 0.99):
        yield Behaviour(f"cut-at-{share:.0%}".replace("%", "-percent"), partial(_cut, share), pre=share == 0.5)
    for value in ("gzip", "gzip, chunked", "identity", "chunked, chunked", "xchunked", "\x0bchunked"):
        yield Behaviour(f"coding-{value.strip().replace(', ', '-')}-claimed", partial(_coding, value))
    yield Behaviour("until-close", _until_close, harmless=True)
    yield Behaviour("replied-twice", _twice, harmless=True)
    yield Behaviour("closed-at-once", partial(_at_once, b""), pre=True)
    yield Behaviour("closed-in-headers", partial(_at_once, b"HTTP/1.1 200 OK\r\ncontent-ty"), pre=True)
    yield Behaviour("closed-after-headers", partial(_at_once, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"), pre=True)
    yield Behaviour("nothing-but-zeros", partial(_at_once, b"\x00" * 1000), pre=True)
    yield Behaviour("nothing-but-newlines", partial(_at_once, b"\r\n" * 1000), pre=True)
