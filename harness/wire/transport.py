"""The only module that speaks HTTP. It sends a request, records every byte with its arrival time, and enforces limits.

It never follows a redirect, records every attempt, and turns every network error into a ``TransportFailure``.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from typing import Any, Protocol

import httpx

from ..model import Arrival, Exchange, Request, RetriedAttempt, TransportFailure
from .certificates import Certificates
from .decompression import ContentEncodingError, TruncatedContentError, decoder, is_plain
from .key_command import KeyCommand
from .pace import Pace
from .redaction import Scrubber
from .repeats import may_repeat, retry_after_seconds

LOG = logging.getLogger("wireproof.wire")

EVIDENCE = 64 * 1024
"""How many bytes we keep of a body that is too large. Its content is not judged."""


LARGE = 32 * 1024
"""Bodies of at least this many bytes are redacted and recorded in a thread, not in the event loop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to give up. Durations are in seconds.

    ``silence`` limits the wait for the first byte and between two bytes, ``total`` the time of a whole reply, ``octets`` and ``pieces``
    its body. ``attempts`` and ``wait`` limit how often we send a request and how long we wait if the endpoint asks us to.
    """

    connect: float = 10.0
    silence: float = 60.0
    total: float = 180.0
    octets: int = 8 * 1024 * 1024
    pieces: int = 100_000
    attempts: int = 3
    wait: float = 20.0


RAW_HEADERS = "wireproof_headers"
"""The extension of an httpx response that holds the original headers."""


class Listener(Protocol):
    """Gets a reply as it arrives, in the original bytes. Another attempt may start after the first."""

    async def start(self, status: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        """The status and the headers have come."""

    async def piece(self, raw: bytes) -> None:
        """A chunk of the body has come, still encoded."""


class Wire:
    """Sends requests to one endpoint. ``keep``, if set, is called with each finished exchange, in any thread.

    A server may close an idle connection just as we send the next request. Then we send that request again on a new
    connection, and the exchange records both attempts. A request that must not be sent twice gets a new connection, where this cannot
    happen; with ``reuse`` off, every request does. ``rate`` limits the requests a minute, and ``key`` replaces its first key in them by
    its current one. ``transport``, ``clock`` and ``sleep`` are for tests. Raises ``CertificateError`` for files that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        scrubber: Scrubber,
        limits: Limits | None = None,
        *,
        trust_env: bool = True,
        reuse: bool = True,
        rate: float | None = None,
        key: KeyCommand | None = None,
        certificates: Certificates | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.keep: Callable[[Exchange], None] | None = None
        self._limits = limits or Limits()
        self._scrubber = scrubber
        self._clock = clock
        self._sleep = sleep
        self._reuse = reuse
        self._heavy = asyncio.Lock()
        self._pace = Pace(rate, clock, sleep) if rate is not None else None
        self._key = key
        verify = (certificates or Certificates()).context(base_url)

        def client(kept: int) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                transport=transport,
                verify=verify,
                follow_redirects=False,
                event_hooks={"response": [_keep_redirect]},
                cookies=_NoCookies(),
                trust_env=trust_env,
                timeout=httpx.Timeout(self._limits.silence, connect=self._limits.connect, pool=None),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept),
            )

        self._client = client(kept=32)
        self._client_of_new_connections = client(kept=0)

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(self._client.aclose(), self._client_of_new_connections.aclose())

    async def pause(self, seconds: float) -> None:
        """Wait before a request is repeated."""
        await self._sleep(seconds)

    async def exchange(self, request: Request, identity: str, listener: Listener | None = None) -> Exchange:
        """Send a request, retry if the endpoint asks us to wait, and record what came back.

        Never raises for anything that the endpoint or the network does. The exchange keeps every earlier attempt.
        """
        attempts: list[RetriedAttempt] = []
        client = self._client if self._reuse and may_repeat(request) else self._client_of_new_connections
        while True:
            LOG.debug("%s: %s %s", identity, request.method, self._scrubber.text(request.path))
            key = await self._key.current() if self._key is not None else ""
            if self._pace is not None:
                await self._pace.turn()
            recording = await self._send(client, request, identity, listener, key)
            if recording.size < LARGE:
                exchange = recording.exchange()
            else:  # redacting it in the loop would make other replies look late
                async with self._heavy:  # one at a time: each needs several times its size in memory
                    exchange = await asyncio.to_thread(recording.exchange)
            LOG.debug("%s: %s after %.3f s, %d bytes", identity, _outcome(exchange), exchange.seconds, len(exchange.body))
            wait = self._wait(recording, exchange, attempts)
            if wait is None and await self._was_expired(key, request, exchange, attempts):
                wait = 0.0
            if wait is None:
                exchange = replace(exchange, attempts=tuple(attempts))
                if self.keep is not None:
                    await self._keep(self.keep, exchange)
                return exchange
            attempts.append(RetriedAttempt(exchange.status or 0, exchange.header("retry-after"), wait))
            client = self._client_of_new_connections
            LOG.debug("%s: attempt %d in %g s", identity, len(attempts) + 1, wait)
            await self._sleep(wait)

    async def _keep(self, keep: Callable[[Exchange], None], exchange: Exchange) -> None:
        """Pass an exchange to ``keep``, in a thread if it is large."""
        if len(exchange.body) + len(exchange.request.body) < LARGE:
            keep(exchange)
        else:
            await asyncio.to_thread(keep, exchange)

    def _wait(self, recording: _Recording, exchange: Exchange, attempts: list[RetriedAttempt]) -> float | None:
        """How long to wait before another attempt, in seconds; ``None`` if there is to be none."""
        if recording.stale_connection:
            return 0.0
        if len(attempts) + 1 >= self._limits.attempts:
            return None
        if exchange.trouble or exchange.status not in (429, 503):
            return None
        wait = retry_after_seconds(exchange.header("retry-after"), datetime.now(UTC))
        if wait is None and exchange.status == 429:
            wait = float(2 ** len(attempts))
        return wait if wait is not None and wait <= self._limits.wait else None

    async def _was_expired(self, key: str, request: Request, exchange: Exchange, attempts: list[RetriedAttempt]) -> bool:
        """Whether a request was refused for its key alone, and there is a newer key. It was not carried out, so it may be repeated."""
        if self._key is None or exchange.status != 401 or any(attempt.status == 401 for attempt in attempts):
            return False
        carried = any(self._key.first in value for _, value in request.headers)
        return carried and await self._key.renewed(key)

    async def _send(self, client: httpx.AsyncClient, request: Request, identity: str, listener: Listener | None, key: str) -> _Recording:
        """Make one attempt, with the current key."""
        recording = _Recording(identity, request, self._limits, self._scrubber, self._clock)
        try:
            built = client.build_request(
                request.method,
                self.base_url + request.path,
                headers=[(name, value.replace(self._key.first, key) if self._key else value) for name, value in request.headers],
                content=_in_chunks(request.body) if _is_chunked(request) else request.body or None,
                extensions={"trace": recording.trace},
            )
            async with asyncio.timeout(self._limits.total):
                response = await client.send(built, stream=True)
                try:
                    await recording.keep(response, listener)
                finally:
                    await response.aclose()
        except TimeoutError:
            recording.trouble = TransportFailure("too-long", f"the reply was not complete after {self._limits.total:g} s")
        except (httpx.TransportError, httpx.InvalidURL, OSError, ValueError) as error:
            recording.trouble = recording.diagnose(error)
        recording.end()
        return recording


