"""The property suites find hidden faults, reduce them, keep within their budget, and raise no false alarm."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog, load
from harness.catalog.cost import DRAWN_TOKENS, cost_of
from harness.catalog.json_variants import WRITTEN, compact
from harness.catalog.paths import SPEC
from harness.catalog.requests import settings
from harness.catalog.yaml_lines import read_yaml
from harness.generated.drawn_cases import save_case
from harness.generated.explore import BudgetShares, Explored, Found, RequestBudget
from harness.generated.reduce import reduce
from harness.generated.strategies import source_of
from harness.model import Case, CaseResult, Level, Place, Step
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from tests.catalogs import read_once
from tests.drawing import discover, explore
from tests.hidden import HIDDEN, Hidden
from tests.inprocess import SUBJECT, judge

SEEDS = [int(seed) for seed in os.environ.get("WIREPROOF_SEEDS", "0").split(",")]
EXAMPLES = int(os.environ.get("WIREPROOF_EXAMPLES", "16"))
"""``make properties`` tries more of both."""
PROPERTIES = sorted(read_once().properties)
REQUIRED = {"model", "messages", "prompt", "input", "max_tokens", "max_output_tokens"}
"""Required members, and the limit without which nothing is sent."""


@pytest.mark.parametrize("prop", PROPERTIES)
def test_reference_has_every_property(prop: str, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    made = explore(catalog, loop, prop, examples=EXAMPLES, purse=RequestBudget(20 * EXAMPLES))
    assert made.found == []
    assert made.examples > EXAMPLES // 2
    assert made.result is not None
    assert all(expectation.requirement in {f.requirement for f in made.result.findings} for expectation in catalog.properties[prop].expect)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda hidden: hidden.name)
def test_hidden_fault_is_found_and_made_small(hidden: Hidden, seed: int, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    made, found = discover(catalog, loop, hidden, seed)
    assert found, [one.requirements for one in made.found]
    assert len(beyond_required(found[0].case.steps[0].send or raw(found[0].case.steps[0].raw))) <= hidden.most


def raw(text: str | None) -> dict[str, Any]:
    """The members of a broken body, as far as it can be read."""
    try:
        body = json.loads(text or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def beyond_required(body: dict[str, Any]) -> set[str]:
    """The members that a smallest request has beyond those it must have."""
    return (
        set(body) - REQUIRED - {"wireproof_unknown", "user", "seed", "metadata"}
        if isinstance(body, dict) and "wireproof" in str(body)
        else set(body) - REQUIRED
    )


def test_same_seed_draws_the_same(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def asked(seed: int) -> list[bytes]:
        noted: list[bytes] = []

        def respond(asked: ServerRequest) -> ServerReply:
            noted.append(asked.body)
            return answer(asked)

        explore(catalog, loop, "properties/chat/valid", respond, examples=20, seed=seed, afresh=True)
        return noted

    assert asked(3) == asked(3)
    assert asked(3) != asked(4)


@pytest.mark.parametrize("prop", [name for name in PROPERTIES if name.endswith("/valid")])
def test_no_example_asks_for_more_tokens_than_the_plan_tells(prop: str, catalog: Catalog) -> None:
    source = source_of(catalog.properties[prop], catalog.schemas, settings(SUBJECT))
    cases: list[Case | None] = []
    source.draw(lambda value: cases.append(source.build(value)), 0, 40)
    costs = [cost_of(case).tokens / len(case.steps) for case in cases if case is not None]
    assert 0 <= max(costs) <= DRAWN_TOKENS


@pytest.mark.parametrize("budget", [0, 1, 7, 25, 60])
def test_purse_is_never_overdrawn(budget: int, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    sent = 0

    def respond(asked: ServerRequest) -> ServerReply:
        nonlocal sent
        sent += 1
        return HIDDEN[0].effect(asked, answer(asked)) if b'"user"' in asked.body else answer(asked)

    purse = RequestBudget(budget)
    made = explore(catalog, loop, "properties/chat/valid", respond, purse=purse)
    assert sent == made.requests == budget - purse.left
    assert sent <= budget


def test_examples_are_at_most_as_many_as_asked(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    made = explore(catalog, loop, "properties/chat/valid", examples=17)
    assert 0 < made.examples <= 17


def test_what_one_property_leaves_goes_to_the_next() -> None:
    shares = BudgetShares(100, 4)
    first = shares.next()
    assert first.left == 25
    assert first.take(5)
    shares.back(first)
    assert shares.next().left == (100 - 5) // 3


def test_what_is_wrong_everywhere_is_found_once_with_the_smallest_request(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        reply.headers.pop("x-request-id")
        return reply

    made: Explored = explore(catalog, loop, "properties/chat/valid", respond, examples=30)
    (found,) = made.found
    assert found.requirements == ("http.request-id",)
    assert set(found.case.steps[0].send) == {"model", "messages", "max_tokens"}


SAVED = ("joined-emoji", "large-body", "order-matters", "nan-taken")
"""One of each way in which a body is written: its text, its size, the order of its members, and what is no JSON."""


def test_saved_case_fails_from_then_on(catalog: Catalog, loop: asyncio.AbstractEventLoop, tmp_path: Path) -> None:
    spec = shutil.copytree(SPEC, tmp_path / "spec")
    file = spec / "cases" / "chat" / "drawn.yaml"
    names: dict[str, str] = {}
    for hidden in [one for one in HIDDEN if one.name in SAVED]:
        _, found = discover(catalog, loop, hidden)
        names[hidden.name] = "chat/drawn/" + save_case(file, found[0])
    grown = load(spec)
    for hidden in [one for one in HIDDEN if one.name in SAVED]:
        assert loop.run_until_complete(judge(grown, cases=[names[hidden.name]])).unmet(Level.MUST, Level.SHOULD) == set()
        assert hidden.breaks in loop.run_until_complete(judge(grown, hidden, cases=[names[hidden.name]])).unmet()


def test_every_text_survives_being_saved(tmp_path: Path) -> None:
    text = "".join(map(chr, [*range(1, 0x250), 0x200D, 0x2028, 0xFEFF, 0xD800, 0xDCE4, 0xFFFE, 0x1F44B]))
    step = Step("only", "chat", send={"model": "$model", "max_tokens": 1, "messages": [{"role": "user", "content": text}]}, wants="either")
    case = Case("properties/chat/valid", "properties", "A title.", "chat", (step,), Place("x", 1))
    save_case(tmp_path / "cases.yaml", Found(case, CaseResult("x", (), ()), ("usage.adds-up",)))
    (saved,) = read_yaml((tmp_path / "cases.yaml").read_text(encoding="utf-8")).value["cases"]
    assert saved["send"]["messages"][0]["content"] == text


def test_reducing_leaves_what_is_needed() -> None:
    seed = {"a": 1, "b": [1, 2, {"c": "one two three", "d": 9.5}], "e": {"f": True}}
    assert reduce(seed, lambda tried: "two" in str(tried)) == {"b": [{"c": "two"}]}
    assert reduce(seed, lambda tried: True) == {}
    assert reduce(seed, lambda tried: False) == seed


@pytest.mark.parametrize("manner", WRITTEN)
def test_writing_keeps_the_meaning(manner: str) -> None:
    body = {"b": "data: [DONE], / \\u0041 : \n", "a": [1, 1.5, None, {"y": True, "x": "你好"}], "properties": {"z": 1, "a": 2}}
    written = WRITTEN[manner](body)
    assert json.loads(written) == body
    assert written != compact(body)
