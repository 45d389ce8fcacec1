"""The reference as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from .answers import answer
from .exchange import ServerReply, ServerRequest
from .state import State

BASE = "/v1"
BODY_LIMIT = 64 * 1024 * 1024

Answer: TypeAlias = Callable[[ServerRequest], ServerReply]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


class BrokenOffError(Exception):
    """Raised to end a connection before its reply is complete."""


class App:
    """An ASGI application around a function from requests to replies. The function sees paths relative to ``base``.

    ``sleep`` waits between pieces; ``state`` holds memory, clock and ids.
    """

    def __init__(
        self,
        respond: Answer = answer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        base: str = BASE,
        state: State | None = None,
    ) -> None:
        self._respond = respond
        self._sleep = sleep
        self._base = base
        self._state = state or State()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        asked = request_of(scope, await _read(receive), self._base, self._state)
        await self._send(self._respond(asked), send)

    async def _send(self, reply: ServerReply, send: Send) -> None:
        """Put a reply on the wire, piece by piece."""
        pieces = reply.pieces()
        headers = dict(reply.headers)
        if reply.events is None:
            pause, only = next(pieces)
            await self._sleep(pause)
            headers.setdefault("content-length", str(len(only)))
            pieces = iter([(0.0, only)])
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
        for pause, piece in pieces:
            if pause:
                await self._sleep(pause)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if reply.breaks_off:
            raise BrokenOffError
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def request_of(scope: Mapping[str, Any], body: bytes, base: str, state: State) -> ServerRequest:
    """Convert an ASGI scope to a request of the reference."""
    path = (scope.get("raw_path") or scope["path"].encode()).decode().split("?")[0]
    below = path.removeprefix(base) if path.startswith(f"{base}/") else "/outside" + path
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return ServerRequest(scope["method"], below, headers, body, scope.get("query_string", b"").decode(), state)


async def _read(receive: Receive) -> bytes:
    """Read the request's body, up to a limit."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
