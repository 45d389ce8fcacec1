"""Judges the reference, or a mutant of it, without sockets or waiting: a transport with its own clock.

A pause of the application only moves the clock, so that a stream that stalls for an hour is judged in a millisecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx

from harness.catalog import Catalog
from harness.judging.verdict import Scope, Verdict, reach_verdict
from harness.model import CaseResult, Exchange, Level, Subject
from harness.reference.answers import answer
from harness.reference.app import BASE, Answer, App, BrokenOffError
from harness.reference.context_window import WINDOW
from harness.reference.refusals import KEY
from harness.reference.state import State, counted_digits
from harness.runner.engine import Engine
from harness.runner.preflight import TargetOptions, preflight
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire

BASE_URL = "http://reference.test/v1"
HEADERS = {"authorization": f"Bearer {KEY}"}
SUBJECT = Subject(BASE_URL, "reference", "reference", "reference-embedding", "openai", context_window=WINDOW)


class VirtualClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds


class Loopback(httpx.AsyncBaseTransport):
    """Carries requests to an application in this process, and its reply back piece by piece; what answers sees paths below ``base``."""

    def __init__(self, respond: Answer, clock: VirtualClock, base: str = BASE) -> None:
        self._app = App(respond, clock.sleep, base, State(digits=counted_digits()))
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        messages = self._messages(request)
        silence = request.extensions["timeout"]["read"]
        asked_at = self._clock.now
        start = await anext(messages)
        if self._clock.now - asked_at > silence:
            await messages.aclose()
            raise httpx.ReadTimeout("", request=request)
        return httpx.Response(start["status"], headers=start["headers"], stream=_Body(messages, self._clock, silence))

    async def _messages(self, request: httpx.Request) -> AsyncGenerator[dict[str, Any], None]:
        """What the application sends, as it sends it; it waits until each message was taken."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=1)
        body = await request.aread()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def run() -> None:
            try:
                await self._app(scope_of(request), receive, queue.put)
            finally:
                await queue.put(None)

        task = asyncio.create_task(run())
        try:
            while (message := await queue.get()) is not None:
                yield message
            await task
        except BrokenOffError:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body") from None
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class _Body(httpx.AsyncByteStream):
    """The body of a reply under way."""

    def __init__(self, messages: AsyncGenerator[dict[str, Any], None], clock: VirtualClock, silence: float) -> None:
        self._messages = messages
        self._clock = clock
        self._silence = silence

    async def __aiter__(self) -> AsyncIterator[bytes]:
        before = self._clock.now
        async for message in self._messages:
            if self._clock.now - before > self._silence:
                raise httpx.ReadTimeout("")
            if message.get("body"):
                yield message["body"]
            before = self._clock.now

    async def aclose(self) -> None:
        await self._messages.aclose()


def scope_of(request: httpx.Request) -> dict[str, Any]:
    """The ASGI scope of a request."""
    return {
        "type": "http",
        "method": request.method,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged run."""

    results: tuple[CaseResult, ...]
    verdict: Verdict

    def unmet(self, *levels: Level) -> set[str]:
        """The requirements that are not met, of these levels or of all."""
        return {s.requirement.id for s in self.verdict.standings if s.missed and (not levels or s.requirement.level in levels)}


async def judge(
    catalog: Catalog,
    respond: Answer = answer,
    *,
    cases: Iterable[str] | None = None,
    limits: Limits | None = None,
    subject: Subject = SUBJECT,
) -> Judged:
    """Judge the reference, or what answers in its place, with all cases or some. In places of its own it sees whole paths."""
    clock = VirtualClock()
    transport = Loopback(respond, clock, "" if subject.places else BASE)
    url, scrubber = subject.base_url, Scrubber([KEY])
    wire = Wire(url, scrubber, limits or Limits(), transport=transport, clock=clock, sleep=clock.sleep, trust_env=False)
    # Cases are played one after the other: a clock that all share would give one reply the pauses of another.
    engine = Engine(catalog, wire, subject, HEADERS)
    async with aclosing(_Closing(engine, wire)):
        chosen = [case for case in catalog.cases.values() if cases is None or case.id in cases]
        results = tuple([await engine.result(case) for case in chosen])
        absent = await engine.absent_features()
    return Judged(results, reach_verdict(catalog, results, absent, Scope(partial="" if cases is None else "some cases")))


class _Closing:
    """Closes an engine and its wire."""

    def __init__(self, engine: Engine, wire: Wire) -> None:
        self._engine = engine
        self._wire = wire

    async def aclose(self) -> None:
        """Close both."""
        await self._engine.close()
        await self._wire.close()


async def clear(catalog: Catalog, respond: Answer, wishes: TargetOptions) -> Subject:
    """The preflight alone."""
    clock = VirtualClock()
    transport = Loopback(respond, clock, "" if catalog.profile.places else BASE)
    wire = Wire(wishes.base_url, Scrubber([KEY]), transport=transport, clock=clock, sleep=clock.sleep, trust_env=False)
    try:
        return (await preflight(catalog, wire, HEADERS, wishes)).subject
    finally:
        await wire.close()


async def exchange(respond: Answer, case: str, catalog: Catalog, limits: Limits | None = None) -> Exchange:
    """The last exchange of one case."""
    judged = await judge(catalog, respond, cases=[case], limits=limits)
    return judged.results[0].exchanges[-1]
