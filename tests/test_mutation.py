"""Systematic mutation: which mutations are made, how grave they are, and a fixed sample that must stay detected."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from tests.inprocess import HEADERS
from tests.mutation.explained import Explained
from tests.mutation.mutation import Mutation
from tests.mutation.places import find, kind_of, walk
from tests.mutation.run import Bench, Played, parsed
from tests.mutation.severity import BREAKS, COSMETIC, WRONG, outcome, severity

SAMPLE = Path(__file__).parent / "mutation" / "sample.jsonl"
ORDER = ("not found", "undecided", "MAY", "SHOULD", "MUST")


@pytest.fixture(scope="module")
def bench(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Bench:
    bench = Bench(catalog)
    loop.run_until_complete(bench.prepare())
    return bench


@pytest.fixture(scope="module")
def made(bench: Bench) -> dict[str, Mutation]:
    return {mutation.id: mutation for mutation in bench.mutations()}


def test_the_same_mutations_are_made_again_in_the_same_order(bench: Bench, made: dict[str, Mutation]) -> None:
    assert [mutation.id for mutation in bench.mutations()] == list(made)
    assert len(made) > 5_000


@pytest.mark.parametrize("kept", [parsed(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()], ids=lambda kept: kept.id)
def test_what_was_found_stays_found(kept: Played, bench: Bench, made: dict[str, Mutation], loop: asyncio.AbstractEventLoop) -> None:
    now = loop.run_until_complete(bench.play(made[kept.id]))
    assert ORDER.index(now.found) >= ORDER.index(kept.found), f"found at {now.found}, and at {kept.found} before"


def chat() -> tuple[ServerRequest, ServerReply]:
    body = {"model": "reference", "max_tokens": 8, "messages": [{"role": "user", "content": "Say hi."}]}
    asked = ServerRequest("POST", "/chat/completions", HEADERS, json.dumps(body).encode())
    return asked, answer(asked)


def test_gravity_is_what_the_clients_user_notices() -> None:
    asked, good = chat()
    assert outcome(asked, good)[0] == "returns"

    def told(**members: object) -> str:
        return severity(asked, good, ServerReply(good.status, good.headers, {**good.body, **members}))

    assert told(service_tier="another") == COSMETIC
    assert (
        told(
            choices=[
                {**good.body["choices"][0], "finish_reason": "length" if good.body["choices"][0]["finish_reason"] == "stop" else "stop"}
            ]
        )
        == WRONG
    )
    assert severity(asked, good, ServerReply(500, good.headers, b"")) == BREAKS


def test_places_are_told_by_patterns() -> None:
    document = {"output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]}
    assert "/output/*(message)/content/*(output_text)/text" in [place for place, _, _ in walk(document)]
    [(holder, key)] = find(document, "/output/*(message)/content/*(output_text)/text")
    assert holder[key] == "hi"
    assert kind_of({"choices": [], "usage": {}}) == "usage"


def test_an_explanation_does_not_excuse_what_a_user_notices() -> None:
    explained = Explained.read()
    cosmetic = Played("left out", "/service_tier", "always", "chat", "not found", (), COSMETIC, 1)
    noticed = Played("left out", "/usage", "always", "chat", "not found", (), WRONG, 1)
    assert explained.kind(cosmetic) == "legal-variant"
    assert explained.kind(noticed) is None
    assert len(explained.stale([])) == len(explained.entries)


def test_pairs_of_explanations_are_cases(catalog: Catalog) -> None:
    assert all(name in catalog.cases for entry in Explained.read().entries for name in entry.pair)
