"""How failing examples are reduced, which are certainly wrong, and what the smallest still contains."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.generated.explore import UNFINISHED, Explored, Explorer, RequestBudget
from harness.generated.strategies import ExampleSource, source_of
from harness.generated.strategies.broken import deserves_refusal, is_dear, named_for
from harness.generated.strategies.sound import is_sound
from harness.model import Case, CaseResult, Data, Finding, Outcome, Property, Step
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import body_of
from tests.drawing import explore

BASE: dict[str, dict[str, Any]] = {
    "chat": {"model": "$model", "max_tokens": 8, "messages": [{"role": "user", "content": "hi"}]},
    "completions": {"model": "$model", "max_tokens": 8, "prompt": "hi"},
    "embeddings": {"model": "$model", "input": "hi"},
    "responses": {"model": "$model", "max_output_tokens": 16, "input": "hi"},
}


def explored(catalog: Catalog, drawn: Sequence[dict[str, int]], rules: dict[str, tuple[str, Outcome]], budget: int = 100) -> Explored:
    """What comes of drawn objects, in which each member breaks a requirement at an outcome."""
    prop: Property = catalog.properties["properties/chat/valid"]

    def draw(take: Callable[[Data], None], seed: int, count: int) -> None:
        for value in drawn:
            take(value)

    def build(value: Data) -> Case:
        return Case(prop.id, prop.area, prop.title, prop.feature, (Step("only", "chat", send=value),), prop.place)

    def play(cases: Sequence[Case]) -> list[CaseResult]:
        broken = [[rules[name] for name in case.steps[0].send if name in rules] for case in cases]
        return [
            CaseResult(case.id, (), tuple(Finding(case.id, requirement, outcome) for requirement, outcome in found))
            for case, found in zip(cases, broken, strict=True)
        ]

    return Explorer(play, RequestBudget(budget), examples=len(drawn), seed=0).explore(prop, ExampleSource(draw, build))


TWO = {"a": ("http.request-id", Outcome.WARN), "b": ("chat.object-shape", Outcome.FAIL)}


def test_two_failures_of_one_example_are_both_found(catalog: Catalog) -> None:
    made = explored(catalog, [{"a": 1, "b": 1, "c": 1}], TWO)
    assert [(one.requirements, one.case.steps[0].send) for one in made.found] == [
        (("chat.object-shape",), {"b": 1}),
        (("http.request-id",), {"a": 1}),
    ]


def test_making_small_begins_with_the_gravest_and_the_smallest(catalog: Catalog) -> None:
    made = explored(catalog, [{"a": 1, "c": 1}, {"b": 1, "c": 1, "d": 1}, {"b": 1, "d": 1}], TWO, budget=5)
    assert [(one.requirements, one.case.steps[0].send) for one in made.found] == [
        (("chat.object-shape",), {"b": 1}),
        (("http.request-id",), {"a": 1, "c": 1}),
    ]


@pytest.mark.parametrize(("budget", "is_whole"), [(3, False), (9, True)])
def test_example_that_could_not_be_made_smaller_says_so(budget: int, is_whole: bool, catalog: Catalog) -> None:
    made = explored(catalog, [{"b": 1, "c": 1, "d": 1}], TWO, budget)
    assert made.result is not None
    (finding,) = made.result.findings
    assert (UNFINISHED not in finding.reason) == is_whole


def test_some_requests_are_kept_for_making_small(catalog: Catalog) -> None:
    made = explored(catalog, [{"b": 1, "c": 1, "d": number} for number in range(9)], TWO, budget=9)
    assert made.examples == 6
    assert [one.case.steps[0].send for one in made.found] == [{"b": 1}]


@pytest.mark.parametrize(
    ("endpoint", "path", "value", "is_wrong"),
    [
        ("chat", ["hi"], 0, False),
        ("chat", ["stream_options"], {"x": 1}, False),
        ("chat", ["stream_options"], 7, True),
        ("chat", ["store"], {}, False),
        ("chat", ["stop"], 7, True),
        ("chat", ["max_tokens"], 0, False),
        ("chat", ["n"], -1, True),
        ("embeddings", ["hi"], 0, False),
        ("embeddings", ["dimensions"], -1, True),
        ("responses", ["text"], {"x": 1}, False),
        ("responses", ["text"], 7, True),
    ],
)
def test_member_that_an_endpoint_may_ignore_is_not_wrong_for_certain(
    endpoint: str, path: list[str | int], value: Data, is_wrong: bool, catalog: Catalog
) -> None:
    body = {**BASE[endpoint], **({"stream": True} if endpoint != "embeddings" else {})}
    assert deserves_refusal({"body": body, "path": path, "value": value}, endpoint, catalog.schemas) == is_wrong


@pytest.mark.parametrize(
    ("endpoint", "member", "is_wrong"),
    [("chat", "messages", True), ("completions", "prompt", False), ("embeddings", "input", True), ("responses", "model", True)],
)
def test_request_without_a_required_member(endpoint: str, member: str, is_wrong: bool, catalog: Catalog) -> None:
    assert deserves_refusal({"body": BASE[endpoint], "path": [member]}, endpoint, catalog.schemas) == is_wrong


@pytest.mark.parametrize("endpoint", BASE)
def test_smallest_example_has_a_limit_and_something_to_answer(endpoint: str, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    seen: list[dict[str, Any]] = []

    def respond(asked: ServerRequest) -> ServerReply:
        if asked.method == "DELETE":  # of what was made
            return answer(asked)
        seen.append(body_of(asked))
        reply = answer(asked)
        reply.headers.pop("x-request-id", None) if set(seen[-1]) - set(BASE[endpoint]) else None
        return reply

    (found,) = explore(catalog, loop, f"properties/{endpoint}/valid", respond, examples=40).found
    assert found.is_whole
    for body in seen:
        assert all(body[name] > 0 for name in ("max_tokens", "max_output_tokens") if name in body)
        given = next(body[name] for name in ("messages", "prompt", "input") if name in body)
        assert given or isinstance(given, str)
        assert not isinstance(given[-1], dict) or given[-1]["role"] == "user"


@pytest.mark.parametrize(
    ("endpoint", "change", "is_met"),
    [
        ("chat", {}, True),
        ("chat", {"max_tokens": 0}, False),
        ("completions", {"max_tokens": 0}, False),
        ("completions", {"prompt": [0]}, True),
        ("responses", {"input": []}, False),
        ("responses", {"input": [{"role": "user", "content": []}]}, False),
        ("responses", {"tool_choice": "auto"}, False),
        ("chat", {"messages": [{"role": "developer", "content": "hi"}]}, False),
        ("chat", {"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "hi"}}}]}, False),
        ("chat", {"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}]}, True),
        ("chat", {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "hi"}}}}, False),
        ("responses", {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "hi"}}}}, False),
    ],
)
def test_what_is_cut_down_too_far_is_not_sent(endpoint: str, change: dict[str, Any], is_met: bool, catalog: Catalog) -> None:
    assert is_sound({**BASE[endpoint], **change}, endpoint, catalog.schemas) == is_met


@pytest.mark.parametrize(
    ("member", "value", "is_so"),
    [
        ("n", 10**12, True),
        ("n", -1, False),
        ("best_of", 21, True),
        ("max_tokens", -1, True),
        ("max_tokens", "hot", False),
        ("seed", -1, False),
    ],
)
def test_wrong_number_that_may_be_taken_for_much_work_is_not_sent(member: str, value: Data, is_so: bool) -> None:
    assert is_dear([member], value) == is_so


def test_no_wrong_request_asks_for_much_work(catalog: Catalog) -> None:
    source = source_of(catalog.properties["properties/completions/broken"], catalog.schemas, {})
    seeds: list[Data] = []
    source.draw(seeds.append, 0, 60)
    assert any("value" in seed for seed in seeds)
    assert not [seed for seed in seeds if is_dear(seed.get("path", []), seed.get("value"))]
    assert source.build({"body": BASE["completions"] | {"model": "$completions_model"}, "path": ["n"], "value": 10**12}) is None


def test_error_may_name_the_member_that_depends_on_the_broken_one() -> None:
    body = {**BASE["chat"], "stream": True, "stream_options": {"include_usage": True}}
    assert named_for({"body": body, "path": ["stream"], "value": "hot"}) == ["stream", "stream_options", None]
    assert named_for({"body": BASE["chat"], "path": ["stream"], "value": "hot"}) == ["stream", None]


@pytest.mark.parametrize("prop", ["tools-turned", "higher-limit", "stopped"])
def test_what_a_property_is_about_is_not_cut_down(prop: str, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    wanted = catalog.properties[f"properties/chat/{prop}"]

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        reply.headers.pop("x-request-id", None)
        return reply

    (found,) = explore(catalog, loop, wanted.id, respond, examples=20).found
    assert found.requirements == ("http.request-id",)
    assert {name: found.case.steps[0].send[name] for name in wanted.members} == dict(wanted.members)
