"""Silence, drips and late answers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour


def _silent(talk: Talk) -> None:
    time.sleep(5)


def _late(seconds: float, talk: Talk) -> None:
    time.sleep(seconds)
    talk.respond()


def _stalls(share: float, talk: Talk) -> None:
    status, headers, body = talk.right()
    talk.head(status, {**headers, "content-length": str(len(body))})
    talk.send(body[: int(len(body) * share)])
    time.sleep(5)


def _drips(piece: bytes, talk: Talk) -> None:
    status, headers, _ = talk.right()
    talk.head(status, headers)
    while True:
        talk.send(piece)
        time.sleep(0.05)


def _drips_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        talk.send(b"x-a: b\r\n")
        time.sleep(0.05)


def behaviours() -> Iterable[Behaviour]:
    """All of this family. Each takes as long as we wait, so none is in the sample."""
    yield Behaviour("late-0.2s", partial(_late, 0.2), harmless=True, slow=True)
    yield Behaviour("silent", _silent, slow=True, pre=True)
    for share in (0.0, 0.5, 0.99):
        yield Behaviour(f"stalls-at-{share:.0%}".replace("%", "-percent"), partial(_stalls, share), slow=True)
    for name, piece in (("blanks", b" "), ("comments", b": x\n\n"), ("newlines", b"\n"), ("events", b"data: {}\n\n")):
        yield Behaviour(f"drips-{name}", partial(_drips, piece), slow=True)
    yield Behaviour("drips-headers", _drips_headers, slow=True, pre=True)
