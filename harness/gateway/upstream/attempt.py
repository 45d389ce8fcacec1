"""Records one attempt at the upstream while it is under way: the times of its pieces, and no keys."""

from __future__ import annotations

import time

from ...model import Arrival, Exchange, Request, TransportFailure
from ...wire import ContentEncodingError, Scrubber, decoder, is_secret_header
from .http import UpstreamRequest
from .script import Playback

UPSTREAM_BASE = "/v1"

CONTENT_LIMIT = 64 * 1024 * 1024
"""The largest decoded body, in bytes."""

OWN_KEY = "[the gateway's own key]"
"""Replaces the gateway's own upstream credential in recordings."""


class Attempt:
    """One attempt while it is under way."""

    def __init__(self, identity: str, asked: UpstreamRequest, endpoint: str, scrubber: Scrubber, clients: Scrubber) -> None:
        self._identity = identity
        self._asked = asked
        self._endpoint = endpoint
        self._scrubber = scrubber
        self._clients = clients
        self._started = time.monotonic()
        self._started_at = time.time()
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._pieces: list[bytes] = []
        self._arrivals: list[Arrival] = []
        self._octets = 0
        self._length: int | None = None
        self.trouble: TransportFailure | None = None
        self._received = tuple((name, self._header(name, value)) for name, value in asked.headers)

    def _header(self, name: str, value: str) -> str:
        """A header for the recording, without the run's keys and the gateway's own. The scrubber learns the gateway's key."""
        clean = self._clients.header(name, value)
        if clean != value or not is_secret_header(name) or not value:
            return clean
        scheme, space, credential = value.rpartition(" ")
        self._scrubber.learn([credential])
        return f"{scheme}{space}{OWN_KEY}"

    def begin(self, performance: Playback) -> None:
        """Record the head of the reply."""
        self._status, self._headers = performance.status, performance.headers
        self._length = performance.length if performance.framing == "length" else None

    def sent(self, octets: bytes) -> None:
        """Record a piece of the body."""
        self._pieces.append(octets)
        self._octets += len(octets)
        self._arrivals.append(Arrival(time.monotonic() - self._started, self._octets))

    def is_complete(self, performance: Playback) -> bool:
        """Whether the reply is complete if the connection closes now."""
        if performance.framing == "length":
            return self._status is not None and self._octets >= performance.length
        return performance.framing == "close" and not performance.silent

    def _content(self) -> bytes:
        """The body as a recipient decodes it, cut at its Content-Length; empty if decoding fails."""
        sent = b"".join(self._pieces)[: self._length]
        encoding = next((value for name, value in self._headers if name == "content-encoding"), "")
        if (undo := decoder(encoding)) is None:
            return sent
        try:
            return undo.decode(sent, CONTENT_LIMIT)
        except ContentEncodingError:
            return b""

    def exchange(self) -> Exchange:
        """The attempt as the upstream saw it."""
        path = self._asked.target.removeprefix(UPSTREAM_BASE)
        return Exchange(
            id=self._identity,
            request=Request(self._endpoint, self._asked.method, path, self._received, self._asked.body),
            status=self._status,
            headers=self._headers,
            body=self._content(),
            arrivals=tuple(self._arrivals),
            started_at=self._started_at,
            seconds=time.monotonic() - self._started,
            trouble=self.trouble,
        )
