"""Explores properties of the reference, or of a stand-in, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.catalog import Catalog
from harness.catalog.requests import settings
from harness.generated.explore import Explored, Explorer, Found, RequestBudget
from harness.generated.strategies import source_of
from harness.model import Case, CaseResult, Data
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.refusals import KEY
from harness.runner.engine import Engine
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.hidden import Hidden
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Loopback, VirtualClock

Draw = Callable[[Callable[[Data], None], int, int], None]
DRAWN: dict[tuple[str, int], list[Data]] = {}
FEW, EXAMPLES = 30, 200
REQUESTS = 2_000


def _remembering(prop: str, draw: Draw) -> Draw:
    """A drawing that is done once for each property and seed: what answers does not change what is drawn, and few are the first of many."""

    def remembered(take: Callable[[Data], None], seed: int, count: int) -> None:
        key = (prop, seed)
        if len(DRAWN.get(key, ())) < count:
            DRAWN[key] = []
            draw(DRAWN[key].append, seed, count)
        for value in DRAWN[key][:count]:
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
    afresh: bool = False,
) -> Explored:
    """What a property comes to; ``afresh``, with nothing that was drawn before."""
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
        return explorer.explore(wanted, source if afresh else replace(source, draw=_remembering(prop, source.draw)))
    finally:
        loop.run_until_complete(engine.close())
        loop.run_until_complete(wire.close())


def discover(catalog: Catalog, loop: asyncio.AbstractEventLoop, hidden: Hidden, seed: int = 0) -> tuple[Explored, list[Found]]:
    """What a property comes to with a hidden fault, and where it was found: among the first examples, or else among many."""
    for examples in (FEW, EXAMPLES):
        made = explore(catalog, loop, hidden.prop, hidden, seed=seed, examples=examples)
        found = [one for one in made.found if hidden.breaks in one.requirements]
        if found:
            break
    return made, found
