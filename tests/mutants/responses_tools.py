"""Mutants of function calls in responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Change, body_of, plain, rewriting, setting, without
from harness.reference.faults.changing_responses import any_response
from tests.mutants.changing import mutant
from tests.mutants.responses import telling

AREA = "responses-tools."


def offers_tools(asked: ServerRequest) -> bool:
    """A request that nobody sends a second one after."""
    return any_response(asked) and "tools" in body_of(asked) and "store" not in body_of(asked)


def chooses(value: Any) -> Callable[[ServerRequest], bool]:
    return lambda asked: offers_tools(asked) and body_of(asked).get("tool_choice") == value


def names_a_tool(asked: ServerRequest) -> bool:
    choice = body_of(asked).get("tool_choice")
    return offers_tools(asked) and isinstance(choice, dict) and choice.get("name") == "get_weather"


def each_call(change: Change, at: Callable[[ServerRequest], bool] = offers_tools) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Change each call of a whole response in place."""

    def apply(body: Any) -> None:
        for item in body["output"]:
            if item["type"] == "function_call":
                change(item)

    return plain(at, apply)


def ignored(at: Callable[[ServerRequest], bool], choice: Any) -> dict[str, Any]:
    """Choose otherwise than the request, and tell it what it asked for all the same."""
    return {"ask": rewriting(at, setting("tool_choice", choice)), "change": telling(at, "tool_choice")}


def repeats_arguments(body: Any) -> None:
    """Say in the text what the call says."""
    said = [item["arguments"] for item in body["output"] if item["type"] == "function_call"]
    if said:
        part = {"type": "output_text", "text": said[0], "annotations": [], "logprobs": []}
        body["output"].append({"id": "msg_9", "type": "message", "status": "completed", "role": "assistant", "content": [part]})


def spoils(arguments: str) -> Change:
    return lambda call: call.update(arguments=arguments)


def strict(asked: ServerRequest) -> bool:
    return offers_tools(asked) and "Record it." in str(body_of(asked).get("input"))


mutant("response-calls-alike", AREA + "call-ids-differ", change=each_call(setting("call_id", "call_1")))
mutant(
    "response-arguments-empty",
    AREA + "arguments-are-json",
    AREA + "strict-arguments-fit",
    change=each_call(spoils(""), chooses("required")),
)
mutant("response-arguments-cut", AREA + "strict-arguments-fit", change=each_call(spoils('{"city": "Par'), names_a_tool))
mutant("response-strict-ignored", AREA + "strict-arguments-fit", change=each_call(spoils('{"count": "seven"}'), strict))
mutant("response-calls-unknown-tool", AREA + "declared-names", change=each_call(setting("name", "get_wether"), chooses("required")))
mutant(
    "response-call-in-text-too",
    AREA + "not-in-text",
    change=plain(lambda a: chooses("required")(a) and body_of(a)["max_output_tokens"] > 16, repeats_arguments),
)
mutant("response-none-ignored", AREA + "none-means-none", **ignored(chooses("none"), "required"))
mutant("response-required-ignored", AREA + "required-means-a-call", **ignored(chooses("required"), "none"))
mutant("response-named-ignored", AREA + "required-means-a-call", **ignored(names_a_tool, "none"))
mutant(
    "response-another-is-called",
    AREA + "named-means-that-one",
    AREA + "declared-names",
    change=each_call(setting("name", "other"), names_a_tool),
)
mutant(
    "response-auto-never-calls",
    AREA + "auto-can-call",
    **ignored(
        lambda a: offers_tools(a) and b"Call get_weather with" in a.body and not chooses("required")(a) and not names_a_tool(a), "none"
    ),
)
mutant(
    "response-parallel-off-ignored",
    AREA + "parallel-off",
    ask=rewriting(offers_tools, without("parallel_tool_calls")),
    change=telling(offers_tools, "parallel_tool_calls"),
)
mutant(
    "response-call-without-call-id",
    "responses.item-shape",
    AREA + "call-ids-differ",
    change=each_call(without("call_id"), chooses("required")),
)
mutant(
    "response-call-arguments-object",
    "responses.item-shape",
    AREA + "arguments-are-json",
    AREA + "strict-arguments-fit",
    change=each_call(setting("arguments", {"city": "Paris"}), chooses("required")),
)


def answers_a_result(asked: ServerRequest) -> bool:
    return any_response(asked) and b"function_call_output" in asked.body and body_of(asked).get("stream") is None


mutant(
    "response-silent-after-result",
    AREA + "answers-the-result",
    "responses.says-something",
    change=plain(answers_a_result, setting("output", [])),
)
