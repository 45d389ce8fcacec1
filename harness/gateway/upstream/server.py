"""Serves the scripted upstream on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import logging
import socket
import struct
from http import HTTPStatus

from ...model import TransportFailure
from ...wire import Scrubber
from .attempt import Attempt
from .attempt_log import AttemptLog, CaseAttempts
from .http import NotHttpError, RequestReader, UpstreamRequest
from .script import Piece, Playback, perform

LOG = logging.getLogger("wireproof.gateway")

STALL = 3.0
"""Seconds for which a stalling script holds the connection before it resets it."""

APART = 64
"""A reply of up to this many pieces is flushed after each piece; a longer one after every this many pieces."""

ENDPOINTS = {
    "/chat/completions": "chat",
    "/completions": "completions",
    "/embeddings": "embeddings",
    "/responses": "responses",
    "/models": "models",
}


class UpstreamError(Exception):
    """Raised when the upstream cannot listen; the message says why, and what to do."""


class Upstream:
    """Listens for a gateway, plays the script of each request, and records every attempt."""

    def __init__(self, host: str, port: int, scrubber: Scrubber) -> None:
        self._host = host
        self._port = port
        self._scrubber = scrubber
        self._clients = copy.copy(scrubber)  # knows only the client's keys; the other also learns the gateway's
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self.ledger = AttemptLog()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._host}:{self._port}"

    async def open(self) -> None:
        """Start listening. Raises ``UpstreamError``."""
        try:
            self._server = await asyncio.start_server(self._connected, self._host, self._port, limit=1024 * 1024)
        except OSError as error:
            raise UpstreamError(
                f"the upstream cannot listen on {self.address} ({error.strerror}): stop the program on this port, or choose another with "
                "--upstream."
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and abort all connections. New connections are refused from now on."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def settled(self, entry: CaseAttempts, patience: float) -> None:
        """Wait until all attempts of a request have ended, at most ``patience`` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(lambda: not entry.under_way)

    async def _connected(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        peer = writer.get_extra_info("socket")
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = RequestReader(stream)
        try:
            while (asked := await reader.request(b"HTTP/1.1 100 Continue\r\n\r\n", writer)) is not None:
                if not await self._answer(asked, reader, writer):
                    break
        except (NotHttpError, ConnectionError):
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, asked: UpstreamRequest, reader: RequestReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request by its script; return whether the connection can be reused."""
        endpoint = endpoint_of(asked.target)
        entry = self.ledger.match(asked.head, asked.body)
        if entry is None:
            if endpoint != "models":
                self.ledger.unmatched.append(f"{asked.method} {asked.target}")
            entry = CaseAttempts("nobody", "unmatched", endpoint, [])
        script = entry.next_script() if endpoint == entry.endpoint else {}
        entry.begun += endpoint != entry.endpoint
        attempt = Attempt(f"{entry.identity}^upstream{entry.begun}", asked, endpoint, self._scrubber, self._clients)
        if "encode" in script and script["encode"] not in asked.header("accept-encoding"):
            script = {name: value for name, value in script.items() if name != "encode"}
        performance = perform(script, endpoint, entry.token, streamed=is_to_stream(asked))
        LOG.debug("%s: a request for %s arrived at the upstream", entry.identity, endpoint)
        entry.under_way.append(attempt.exchange)
        try:
            return await _Stage(attempt, reader, writer).play(performance)
        finally:
            entry.under_way.remove(attempt.exchange)
            entry.attempts.append(attempt.exchange())
            async with self._changed:
                self._changed.notify_all()


class _Stage:
    """Plays one reply on a connection, and watches whether the gateway closes it."""

    def __init__(self, attempt: Attempt, reader: RequestReader, writer: asyncio.StreamWriter) -> None:
        self._attempt = attempt
        self._writer = writer
        self._gone = asyncio.create_task(reader.gone())

    async def play(self, performance: Playback) -> bool:
        """Send the reply piece by piece; return whether the connection can be reused."""
        try:
            await self._wait(performance.delay)
            if not performance.silent:
                await self._send(performance)
            return await self._end(performance)
        except _LeftError:
            self._attempt.trouble = self._attempt.trouble or TransportFailure("left", "the gateway closed the connection")
            self._writer.transport.abort()
            return False
        finally:
            self._gone.cancel()
            await asyncio.gather(self._gone, return_exceptions=True)

    async def _send(self, performance: Playback) -> None:
        """Send the head and the pieces."""
        self._attempt.begin(performance)
        self._writer.write(_head(performance))
        apart = len(performance.pieces) <= APART
        for number, piece in enumerate(performance.pieces, start=1):
            await self._wait(piece.pause)
            self._writer.write(_framed(piece, performance))
            self._attempt.sent(piece.octets)
            if number < len(performance.pieces) and (apart or number % APART == 0):
                await self._drain()
        if performance.framing == "chunked" and performance.end == "keep-alive":
            self._writer.write(b"0\r\n\r\n")
        with contextlib.suppress(OSError):  # a gateway with the complete reply may disconnect
            await self._writer.drain()

    async def _drain(self) -> None:
        """Flush the bytes and yield briefly, so that the next piece travels separately."""
        try:
            await self._writer.drain()
        except OSError as error:
            raise _LeftError from error
        await asyncio.sleep(0.0005)
        if self._gone.done():
            raise _LeftError

    async def _wait(self, seconds: float) -> None:
        """Wait. Raises ``_LeftError`` if the gateway closes the connection meanwhile."""
        if seconds and (await asyncio.wait({self._gone}, timeout=seconds))[0]:
            raise _LeftError

    async def _end(self, performance: Playback) -> bool:
        """Close, reset or keep the connection, as the script says; return whether it can be reused."""
        if performance.end == "stall":
            self._attempt.trouble = TransportFailure("stalled", f"as scripted; the connection was reset after {STALL:g} s")
            await self._wait(STALL)
        if performance.end in ("reset", "stall"):
            self._attempt.trouble = self._attempt.trouble or TransportFailure("reset", "as scripted")
            linger = struct.pack("ii", 1, 0)
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._writer.transport.abort()
            return False
        if performance.end == "close" or performance.framing == "close":
            if not self._attempt.is_complete(performance):
                self._attempt.trouble = TransportFailure("closed", "as scripted")
            self._writer.close()
            return False
        return True


class _LeftError(Exception):
    """The gateway has closed the connection."""


def endpoint_of(target: str) -> str:
    """The endpoint of a request target, whatever its base path."""
    path = target.partition("?")[0].rstrip("/")
    return next((name for ending, name in ENDPOINTS.items() if path.endswith(ending)), "other")


def is_to_stream(asked: UpstreamRequest) -> bool:
    """Whether a request asks for a stream."""
    try:
        body = json.loads(asked.body)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.get("stream") is True


def _head(performance: Playback) -> bytes:
    """Status line and headers."""
    phrase = HTTPStatus(performance.status).phrase if performance.status in set(HTTPStatus) else "Status"
    headers = [*performance.headers]
    if performance.framing == "chunked":
        headers.append(("transfer-encoding", "chunked"))
    elif performance.framing == "length":
        headers.append(("content-length", str(performance.length)))
    lines = [f"HTTP/1.1 {performance.status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _framed(piece: Piece, performance: Playback) -> bytes:
    """Frame a piece: as an HTTP chunk, or unchanged."""
    if performance.framing != "chunked":
        return piece.octets
    return f"{len(piece.octets):x}\r\n".encode() + piece.octets + b"\r\n"
