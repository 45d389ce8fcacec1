"""Slots for requests: never more in use than exist, and nobody overtakes a waiter for several slots."""

from __future__ import annotations

import asyncio

import pytest

from harness.wire.limiter import Limiter


async def play(slots: Limiter, *wishes: int) -> tuple[list[int], int]:
    """Ask for slots in this order, each wish held for some turns of the loop: the order of who began, and how many were held at most."""
    began: list[int] = []
    held = most = 0

    async def hold(number: int, wish: int) -> None:
        nonlocal held, most
        async with slots.held(wish):
            began.append(number)
            held += wish
            most = max(most, held)
            for _ in range(3 + number % 3):
                await asyncio.sleep(0)
            held -= wish

    async with asyncio.timeout(10):
        await asyncio.gather(*(hold(number, wish) for number, wish in enumerate(wishes)))
    return began, most


@pytest.mark.parametrize("wishes", [(1, 1, 1, 1, 1), (1, 3, 1, 3, 1), (2, 2, 2), (3, 3), (1, 2, 3, 2, 1, 1, 1)])
def test_first_come_first_served_and_never_more_than_there_are(wishes: tuple[int, ...]) -> None:
    began, most = asyncio.run(play(Limiter(3), *wishes))
    assert began == sorted(began)
    assert most <= 3


def test_more_than_there_are_is_all_of_them() -> None:
    async def all_of_them() -> bool:
        slots = Limiter(2)
        async with slots.held(5):
            another = asyncio.create_task(slots.take())
            await asyncio.sleep(0)
            waits = not another.done()
        await another
        return waits

    assert asyncio.run(all_of_them())


@pytest.mark.parametrize("served", [False, True])
def test_who_is_stopped_keeps_no_slot_and_holds_up_nobody(served: bool) -> None:
    async def stop_one() -> list[int]:
        slots = Limiter(2)
        await slots.take(2)
        stopped = asyncio.create_task(slots.take(2))
        behind = asyncio.create_task(slots.take(1))
        await asyncio.sleep(0)
        if served:
            slots.give(2)  # its turn has come, and it does not know yet
        stopped.cancel()
        if not served:
            slots.give(2)
        async with asyncio.timeout(10):
            await asyncio.gather(stopped, return_exceptions=True)
            await behind
            await slots.take(1)
        return (await play_after(slots)) if stopped.cancelled() else []

    async def play_after(slots: Limiter) -> list[int]:
        slots.give(2)
        return (await play(slots, 2, 1))[0]

    assert asyncio.run(stop_one()) == [0, 1]
