"""The scripted upstream on a real socket."""

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
"""A script that stalls keeps the connection so long, in seconds, and then resets it."""

APART = 64
"""A reply of no more pieces gives each of them a moment of its own; of more, each so-manieth."""

ENDPOINTS = {
    "/chat/completions": "chat",
    "/completions": "completions",
    "/embeddings": "embeddings",
    "/responses": "responses",
    "/models": "models",
}


class UpstreamError(Exception):
    """The upstream cannot listen; the text says why, and what to do."""


class Upstream:
    """Listens for a gateway, plays the script of each request, and notes every attempt on the request's sheet."""

    def __init__(self, host: str, port: int, scrubber: Scrubber) -> None:
        self._host = host
        self._port = port
        self._scrubber = scrubber
        self._clients = copy.copy(scrubber)  # knows the client's keys alone, while the other learns the gateway's
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self.ledger = AttemptLog()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._host}:{self._port}"

    async def open(self) -> None:
        """Begin to listen. Raises ``UpstreamError``."""
        try:
            self._server = await asyncio.start_server(self._connected, self._host, self._port, limit=1024 * 1024)
        except OSError as error:
            raise UpstreamError(
                f"the upstream cannot listen on {self.address} ({error.strerror}): stop what listens there, or choose another port with "
                "--upstream."
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and break off all connections: from now on, connections are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def settled(self, sheet: CaseAttempts, patience: float) -> None:
        """Wait until all attempts that began for a request have ended, so long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(lambda: not sheet.under_way)

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
        """Answer one request by its script; whether the connection may be used again."""
        endpoint = endpoint_of(asked.target)
        sheet = self.ledger.match(asked.head, asked.body)
        if sheet is None:
            if endpoint != "models":
                self.ledger.unmatched.append(f"{asked.method} {asked.target}")
            sheet = CaseAttempts("nobody", "unmatched", endpoint, [])
        script = sheet.next_script() if endpoint == sheet.endpoint else {}
        sheet.begun += endpoint != sheet.endpoint
        attempt = Attempt(f"{sheet.identity}^upstream{sheet.begun}", asked, endpoint, self._scrubber, self._clients)
        if "encode" in script and script["encode"] not in asked.header("accept-encoding"):
            script = {name: value for name, value in script.items() if name != "encode"}
        performance = perform(script, endpoint, sheet.token, streamed=is_to_stream(asked))
        LOG.debug("%s: a request for %s arrived at the upstream", sheet.identity, endpoint)
        sheet.under_way.append(attempt.exchange)
        try:
            return await _Stage(attempt, reader, writer).play(performance)
        finally:
            sheet.under_way.remove(attempt.exchange)
            sheet.attempts.append(attempt.exchange())
            async with self._changed:
                self._changed.notify_all()


class _Stage:
    """Plays one performance on a connection, while watching whether the other side goes away."""

    def __init__(self, attempt: Attempt, reader: RequestReader, writer: asyncio.StreamWriter) -> None:
        self._attempt = attempt
        self._writer = writer
        self._gone = asyncio.create_task(reader.gone())

    async def play(self, performance: Playback) -> bool:
        """Send it all, piece by piece; whether the connection may be used again."""
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
        """Head and pieces."""
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
        with contextlib.suppress(OSError):  # who has it all may leave
            await self._writer.drain()

    async def _drain(self) -> None:
        """Hand the bytes to the network, and let others have their turn, so that the next piece travels by itself."""
        try:
            await self._writer.drain()
        except OSError as error:
            raise _LeftError from error
        await asyncio.sleep(0.0005)
        if self._gone.done():
            raise _LeftError

    async def _wait(self, seconds: float) -> None:
        """Wait, unless the other side goes away meanwhile."""
        if seconds and (await asyncio.wait({self._gone}, timeout=seconds))[0]:
            raise _LeftError

    async def _end(self, performance: Playback) -> bool:
        """Close, reset or keep the connection, as the script says."""
        if performance.end == "stall":
            self._attempt.trouble = TransportFailure("stalled", f"the script says so; the connection was reset after {STALL:g} s")
            await self._wait(STALL)
        if performance.end in ("reset", "stall"):
            self._attempt.trouble = self._attempt.trouble or TransportFailure("reset", "the script says so")
            linger = struct.pack("ii", 1, 0)
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._writer.transport.abort()
            return False
        if performance.end == "close" or performance.framing == "close":
            if not self._attempt.is_complete(performance):
                self._attempt.trouble = TransportFailure("closed", "the script says so")
            self._writer.close()
            return False
        return True


class _LeftError(Exception):
    """The gateway has closed the connection."""


def endpoint_of(target: str) -> str:
    """The endpoint that a request target names, whatever stands before it."""
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
    """A piece as its framing has it."""
    if performance.framing != "chunked":
        return piece.octets
    return f"{len(piece.octets):x}\r\n".encode() + piece.octets + b"\r\n"
