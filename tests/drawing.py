"""Explores properties of the reference, or of a stand-in, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.catalog import Catalog
from harness.catalog.requests import settings
from harness.generated.explore import Explored, Explorer, RequestBudget
from harness.generated.strategies import source_of
from harness.model import Case, CaseResult, Data
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.refusals import KEY
from harness.runner.engine import Engine
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Loopback, VirtualClock

Draw = Callable[[Callable[[Data], None], int, int], None]
DRAWN: dict[tuple[str, int, int], list[Data]] = {}
EXAMPLES = 200
REQUESTS = 2_000


def _remembering(prop: str, draw: Draw) -> Draw:
    """A drawing that is done once for each property, seed and number: what answers does not change what is drawn."""

    def remembered(take: Callable[[Data], None], seed: int, count: int) -> None:
        key = (prop, seed, count)
        if key not in DRAWN:
            DRAWN[key] = []
            draw(DRAWN[key].append, seed, count)
        for value in DRAWN[key]:
            take(value)

    return remembered


def explore(
    catalog: Catalog,
    loop: asyncio.AbstractEventLoop,
    prop: str,
    respond: Answer = answer,
    *,
    examples: int = EXAMPLES,
    purse: RequestBudget | None = None,
    seed: int = 0,
) -> Explored:
    """What a property comes to."""
    clock = VirtualClock()
    transport = Loopback(respond, clock)
    wire = Wire(BASE_URL, Scrubber([KEY]), Limits(), transport=transport, clock=clock, sleep=clock.sleep, trust_env=False)
    engine = Engine(catalog, wire, SUBJECT, HEADERS, concurrency=1)

    def play(cases: Sequence[Case]) -> list[CaseResult]:
        return loop.run_until_complete(engine.try_out(cases))

    wanted = catalog.properties[prop]
    explorer = Explorer(play, purse or RequestBudget(REQUESTS), examples=examples, seed=seed)
    source = source_of(wanted, catalog.schemas, settings(SUBJECT))
    try:
        return explorer.explore(wanted, replace(source, draw=_remembering(prop, source.draw)))
    finally:
        loop.run_until_complete(engine.close())
        loop.run_until_complete(wire.close())
