"""Makes faulty gateways that change a request, a reply, a refusal or a stream."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.relay_gateway import Asked, Given, Headers

Body = dict[str, Any]
_NUMBER = re.compile('"\ue000([^"]*)"')
TOKEN = re.compile(rb"wp[0-9a-f]{8}x[0-9]+z")


@dataclass(frozen=True)
class Mutant:
    """A faulty gateway: its name, what it breaks, and how it is made. ``slow`` ones need the cases that take time.

    So long, in seconds, a client waits for more: its ``patience``.
    """

    name: str
    breaks: frozenset[str]
    faults: dict[str, Any]
    slow: bool = False
    patience: float = 30


MUTANTS: list[Mutant] = []


def mutant(name: str, *breaks: str, slow: bool = False, patience: float = 30, **faults: Any) -> None:
    """Declare one."""
    MUTANTS.append(Mutant(name, frozenset(breaks), faults, slow, patience))


def loads(text: bytes) -> Any:
    """JSON whose numbers are texts that ``dumps`` writes as they were."""
    return json.loads(text, parse_int=lambda n: f"\ue000{n}", parse_float=lambda n: f"\ue000{n}")


def dumps(value: Any) -> bytes:
    """The reverse of ``loads``."""
    return _NUMBER.sub(r"\1", json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()


def asking(change: Callable[[Body], None]) -> Callable[[Asked], Asked]:
    """Change what is asked."""

    def ask(asked: Asked) -> Asked:
        body = loads(asked.body)
        change(body)
        return replace(asked, body=dumps(body))

    return ask


def plainly(change: Callable[[Body], None]) -> Callable[[Given], Given]:
    """Change whole replies."""

    def plain(given: Given) -> Given:
        try:
            body = loads(given.body)
        except ValueError:
            return given
        change(body)
        return replace(given, body=dumps(body))

    return plain


def messages(body: Body) -> list[Body]:
    """The messages of a chat reply."""
    return [choice["message"] for choice in body.get("choices", []) if "message" in choice]


async def blocks(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """A stream event by event, as it was written."""
    rest = b""
    async for piece in pieces:
        *whole, rest = re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", rest + piece)
        for block in whole:
            if block:
                yield block
    if rest:
        yield rest


def streaming(change: Callable[[bytes], list[bytes]]) -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    """Change a stream event by event."""

    async def stream(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        async for block in blocks(pieces):
            for made in change(block):
                yield made

    return stream


def refusing(wanted: Callable[[Given], bool], change: Callable[[Given], Given]) -> Callable[[Given], Given]:
    """Change some refusals."""
    return lambda given: change(given) if wanted(given) else given


def has(*statuses: int) -> Callable[[Given], bool]:
    """Whether a refusal has one of these statuses."""
    return lambda given: given.status in statuses


def becomes(status: int) -> Callable[[Given], Given]:
    """Another status."""
    return lambda given: replace(given, status=status)


def wording(change: Callable[[Body], None]) -> Callable[[Given], Given]:
    """Change the error of all refusals."""

    def refuse(given: Given) -> Given:
        body = json.loads(given.body)
        change(body["error"])
        return replace(given, body=json.dumps(body).encode())

    return refuse


def without(*names: str) -> Callable[[Headers], Headers]:
    """Headers without some."""
    return lambda headers: [(name, value) for name, value in headers if not name.startswith(names)]


def reheaded(change: Callable[[Headers], Headers]) -> dict[str, Any]:
    """Other headers, in whole replies, refusals and streams alike."""

    def given(it: Given) -> Given:
        return replace(it, headers=change(it.headers))

    return {"plain": given, "refuse": given, "stream_headers": change}


def on(mark: bytes, change: Callable[[bytes], list[bytes]]) -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    """Change the events that hold a mark."""
    return streaming(lambda block: change(block) if mark in block else [block])
