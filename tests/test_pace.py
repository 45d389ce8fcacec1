"""``--rate``: never more requests a minute than allowed, however the minutes are counted."""

from __future__ import annotations

import asyncio
from bisect import bisect_left

import httpx
import pytest

from harness.model import Request
from harness.wire.pace import Pace
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.inprocess import BASE_URL, VirtualClock


def most_in_a_minute(starts: list[float]) -> int:
    """The most starts in any sixty seconds."""
    return max(bisect_left(starts, start + 60 - 1e-9) - position for position, start in enumerate(starts))


@pytest.mark.parametrize("rate", [1, 7, 60, 450])
def test_no_minute_has_more_requests_than_allowed(rate: int) -> None:
    clock = VirtualClock()
    starts: list[float] = []

    async def ask(pace: Pace) -> None:
        await pace.turn()
        starts.append(clock.now)

    async def all_at_once() -> None:
        pace = Pace(rate, clock, clock.sleep)
        await asyncio.gather(*(ask(pace) for _ in range(3 * rate + 1)))
        clock.now += 500  # nothing is saved up for later
        await asyncio.gather(*(ask(pace) for _ in range(rate + 1)))

    asyncio.run(all_at_once())
    assert most_in_a_minute(starts) == rate
    assert starts[3 * rate] == pytest.approx(180), "and no fewer than allowed"


def test_sleep_that_ends_too_early_is_slept_on() -> None:
    clock = VirtualClock()

    async def doze(seconds: float) -> None:
        clock.now += seconds / 2 if seconds > 0.01 else seconds

    async def twice() -> None:
        pace = Pace(60, clock, doze)
        await pace.turn()
        await pace.turn()

    asyncio.run(twice())
    assert clock.now == pytest.approx(1)


def test_each_attempt_takes_its_turn() -> None:
    """Also a request that is repeated because the endpoint asked for it."""
    clock = VirtualClock()
    starts: list[float] = []

    def respond(request: httpx.Request) -> httpx.Response:
        starts.append(clock.now)
        return httpx.Response(429, headers={"retry-after": "0"}, stream=httpx.ByteStream(b""))

    async def send() -> None:
        wire = Wire(
            BASE_URL, Scrubber(), Limits(), rate=30, transport=httpx.MockTransport(respond), clock=clock, sleep=clock.sleep, trust_env=False
        )
        await wire.exchange(Request("models", "GET", "/models", (), b""), "a")
        await wire.close()

    asyncio.run(send())
    assert starts == [0, 2, 4]
