"""Bugs of the Responses API that were reported after all other lists."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import body_of, both, plain, without
from .changing_responses import any_response, drop, each, final, of, of_item, order, response
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, error, instead

Listed = list[Any]


def another_call_id(told: Any) -> None:
    """Give the calls of a finished response other ids."""
    for item in told["output"]:
        if item["type"] == "function_call":
            item["call_id"] = "call_" + item["call_id"][::-1]


fault(
    "R053",
    "vllm-final-call-has-another-id",
    "A call has one call_id while it is streamed, and another in the finished response.",
    server="vLLM",
    seen="vllm-project/vllm/pull/47916",
    severity=BREAKS,
    change=final(any_response, another_call_id),
)


def done_late(listed: Listed) -> Listed:
    """Close the first of several items behind the last."""
    closings = [event for event in listed if of("output_item.done")(event)]
    if len(closings) < 2:
        return listed
    rest = [event for event in listed if event is not closings[0]]
    return [*rest[:-1], closings[0], rest[-1]]


fault(
    "R054",
    "litellm-items-close-out-of-order",
    "The items of a stream are done in another order than their output_index.",
    server="LiteLLM",
    seen="BerriAI/litellm/pull/36356",
    severity=COSMETIC,
    doubtful=True,
    change=order(any_response, done_late),
)


def backwards(told: Any) -> None:
    """Reverse the output."""
    told["output"] = told["output"][::-1]


fault(
    "R055",
    "surogate-output-in-another-order",
    "The finished response lists its items in another order than their output_index.",
    server="Surogate",
    seen="invergent-ai/surogate/issues/175",
    severity=WRONG,
    change=final(any_response, backwards),
)


fault(
    "R056",
    "omniroute-in-progress-without-output",
    "response.in_progress carries a response without output, error and background.",
    server="OmniRoute",
    seen="diegosouzapw/OmniRoute/issues/13964",
    severity=BREAKS,
    change=each(any_response, of("in_progress"), response(without("output", "error", "background"))),
)


fault(
    "R057",
    "omniroute-items-without-status",
    "Streamed items of all kinds have no status.",
    server="OmniRoute; OpenRouter",
    seen="diegosouzapw/OmniRoute/issues/13964 64bit/async-openai/issues/503",
    severity=BREAKS,
    change=each(any_response, of("output_item.added", "output_item.done"), of_item(without("status"))),
)


def calls_lost(told: Any) -> None:
    """Drop the calls of an output."""
    told["output"] = [item for item in told["output"] if item["type"] != "function_call"]


fault(
    "R058",
    "aiclient2api-plain-calls-are-lost",
    "The calls of a response that is not streamed are dropped, and its status is completed.",
    server="AIClient2API",
    seen="justlovemaki/AIClient2API/issues/471",
    severity=WRONG,
    change=plain(any_response, calls_lost),
)


def custom(event: Any) -> None:
    """Call the deltas of a function's arguments those of a custom tool."""
    event["type"] = "response.custom_tool_call_input.delta"


fault(
    "R059",
    "aiclient2api-deltas-of-a-custom-tool",
    "The arguments of a function come as response.custom_tool_call_input.delta.",
    server="AIClient2API",
    seen="justlovemaki/AIClient2API/issues/471",
    severity=BREAKS,
    change=each(any_response, of("function_call_arguments.delta"), custom),
)


def empty_if_cut(listed: Listed) -> Listed:
    """Shorten the stream of a response that was cut to its frame."""
    if not listed or not of("incomplete")(listed[-1]):
        return listed
    told = {**listed[-1]["response"], "status": "completed", "incomplete_details": None, "output": []}
    return [*(event for event in listed if of("created", "in_progress")(event)), {"type": "response.completed", "response": told}]


fault(
    "R060",
    "rapid-mlx-cut-streams-are-empty",
    "The stream of a response that the limit cut has no items, and completes with an empty output.",
    server="Rapid-MLX",
    seen="raullenchai/Rapid-MLX/pull/866",
    severity=WRONG,
    change=order(any_response, empty_if_cut),
)


