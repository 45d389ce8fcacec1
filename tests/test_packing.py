"""A run takes little longer than the endpoint's own time. Measured in virtual time, so that a busy machine fails nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from hashlib import sha256

import pytest

from harness.catalog import Catalog
from harness.model import Arrival, CaseResult, Cut, Exchange, Request
from harness.records import result_from_json, result_to_json
from harness.runner.urgency import ALONE, urgencies
from harness.wire import Limiter, cut
from tests.catalogs import read_once
from tests.packing import packed


@pytest.mark.parametrize(("added", "concurrency", "most"), [(0.2, 8, 1.12), (0.05, 32, 1.3)])
def test_a_run_takes_little_longer_than_the_endpoint(added: float, concurrency: int, most: float) -> None:
    default = read_once(named=())
    run = packed(default, added, concurrency)
    assert {result.case for result in run.results} == set(default.cases)
    assert 1 < run.ratio < most


def test_what_much_waits_for_is_more_urgent_than_what_waits(catalog: Catalog) -> None:
    found = urgencies(catalog, lambda case: case.alone)
    features = catalog.features
    for case in catalog.cases.values():
        probe = features[case.feature].probe
        if probe is not None and case.id not in probe.cases and not case.alone:
            assert all(found[name] > found[case.id] for name in probe.cases)
    assert {name for name, urgency in found.items() if urgency > ALONE} == {case.id for case in catalog.cases.values() if case.alone}


def test_slots_go_to_the_most_urgent_first() -> None:
    async def play() -> list[str]:
        slots, order = Limiter(2), list[str]()

        async def take(name: str, number: int, urgency: float) -> None:
            async with slots.held(number, urgency):
                order.append(name)
                await asyncio.sleep(0)

        await slots.take(2)
        waiting = [asyncio.create_task(take(*one)) for one in (("late", 1, 0.0), ("later", 1, 0.0), ("both", 2, 5.0), ("soon", 1, 2.0))]
        await asyncio.sleep(0)
        slots.give(2)
        await asyncio.gather(*waiting)
        return order

    assert asyncio.run(play()) == ["both", "soon", "late", "later"]


def test_a_large_body_is_cut_once_it_was_judged() -> None:
    body = bytes(range(256)) * 4096
    arrivals = (Arrival(0.1, 1000), Arrival(0.2, len(body)))
    whole = Exchange("x", Request("chat", "POST", "/chat/completions", (), b""), 200, body=body, arrivals=arrivals)
    kept = cut(whole)
    assert kept.cut == Cut(len(body), sha256(body).hexdigest())
    assert body.startswith(kept.body)
    assert len(kept.body) == 64 * 1024
    assert kept.arrivals == arrivals[:1]
    small = replace(whole, body=body[: 256 * 1024])
    assert cut(small) is small
    for exchange in (kept, small):
        result = CaseResult("a/b/c", (exchange,), ())
        assert result_from_json(result_to_json(result)) == result
