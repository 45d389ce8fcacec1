"""Measures a run's time against the endpoint's own time, in virtual time, so that a busy machine changes nothing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from harness.catalog import Catalog
from harness.model import CaseResult
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY
from harness.runner.engine import Engine
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Loopback, VirtualClock


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time leaps to the next timer whenever nothing is left to do."""

    def __init__(self) -> None:
        super().__init__()
        self._leapt = 0.0

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._leapt

    def _run_once(self) -> None:
        timers = self._scheduled  # type: ignore[attr-defined]
        if not self._ready and timers:  # type: ignore[attr-defined]
            self._leapt = max(self._leapt, timers[0].when())
        super()._run_once()  # type: ignore[misc]


class LoopClock(VirtualClock):
    """The time of the event loop that is running."""

    def __call__(self) -> float:
        """The time, in seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait, as far as the loop is concerned."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Packed:
    """A run that was played: how long it took, the least that it could have taken, and the CPU time spent on it."""

    wall: float
    least: float
    cpu: float
    results: tuple[CaseResult, ...]

    @property
    def ratio(self) -> float:
        """How much longer it took than it had to."""
        return self.wall / self.least


def packed(catalog: Catalog, added: float, concurrency: int, answering: Answer = answer) -> Packed:
    """Play all cases against the reference, whose every reply comes ``added`` seconds later."""

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answering(asked)
        reply.delay += added
        return reply

    async def play() -> tuple[float, tuple[CaseResult, ...]]:
        clock = LoopClock()
        wire = Wire(
            BASE_URL, Scrubber([KEY]), Limits(), transport=Loopback(respond, clock), clock=clock, sleep=clock.sleep, trust_env=False
        )
        engine = Engine(catalog, wire, SUBJECT, HEADERS, concurrency=concurrency)
        cases = list(catalog.cases.values())
        began = clock()
        engine.start(cases)
        results = tuple([await engine.result(case) for case in cases])
        took = clock() - began
        await engine.close()
        await wire.close()
        return took, results

    loop = LeapingLoop()
    began = time.process_time()
    try:
        wall, results = loop.run_until_complete(play())
    finally:
        loop.close()
    spent = [exchange.seconds for result in results for exchange in result.exchanges]
    return Packed(wall, sum(spent) / concurrency + max(spent), time.process_time() - began, results)
