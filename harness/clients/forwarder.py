"""A loopback proxy between a client and the endpoint: forwards requests and replies at once, and records every exchange.

Each call has its own base URL, which shows the call that a request belongs to. A client knows only a placeholder key, which is useless
elsewhere; the forwarder replaces it with the run's own headers.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import urlencode

import uvicorn

from ..catalog import endpoint_of
from ..model import Call, Exchange, Request
from ..wire import Wire

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

BASE = "v1"
REQUEST_LIMIT = 1024 * 1024
HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding"})
ENCODINGS = frozenset({"gzip", "deflate"})
"""The content encodings that recordings can decode; the endpoint is offered no others."""


class CutOffError(Exception):
    """Raised to close a client's connection where the endpoint's reply broke off."""


class Forwarder:
    """Serves clients on a free loopback port. The run's ``headers`` and ``query`` are added to each request.

    ``note`` is told each exchange, also of a client that was ended meanwhile.
    """

    def __init__(
        self,
        wire: Wire,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        note: Callable[[Exchange], None] = lambda exchange: None,
    ) -> None:
        self.key = f"placeholder-{secrets.token_hex(16)}"
        self._wire = wire
        self._note = note
        self._headers = headers
        self._query = urlencode(query or {})
        self._calls: dict[str, Call] = {}
        self._exchanges: dict[str, list[asyncio.Future[Exchange]]] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        quiet: dict[str, Any] = {"log_level": "critical", "access_log": False, "server_header": False, "date_header": False}
        config = uvicorn.Config(self._serve, interface="asgi3", lifespan="off", timeout_graceful_shutdown=1, **quiet)
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        await asyncio.gather(self._serving, return_exceptions=True)
        self._socket.close()

    def open(self, call: Call) -> str:
        """Create the base URL of a call; requests to it are recorded for that call."""
        self._calls[call.id] = call
        self._exchanges[call.id] = []
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/{call.id}/{BASE}"

    async def exchanges(self, call: Call) -> tuple[Exchange, ...]:
        """The exchanges of a call. Waits until each is complete, as a client may stop reading earlier."""
        found = await asyncio.gather(*self._exchanges[call.id], return_exceptions=True)
        return tuple(exchange for exchange in found if isinstance(exchange, Exchange))

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return
        whole = scope["raw_path"].decode("latin-1").partition("?")[0].lstrip("/")
        identity, base, below = whole.partition(f"/{BASE}/")
        call = self._calls.get(identity)
        if call is None or not base:
            await _refuse(send)
            return
        query = "&".join(part for part in (self._query, scope.get("query_string", b"").decode("latin-1")) if part)
        path = f"/{below}?{query}" if query else f"/{below}"
        request = Request(
            endpoint_of(path, scope["method"]), scope["method"], path, self._replaced(scope["headers"]), await _read(receive), call.wants
        )
        kept = self._exchanges[call.id]
        work = asyncio.ensure_future(self._wire.exchange(request, f"{call.id}#{len(kept) + 1}", relay := _Relay(send)))
        kept.append(work)
        exchange = await work
        self._note(exchange)
        await relay.finish(broken=exchange.trouble is not None)

    def _replaced(self, headers: Headers) -> tuple[tuple[str, str], ...]:
        """A client's headers, with the placeholder key replaced by the run's headers."""
        given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        kept = {name: value for name, value in given.items() if name not in HOP_BY_HOP}
        offered = [name for part in given.get("accept-encoding", "").split(",") if (name := part.strip()) in ENCODINGS]
        kept["accept-encoding"] = ", ".join(offered) or "identity"
        if given.get("authorization", "").endswith(self.key):
            del kept["authorization"]
            kept |= self._headers
        return tuple(kept.items())


class _Server(uvicorn.Server):
    """A server that handles no signals, because the main program does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield


class _Relay:
    """Passes a reply to the client at once, except a 429 or 503: the wire may retry and get a better one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[dict[str, Any]] | None = None
        self._started = False

    async def start(self, status: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        """Start the reply."""
        kept = [(name, value) for name, value in headers if name.decode("latin-1").lower() not in HOP_BY_HOP | {"set-cookie"}]
        self._held = [] if status in (429, 503) else None
        await self._put({"type": "http.response.start", "status": status, "headers": kept})

    async def piece(self, raw: bytes) -> None:
        """Pass on a piece of the body."""
        await self._put({"type": "http.response.body", "body": raw, "more_body": True})

    async def finish(self, *, broken: bool) -> None:
        """End the reply, or break it off as the endpoint did."""
        held, self._held = self._held or [], None
        for message in held:
            await self._put(message)
        if broken or not self._started:
            raise CutOffError
        await self._put({"type": "http.response.body", "body": b"", "more_body": False})

    async def _put(self, message: dict[str, Any]) -> None:
        if self._held is not None:
            self._held.append(message)
            return
        self._started = True
        await self._send(message)


async def _read(receive: Receive) -> bytes:
    """Read a request's body; our clients never exceed the limit."""
    body = b""
    more = True
    while more and len(body) <= REQUEST_LIMIT:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _refuse(send: Send) -> None:
    """Refuse a request that belongs to no call."""
    await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"no call of this run\n", "more_body": False})
