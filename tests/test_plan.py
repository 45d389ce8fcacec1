"""``--plan``: what a run costs before anything is sent."""

from __future__ import annotations

import asyncio

import pytest

from harness.catalog import Catalog, cost
from harness.catalog.cost import Terms, plan
from harness.model import Case, Place, Step
from tests.inprocess import judge


def case(*steps: Step) -> Case:
    """A case with these steps."""
    return Case("chat/plan/made", "chat", "A case.", "core", steps, Place("made.yaml", 1))


def said(*steps: Step, terms: Terms) -> list[str]:
    """The lines below the table."""
    return [line for line in plan([case(*steps)], terms) if ":" in line]


HUNDRED = Step("one", "chat", send={"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "x" * 400}]})


def test_time_is_that_of_the_slots_or_of_the_rate() -> None:
    assert said(HUNDRED, HUNDRED, HUNDRED, HUNDRED, terms=Terms(2)) == [
        "Time: about 5 seconds with 2 cases at a time (--concurrency), if the endpoint takes 0.5 s to a first token and 20 ms for each one."
    ]
    assert said(HUNDRED, HUNDRED, HUNDRED, HUNDRED, terms=Terms(2, rate=2)) == ["Time: about 2 minutes, at 2 requests a minute (--rate)."]


def test_money_is_that_of_prompt_and_completion() -> None:
    (_, money) = said(HUNDRED, terms=Terms(1, price=(1_000_000, 1_000_000)))
    tokens = cost.cost_of(case(HUNDRED))
    assert money.startswith(f"Money: about {tokens.prompt + tokens.tokens:.4f} at most")


@pytest.mark.parametrize(
    ("step", "tokens"),
    [
        (HUNDRED, 106),
        (Step("one", "chat", send={"model": "m", "messages": "x" * 400}, wants="refusal"), 0),
        (Step("one", "models", method="GET"), 0),
        (Step("one", "embeddings", send={"model": "m", "input": [1, 2, 3]}), 4),
        (
            Step("one", "chat", send={"messages": [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 999}}]}),
            95,
        ),
    ],
)
def test_prompt_is_counted_about(step: Step, tokens: int) -> None:
    assert cost.cost_of(case(step)).prompt == tokens


def test_prompt_tokens_are_about_what_the_reference_counts(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    names = [name for name in catalog.cases if name.startswith(("chat/", "tools/")) and catalog.cases[name].steps[0].wants == "success"][
        :40
    ]
    found = loop.run_until_complete(judge(catalog, cases=names))
    planned = sum(cost.cost_of(catalog.cases[result.case]).prompt for result in found.results)
    counted = sum(
        int(str(exchange.body).split('"prompt_tokens":')[1].split(",")[0])
        for result in found.results
        for exchange in result.exchanges
        if b'"prompt_tokens":' in exchange.body
    )
    assert counted > 100
    assert 0.5 < planned / counted < 3
