"""HTTP/1.1 as far as an upstream needs it: reads a request byte by byte as it came, knows nothing of what is in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

LONGEST_LINE = 256 * 1024


class NotHttpError(Exception):
    """What came is no HTTP/1.1 request."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request as it was received; header names in lower case, in order."""

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
        """Return once the other side has closed its end, or the connection broke."""
        while True:
            try:
                octets = await self._stream.read(4096)
            except OSError:
                return
            if not octets:
                return
            self._ahead += octets

    async def request(self, write_continue: bytes, writer: asyncio.StreamWriter) -> UpstreamRequest | None:
        """The next request; ``None`` when there is none. Raises ``NotHttpError``."""
        head = await self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3:
            raise NotHttpError(first)
        headers = tuple((name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line))
        asked = UpstreamRequest(words[0], words[1], headers, b"", head)
        if "100-continue" in asked.header("expect").lower():
            writer.write(write_continue)
        body = await self._body(asked)
        return None if body is None else UpstreamRequest(asked.method, asked.target, headers, body, head)

    async def _body(self, asked: UpstreamRequest) -> bytes | None:
        """A request's body, by its length or in chunks."""
        if "chunked" in asked.header("transfer-encoding").lower():
            pieces: list[bytes] = []
            while (line := await self._until(b"\r\n")) is not None:
                size = int(line.split(b";")[0], 16)
                piece = await self._exactly(size + 2)
                if piece is None:
                    return None
                if size == 0:
                    return b"".join(pieces)
                pieces.append(piece[:-2])
            return None
        return await self._exactly(int(asked.header("content-length") or 0))

    async def _until(self, mark: bytes) -> bytes | None:
        """Bytes up to a mark, without it; ``None`` when the connection ends before."""
        while mark not in self._ahead:
            if len(self._ahead) > LONGEST_LINE:
                raise NotHttpError(f"no end of the headers in {LONGEST_LINE:,} bytes")
            if not await self._more():
                return None
        found, _, self._ahead = self._ahead.partition(mark)
        return found

    async def _exactly(self, number: int) -> bytes | None:
        """So many bytes; ``None`` when the connection ends before."""
        pieces, missing = [self._ahead], number - len(self._ahead)
        while missing > 0:
            octets = await self._read()
            if not octets:
                return None
            pieces.append(octets)
            missing -= len(octets)
        whole = b"".join(pieces)
        self._ahead = whole[number:]
        return whole[:number]

    async def _more(self) -> bool:
        octets = await self._read()
        self._ahead += octets
        return bool(octets)

    async def _read(self) -> bytes:
        try:
            return await self._stream.read(256 * 1024)
        except OSError:
            return b""