def _outcome(exchange: Exchange) -> str:
    """The outcome of a request in a word or two, without the endpoint's words."""
    return f"status {exchange.status}" if exchange.trouble is None else exchange.trouble.kind


async def _keep_redirect(response: httpx.Response) -> None:
    """Save a reply's headers and remove ``location``: httpx would parse it, and reject an odd one as a broken reply."""
    response.extensions[RAW_HEADERS] = tuple(response.headers.raw)
    response.headers.pop("location", None)


class _NoCookies(CookieJar):
    """Takes no cookies, so that none is sent."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave the cookies of a reply where they are."""


class _Recording:
    """One attempt in progress."""

    def __init__(self, identity: str, request: Request, limits: Limits, scrubber: Scrubber, clock: Callable[[], float]) -> None:
        self._identity = identity
        self._request = request
        self._limits = limits
        self._scrubber = scrubber
        self._clock = clock
        self._started = clock()
        self._started_at = time.time()
        self._seconds = 0.0
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._pieces: list[bytes] = []
        self._arrivals: list[Arrival] = []
        self._octets = 0
        self._connected_anew = False
        self._traced = False
        self.trouble: TransportFailure | None = None

    async def trace(self, event: str, info: Any) -> None:
        """Note whether a connection was opened for this request (httpcore's trace extension)."""
        self._traced = True
        self._connected_anew |= event.startswith("connection.connect_tcp")

    @property
    def stale_connection(self) -> bool:
        """Whether an idle connection was closed just as we reused it. That is nobody's fault, so we try again."""
        reused = self._traced and not self._connected_anew
        return reused and self._status is None and self.trouble is not None and self.trouble.kind == "cut"

    async def keep(self, response: httpx.Response, listener: Listener | None) -> None:
        """Record status, headers and body of a reply as they arrive."""
        self._status = response.status_code
        raw_headers: tuple[tuple[bytes, bytes], ...] = response.extensions[RAW_HEADERS]
        self._headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers if name.lower() != b"set-cookie"
        )
        if listener is not None:
            await listener.start(response.status_code, raw_headers)
        encoding = response.headers.get("content-encoding", "")
        decode = decoder(encoding)
        if decode is None and not is_plain(encoding):
            self.trouble = TransportFailure("undecodable", f"content-encoding is {encoding!r}")
            return
        leave_after = self._request.leave_after
        async for raw in response.aiter_raw():
            if listener is not None:
                await listener.piece(raw)
            if piece := decode.decode(raw, self._limits.octets + 1 - self._octets) if decode else raw:
                self._take(piece)
            if self.trouble or (leave_after is not None and self._octets >= leave_after):
                return
            if self._request.read_pause:
                await asyncio.sleep(self._request.read_pause)
        if decode is not None:
            decode.finish()

    def _take(self, piece: bytes) -> None:
        """Record one chunk of the body, or that a limit is exceeded."""
        self._pieces.append(piece)
        self._octets += len(piece)
        seconds = self._clock() - self._started
        self._arrivals.append(Arrival(seconds, self._octets))
        if self._octets > self._limits.octets:
            self.trouble = TransportFailure("too-large", f"the body is larger than {self._limits.octets:,} bytes; we stopped reading")
        elif len(self._arrivals) > self._limits.pieces:
            self.trouble = TransportFailure("too-large", f"the body came in more than {self._limits.pieces:,} pieces; we stopped reading")
        elif seconds > self._limits.total:
            self.trouble = TransportFailure("too-long", f"the reply was not complete after {self._limits.total:g} s")

    def diagnose(self, error: Exception) -> TransportFailure:
        """Turn an exception of the HTTP library into a ``TransportFailure``."""
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)) or _is_our_limit(error):
            return TransportFailure("ours", text)
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
            return TransportFailure("tls" if _is_tls(error) else "unreachable", text)
        limit = f"{self._limits.silence:g} s"
        if isinstance(error, httpx.TimeoutException):
            if self._status is None:
                return TransportFailure("silent", f"no reply within {limit}")
            return TransportFailure("stalled", f"nothing more came for {limit}, after {self._octets:,} bytes of the body")
        if isinstance(error, ContentEncodingError):
            return TransportFailure("cut" if isinstance(error, TruncatedContentError) else "undecodable", str(error))
        if isinstance(error, ValueError):
            return TransportFailure("undecodable", text)
        if isinstance(error, httpx.RemoteProtocolError) and not _is_hang_up(error):
            return TransportFailure("garbled", text)
        return TransportFailure("cut", text)

    @property
    def size(self) -> int:
        """The number of body bytes received."""
        return self._octets

    def end(self) -> None:
        """Note the end of the attempt."""
        self._seconds = self._clock() - self._started

    def exchange(self) -> Exchange:
        """The exchange as far as it got, without secrets."""
        if self.trouble is not None and self.trouble.kind == "too-large":
            self._pieces = [b"".join(self._pieces)[:EVIDENCE]]
            self._arrivals = [arrival for arrival in self._arrivals if arrival.octets <= EVIDENCE]
        raw = b"".join(self._pieces)
        body, offsets = self._scrubber.octets(raw, [arrival.octets for arrival in self._arrivals])
        headers = tuple((name, self._scrubber.header(name, value)) for name, value in self._request.headers)
        return Exchange(
            id=self._identity,
            request=replace(self._request, headers=headers),
            status=self._status,
            headers=self._scrubber.reply_headers(self._headers),
            body=body,
            arrivals=tuple(replace(a, octets=o) for a, o in zip(self._arrivals, offsets, strict=True)),
            started_at=self._started_at,
            seconds=self._seconds,
            trouble=self._scrubber.clean(self.trouble),
        )


def _is_chunked(request: Request) -> bool:
    """Whether a request announces that its body comes in chunks."""
    return any(name.lower() == "transfer-encoding" and value == "chunked" for name, value in request.headers)


async def _in_chunks(body: bytes) -> AsyncIterator[bytes]:
    """A body in two pieces, so that it is sent chunked."""
    half = len(body) // 2
    for piece in (body[:half], body[half:]):
        yield piece


def _is_hang_up(error: httpx.RemoteProtocolError) -> bool:
    """Whether a protocol error is only a connection closed too early. Only the wording of the library's message shows this."""
    return any(word in str(error) for word in ("disconnected", "closed connection"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, and those that led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_tls(error: BaseException) -> bool:
    """Whether a failed connection failed in TLS."""
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


OUR_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""What this machine lacks: open files, buffers, memory, ports."""


def _is_our_limit(error: BaseException) -> bool:
    """Whether a connection failed for want of something on this machine."""
    return any(isinstance(cause, OSError) and cause.errno in OUR_LIMITS for cause in _causes(error))
