"""A small faithful gateway: it relays byte for byte and reports failures as its own. Every gateway mutant builds on it.

It shares no code with the harness that judges it: an ASGI application in front, an HTTP client behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx

Headers = list[tuple[str, str]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

OWN_KEY = "gateway-own-key-0001"
HOP = {
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
    "host",
    "content-length",
    "authorization",
}
NOT_BACK = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date", "server"}


NO_POOL = httpx.Limits(max_connections=None, max_keepalive_connections=0)


@dataclass
class Asked:
    """A request of a client."""

    method: str
    path: str
    headers: Headers
    body: bytes


@dataclass
class Given:
    """A whole reply, or what it came to."""

    status: int
    headers: Headers
    body: bytes = b""


@dataclass
class Gateway:
    """An ASGI application. Each member that may be replaced is what one kind of mutant does otherwise."""

    upstream: str
    ask: Callable[[Asked], Asked] = lambda asked: asked
    plain: Callable[[Given], Given] = lambda given: given
    refuse: Callable[[Given], Given] = lambda given: given
    stream: Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]] | None = None
    passes_error: Callable[[bytes], bool] = lambda body: False
    stream_headers: Callable[[Headers], Headers] = lambda headers: headers
    own_reply: Callable[[Asked], Given | None] = lambda asked: None
    retries: int = 0
    fallback: str | None = None
    retry_on: Callable[[int], bool] = lambda status: status in (502, 503)
    listens_for_leaving: bool = True
    heeds_connection: bool = True
    decodes: bool = True
    codings: str = "gzip, deflate"
    opens_at_once: bytes = b""
    hangs: bool = False
    asks_twice: bool = False
    begins_again: bool = False
    cuts_replies: bool = False
    swallows_death: bool = False
    names_upstream: bool = False
    death: Callable[[], Given] = lambda: error(502, "The upstream gave no valid answer.")
    hop: frozenset[str] = frozenset(HOP)
    key: str = OWN_KEY
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=30, trust_env=False, limits=NO_POOL))

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = await _asked(scope, receive)
        leaving = asyncio.create_task(_left(receive)) if self.listens_for_leaving else asyncio.create_task(asyncio.Event().wait())
        relaying = asyncio.create_task(self._relay(self.ask(asked), send))
        try:
            await asyncio.wait({leaving, relaying}, return_when=asyncio.FIRST_COMPLETED)
            if relaying.done():
                relaying.result()
        finally:
            for task in (leaving, relaying):
                task.cancel()
            await asyncio.gather(leaving, relaying, return_exceptions=True)

    async def _relay(self, asked: Asked, send: Send) -> None:
        """Pass a request on, and its reply back."""
        own = self.own_reply(asked)
        if own is not None:
            await _give(own, send)
            return
        if self.opens_at_once and b'"stream":true' in asked.body:
            await self._open(send)
        upstreams = [self.upstream] * (self.retries + 1) + [self.fallback] * (self.fallback is not None)
        for number, upstream in enumerate(upstreams, start=1):
            again = number < len(upstreams)
            try:
                if self.asks_twice and b'"stream":true' not in asked.body:
                    await self.client.request(asked.method, f"{upstream}{asked.path}", headers=self._inward(asked), content=asked.body)
                async with self.client.stream(
                    asked.method, f"{upstream}{asked.path}", headers=self._inward(asked), content=asked.body
                ) as reply:
                    if again and self.retry_on(reply.status_code):
                        continue
                    await self._back(reply, send)
                    return
            except (httpx.TransportError, httpx.DecodingError):
                if not again:
                    await _give(self.death(), send)
                    return

    def _inward(self, asked: Asked) -> Headers:
        """The headers for the upstream."""
        named = {word.strip().lower() for name, value in asked.headers if name == "connection" for word in value.split(",")}
        named |= {"accept-encoding"}
        kept = [(name, value) for name, value in asked.headers if name not in self.hop and not (self.heeds_connection and name in named)]
        return [*kept, ("authorization", f"Bearer {self.key}"), ("accept-encoding", self.codings)]

    async def _back(self, reply: httpx.Response, send: Send) -> None:
        """Pass a reply back: whole, or as it comes."""
        headers = [(name.lower(), value) for name, value in reply.headers.multi_items() if name.lower() not in NOT_BACK]
        if self.names_upstream:
            headers.append(("x-api-base", self.upstream))
        if "text/event-stream" not in reply.headers.get("content-type", ""):
            if not self.decodes and "content-encoding" in reply.headers:
                headers.append(("content-encoding", reply.headers["content-encoding"]))
                await _give(Given(reply.status_code, headers, b"".join([piece async for piece in reply.aiter_raw()])), send)
                return
            await self._whole(Given(reply.status_code, headers, await reply.aread()), send)
            return
        pieces = reply.aiter_bytes()
        if not self.opens_at_once:
            await send({"type": "http.response.start", "status": reply.status_code, "headers": _raw(self.stream_headers(headers))})
        made = self.stream(pieces) if self.stream else _as_it_is(pieces)
        try:
            async with aclosing(made) as given:
                async for piece in given:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except httpx.TransportError:
            await self._died(reply, send)
        await send({"type": "http.response.body", "body": b""})

    async def _open(self, send: Send) -> None:
        """Begin a stream before anybody was asked."""
        await send({"type": "http.response.start", "status": 200, "headers": _raw([("content-type", "text/event-stream")])})
        await send({"type": "http.response.body", "body": self.opens_at_once, "more_body": True})
        await asyncio.sleep(0.2)

    async def _died(self, reply: httpx.Response, send: Send) -> None:
        """End a stream that died behind us."""
        if self.hangs:
            await asyncio.Event().wait()
        if self.begins_again:
            request = reply.request
            again = str(request.url).replace(self.upstream, self.fallback or self.upstream)
            async with self.client.stream("POST", again, headers=request.headers, content=request.content) as second:
                if "text/event-stream" in second.headers.get("content-type", ""):
                    async for piece in second.aiter_bytes():
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
        elif self.swallows_death:
            await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": True})
        else:
            raise BrokenOffError from None

    async def _whole(self, given: Given, send: Send) -> None:
        """Pass on a whole reply; one that is an error gets the form of one."""
        if given.status < 400:
            await _give(self.plain(given), send, cut=self.cuts_replies)
            return
        if self.passes_error(given.body):
            await _give(given, send)
            return
        if not _is_error(given.body):
            given = Given(
                given.status, [h for h in given.headers if h[0] != "content-type"], error(given.status, "The upstream failed.").body
            )
            given.headers.append(("content-type", "application/json"))
        await _give(self.refuse(given), send)


class BrokenOffError(Exception):
    """Ends a reply in the middle: the server closes the connection."""


async def _as_it_is(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        yield piece


async def _asked(scope: dict[str, Any], receive: Receive) -> Asked:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Asked(scope["method"], scope["raw_path"].decode().removeprefix("/v1"), headers, b"".join(pieces))


async def _left(receive: Receive) -> None:
    """Return once the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _give(given: Given, send: Send, *, cut: bool = False) -> None:
    with contextlib.suppress(OSError):
        headers = [*given.headers, ("content-length", str(len(given.body)))]
        await send({"type": "http.response.start", "status": given.status, "headers": _raw(headers)})
        if cut and len(given.body) > 20:
            await send({"type": "http.response.body", "body": given.body[:20], "more_body": True})
            raise BrokenOffError
        await send({"type": "http.response.body", "body": given.body})


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _is_error(body: bytes) -> bool:
    """Whether a body is a standard error."""
    try:
        value = json.loads(body)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), dict) and isinstance(value["error"].get("message"), str)


def error(status: int, message: str) -> Given:
    """A standard error of the gateway's own."""
    body = {
        "error": {"message": message, "type": "server_error" if status >= 500 else "invalid_request_error", "param": None, "code": None}
    }
    return Given(status, [("content-type", "application/json"), ("x-request-id", "req_of_the_gateway")], json.dumps(body).encode())
