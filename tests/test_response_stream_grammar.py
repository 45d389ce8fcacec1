"""The grammar of a response's events: every single error in their order is found, and a correct order raises no alarm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.checks.reply import Reply
from harness.checks.responses.stream_grammar import keeps_rule
from harness.model import Exchange, Problem, Request
from harness.reference.answers import answer
from harness.reference.exchange import ServerRequest, encode, frame
from harness.reference.refusals import KEY

RULES = (
    "created-first",
    "created-once",
    "in-progress-comes",
    "begins-unfinished",
    "one-id",
    "item-opened-first",
    "item-opened-once",
    "item-opened-empty",
    "indexes-count-up",
    "item-ids-agree",
    "identity-kept",
    "part-opened-first",
    "other-parts-opened-first",
    "part-order",
    "nothing-after-close",
    "texts-closed",
    "parts-closed",
    "all-closed",
    "completes-finished",
    "text-joins",
    "arguments-join",
    "other-texts-join",
    "ends-once",
    "ending-agrees",
    "final-output",
    "final-ids",
    "annotations-kept",
    "tools-go-on",
)
TOOL = {"type": "function", "name": "ping", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}
STREAMS: dict[str, dict[str, Any]] = {
    "text": {"input": "Say hi."},
    "cut": {"input": "Count from 1 to 99.", "max_output_tokens": 16},
    "reasoning": {"input": "Say hi.", "reasoning": {"effort": "low", "summary": "auto"}},
    "calls": {"input": 'Call ping with {"n": 1} and {"n": 2}.', "tools": [TOOL], "tool_choice": "required"},
    "background": {"input": "Say hi.", "background": True},
}
OPTIONAL = {"response.queued"}
"""An event that may be left out."""


def stream(name: str) -> list[dict[str, Any]]:
    """The events of one kind of stream."""
    asked = ServerRequest(
        "POST", "/responses", {"authorization": f"Bearer {KEY}"}, encode({"model": "reference", "stream": True, **STREAMS[name]})
    )
    events = answer(asked).events
    assert events is not None
    return json.loads(json.dumps(events))  # type: ignore[no-any-return]


def breaches(events: list[dict[str, Any]], method: str = "POST") -> dict[str, list[Problem]]:
    """The rules that a stream breaks."""
    body = b"".join(frame(event, named=True) for event in events)
    request = Request("responses", method, "/responses", (), b'{"stream":true}')
    reply = Reply(Exchange("x", request, 200, (("content-type", "text/event-stream"),), body))
    found = {rule: keeps_rule(reply, rule) for rule in RULES}
    return {rule: problems for rule, problems in found.items() if problems}


@pytest.mark.parametrize("name", STREAMS)
def test_reference_breaks_no_rule(name: str) -> None:
    assert breaches(stream(name)) == {}


@pytest.mark.parametrize("name", STREAMS)
def test_any_event_that_is_missing_is_noticed(name: str) -> None:
    events = stream(name)
    passed = [event["type"] for at, event in enumerate(events) if not breaches([*events[:at], *events[at + 1 :]])]
    assert set(passed) <= OPTIONAL


@pytest.mark.parametrize("name", STREAMS)
def test_any_event_that_comes_twice_is_noticed(name: str) -> None:
    events = stream(name)
    passed = [event["type"] for at, event in enumerate(events) if not breaches([*events[:at], event, *events[at:]])]
    assert set(passed) <= OPTIONAL


@pytest.mark.parametrize("name", STREAMS)
def test_any_two_neighbours_that_changed_places_are_noticed(name: str) -> None:
    events = stream(name)
    passed = []
    for at in range(len(events) - 1):
        one, two = events[at], events[at + 1]
        changed = [*events[:at], two, one, *events[at + 2 :]]
        if one.get("delta", 0) != two.get("delta", 1) and not breaches(changed):
            passed.append((one["type"], two["type"]))
    assert all(one in OPTIONAL or two in OPTIONAL or _free(one, two) for one, two in passed)


def _free(one: str, two: str) -> bool:
    """Whether two events may come in either order: the end of one item and the beginning of the next."""
    return (one, two) == ("response.output_item.done", "response.output_item.added")


@pytest.mark.parametrize("name", STREAMS)
def test_any_event_of_another_item_is_noticed(name: str) -> None:
    events = stream(name)
    for at, event in enumerate(events):
        if "output_index" in event:
            assert breaches([*events[:at], {**event, "output_index": 7}, *events[at + 1 :]])


def test_items_may_be_interleaved() -> None:
    events = stream("calls")
    first = [event for event in events if event.get("output_index") == 0]
    second = [event for event in events if event.get("output_index") == 1]
    mixed = [event for pair in zip(first, second, strict=True) for event in pair]
    assert breaches([*events[:2], *mixed, events[-1]]) == {}


def test_stream_taken_up_again_needs_no_beginning() -> None:
    events = stream("text")
    assert breaches(events[1:], method="GET") == {}
    assert "created-first" in breaches(events[1:])


def test_an_error_ends_a_stream_and_a_failure_may_follow() -> None:
    events = stream("text")
    error = {"type": "error", "code": "server_error", "message": "no", "param": None, "sequence_number": 5}
    failed = {"type": "response.failed", "response": {**events[-1]["response"], "status": "failed"}, "sequence_number": 6}
    assert breaches([*events[:5], error]) == {}
    assert set(breaches([*events[:5], error, failed])) == {"all-closed"}
    assert "ends-once" in breaches([*events[:5], error, *events[5:]])


def test_a_breach_names_event_state_and_what_was_allowed() -> None:
    events = stream("text")
    (problem,) = breaches([*events[:3], *events[4:]])["part-opened-first"][:1]
    assert problem.where == "event 4, item 0 (message) open"
    assert problem.expected == "response.content_part.added for part 0"
    assert problem.got == "response.output_text.delta"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "type", "status", "content", "output", "text"]), inner, max_size=3)
    ),
    max_leaves=5,
)
MEMBERS = (
    "type",
    "output_index",
    "content_index",
    "summary_index",
    "item_id",
    "item",
    "part",
    "delta",
    "text",
    "response",
    "annotation",
    "error",
)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_that_comes_can_upset_it(data: st.DataObject) -> None:
    events = stream(data.draw(st.sampled_from(sorted(STREAMS))))
    for _ in range(3):
        at = data.draw(st.integers(0, len(events) - 1))
        events[at] = {**events[at], data.draw(st.sampled_from(MEMBERS)): data.draw(VALUES)}
    breaches(events)
