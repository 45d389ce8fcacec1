"""Reads the requests that reach the upstream, with h11. It neither interprets nor answers them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11

LONGEST_HEAD = 256 * 1024
"""Longest request head, and longest chunk-size line, in bytes."""

LARGEST_BODY = 64 * 1024 * 1024
"""Largest request body, in bytes; no case comes near it."""

LONGEST_AHEAD = 1024 * 1024
"""The bytes that a peer may send ahead, before the reply to its previous request."""

READ_SIZE = 256 * 1024


class NotHttpError(Exception):
    """Raised for bytes that are not an HTTP/1.1 request, and for a request that is too large."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A received request; header names are lower case, in order. ``head`` is the request line and the headers as bytes."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes

    def header(self, name: str) -> str:
        """The header's first value; empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")


class RequestReader:
    """Reads requests from one connection, and notices when the peer closes it."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._ahead = b""

    async def gone(self) -> None:
        """Return when the peer has closed its end, the connection is broken, or the peer sends too much without waiting for its reply."""
        while len(self._ahead) <= LONGEST_AHEAD:
            octets = await self._read()
            if not octets:
                return
            self._ahead += octets

    async def request(self, write_continue: bytes, writer: asyncio.StreamWriter) -> UpstreamRequest | None:
        """Read the next request; ``None`` if the connection ends before or within it. Raises ``NotHttpError``."""
        # h11 parses one request only; the script writes the reply without h11.
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        try:
            head = await self._event(connection)
            if not isinstance(head, h11.Request):
                return None
            if connection.they_are_waiting_for_100_continue:
                writer.write(write_continue)
            body = await self._body(connection)
        except h11.RemoteProtocolError as error:
            raise NotHttpError(str(error)) from error
        self._ahead = connection.trailing_data[0]
        return None if body is None else _received(head, body)

    async def _body(self, connection: h11.Connection) -> bytes | None:
        """Read a request's body in any framing, without trailers; ``None`` if the connection ends too early."""
        pieces: list[bytes] = []
        size = 0
        while isinstance(event := await self._event(connection), h11.Data):
            size += len(event.data)
            if size > LARGEST_BODY:
                raise NotHttpError(f"a body of more than {LARGEST_BODY:,} bytes")
            pieces.append(bytes(event.data))
        return b"".join(pieces) if isinstance(event, h11.EndOfMessage) else None

    async def _event(self, connection: h11.Connection) -> h11.Event | None:
        """Read the next event; ``None`` if the connection ends first."""
        while (event := connection.next_event()) is h11.NEED_DATA:
            octets, self._ahead = self._ahead or await self._read(), b""
            if not octets:
                return None
            connection.receive_data(octets)
        return event if isinstance(event, h11.Event) else None

    async def _read(self) -> bytes:
        """Read the next bytes; empty at the end of the connection."""
        try:
            return await self._stream.read(READ_SIZE)
        except OSError:
            return b""


def _received(head: h11.Request, body: bytes) -> UpstreamRequest:
    """Convert a request of h11 to an ``UpstreamRequest``."""
    lines = [b"%s %s HTTP/%s" % (head.method, head.target, head.http_version), *(b"%s: %s" % pair for pair in head.headers.raw_items())]
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
    return UpstreamRequest(head.method.decode("latin-1"), head.target.decode("latin-1"), headers, body, b"\r\n".join(lines))
