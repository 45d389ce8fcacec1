"""Requests that reach the upstream, read with h11. What is in them is nobody's business here; what answers them is written elsewhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11

LONGEST_HEAD = 256 * 1024
"""Longest head of a request, and longest line between chunks, in bytes."""

LARGEST_BODY = 64 * 1024 * 1024
"""Largest body of a request, in bytes; no case sends one that is nearly as large."""

LONGEST_AHEAD = 1024 * 1024
"""So much may come before the reply to what came before it, in bytes."""

READ_SIZE = 256 * 1024


class NotHttpError(Exception):
    """What came is no HTTP/1.1 request, or a larger one than anybody sends."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request as it was received; header names in lower case, in order. ``head`` is the request line and the headers as bytes."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes

    def header(self, name: str) -> str:
        """A header's first value, empty without one."""
        return next((value for key, value in self.headers if key == name), "")


class RequestReader:
    """Reads requests from one connection, and notices in between that the other side has gone."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._ahead = b""

    async def gone(self) -> None:
        """Return once the other side has closed its end, the connection broke, or it sends on and on without waiting for its reply."""
        while len(self._ahead) <= LONGEST_AHEAD:
            octets = await self._read()
            if not octets:
                return
            self._ahead += octets

    async def request(self, write_continue: bytes, writer: asyncio.StreamWriter) -> UpstreamRequest | None:
        """The next request; ``None`` when there is none, or the connection ends within it. Raises ``NotHttpError``."""
        # h11 follows one request; the reply is written by its script, of which it knows nothing.
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
        """A request's body, however it is framed, without the chunks' trailers; ``None`` when the connection ends before."""
        pieces: list[bytes] = []
        size = 0
        while isinstance(event := await self._event(connection), h11.Data):
            size += len(event.data)
            if size > LARGEST_BODY:
                raise NotHttpError(f"a body of more than {LARGEST_BODY:,} bytes")
            pieces.append(bytes(event.data))
        return b"".join(pieces) if isinstance(event, h11.EndOfMessage) else None

    async def _event(self, connection: h11.Connection) -> h11.Event | None:
        """What comes next on a connection; ``None`` when it ends before."""
        while (event := connection.next_event()) is h11.NEED_DATA:
            octets, self._ahead = self._ahead or await self._read(), b""
            if not octets:
                return None
            connection.receive_data(octets)
        return event if isinstance(event, h11.Event) else None

    async def _read(self) -> bytes:
        """Bytes as they come; none when the connection ends."""
        try:
            return await self._stream.read(READ_SIZE)
        except OSError:
            return b""


def _received(head: h11.Request, body: bytes) -> UpstreamRequest:
    """A request of h11 as one of ours."""
    lines = [b"%s %s HTTP/%s" % (head.method, head.target, head.http_version), *(b"%s: %s" % pair for pair in head.headers.raw_items())]
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
    return UpstreamRequest(head.method.decode("latin-1"), head.target.decode("latin-1"), headers, body, b"\r\n".join(lines))