fault(
    "R061",
    "gemini-web2api-text-only-when-done",
    "A stream consists of response.created, response.output_text.done and response.completed.",
    server="gemini-web2api",
    seen="Sophomoresty/gemini-web2api/pull/57",
    severity=BREAKS,
    change=order(
        any_response,
        drop("in_progress", "output_item.added", "output_item.done", "content_part.added", "content_part.done", "output_text.delta"),
    ),
)


fault(
    "R062",
    "sub2api-no-part-is-added",
    "Deltas of a text come without a response.content_part.added, and the part is never done.",
    server="sub2api",
    seen="Wei-Shaw/sub2api/issues/2875",
    severity=BREAKS,
    change=order(any_response, drop("content_part.added", "content_part.done")),
)


def fraction(told: Any) -> None:
    """Write the creation time with a fraction."""
    told["created_at"] = float(told["created_at"])


fault(
    "R063",
    "sglang-created-at-has-a-fraction",
    "created_at is written with a fraction, such as 1756892755.0.",
    server="SGLang",
    seen="sgl-project/sglang/issues/9963",
    severity=COSMETIC,
    change=both(plain(any_response, fraction), each(any_response, of("created", "in_progress", "completed"), response(fraction))),
)


class StreamsAreNotKept:
    """Does not know the responses that were streamed."""

    def __init__(self) -> None:
        self._streamed: set[str] = set()

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Note the ids of streams, and refuse to go on from them."""
        if reply.named and reply.events:
            self._streamed |= {event["response"]["id"] for event in reply.events if isinstance(event, dict) and "response" in event}
        if any_response(asked) and body_of(asked).get("previous_response_id") in self._streamed:
            return instead(reply, 400, error("Previous response not found.", "previous_response_not_found", "previous_response_id"))
        return reply


fault(
    "R064",
    "lm-studio-streamed-responses-are-not-kept",
    "A response that was streamed is not found as previous_response_id.",
    server="LM Studio",
    seen="lmstudio-ai/lmstudio-bug-tracker/issues/1188",
    severity=WRONG,
    remembers=True,
    change=StreamsAreNotKept(),
)


def maintenance(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Answer what is below /responses with a page."""
    if asked.path.startswith("/responses/"):
        return instead(reply, 404, b"<html><body>Maintenance</body></html>", "text/html")
    if any_response(asked) and body_of(asked).get("previous_response_id"):
        return instead(reply, 404, error("not found", "not_found_error"))
    return reply


fault(
    "R065",
    "digitalocean-nothing-is-stored",
    "store: true is accepted and told, and the response can neither be retrieved nor continued.",
    server="DigitalOcean serverless inference",
    seen="digitalocean/gradient-python/issues/96",
    severity=WRONG,
    change=maintenance,
)


fault(
    "R069",
    "bifrost-response-without-object",
    "A response has no member object.",
    server="Bifrost",
    seen="maximhq/bifrost/issues/1638",
    severity=BREAKS,
    change=plain(any_response, without("object")),
)


fault(
    "R070",
    "lm-studio-response-without-tools",
    "A response has none of the members tools, tool_choice, parallel_tool_calls, metadata, temperature and top_p.",
    server="LM Studio",
    seen="0xPlaygrounds/rig/pull/1021",
    severity=BREAKS,
    change=plain(any_response, without("tools", "tool_choice", "parallel_tool_calls", "metadata", "temperature", "top_p")),
)


def no_reasoning_counted(told: Any) -> None:
    """Count no reasoning tokens."""
    if told["usage"]:
        told["usage"]["output_tokens_details"]["reasoning_tokens"] = 0


fault(
    "R071",
    "litellm-no-reasoning-tokens",
    "No reasoning tokens are counted although there is reasoning in the output.",
    server="LiteLLM; CLIProxyAPI",
    seen="BerriAI/litellm/issues/31759 router-for-me/CLIProxyAPI/issues/356",
    severity=WRONG,
    change=both(plain(any_response, no_reasoning_counted), final(any_response, no_reasoning_counted)),
)
