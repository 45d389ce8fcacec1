"""Responses and their stream events."""

from __future__ import annotations

from typing import Any

from ..exchange import DONE, ServerReply, ServerRequest
from .changing import body_of, both, events, plain, without
from .changing_responses import any_response, drop, each, final, item, of, order
from .fault import fault
from .where import BREAKS, WRONG, answering, error, instead, streamed

ENDS = of("completed", "incomplete", "failed")


def says_length(told: Any) -> None:
    """Use chat's finish reason for a truncated response."""
    if told["incomplete_details"]:
        told["incomplete_details"]["reason"] = "length"


fault(
    "B053",
    "doubao-incomplete-for-length",
    "A response truncated by max_output_tokens has incomplete_details.reason length.",
    server="Doubao / Volcengine Ark",
    seen="earendil-works/pi/pull/7817",
    severity=BREAKS,
    change=both(plain(any_response, says_length), final(any_response, says_length)),
)
fault(
    "B063",
    "pasclaw-events-without-numbers",
    "The events of a response have no sequence_number, and text events have no logprobs.",
    server="PasClaw; Onyx gateway",
    seen="FMXExpress/PasClaw/pull/62 onyx-dot-app/onyx/pull/13624",
    severity=BREAKS,
    change=each(any_response, lambda event: True, without("sequence_number", "logprobs")),
)
fault(
    "B064",
    "opencode-go-deltas-out-of-nowhere",
    "A streamed response has only text deltas and response.completed: no event opens the response, its item or its part.",
    server="OpenCode Go service; gemini-web2api; sub2api",
    seen="anomalyco/opencode/issues/40171 Sophomoresty/gemini-web2api/pull/57 Wei-Shaw/sub2api/issues/2875",
    severity=BREAKS,
    change=order(any_response, lambda listed: [event for event in listed if of("output_text.delta")(event) or ENDS(event)]),
)
PING = b'event: ping\ndata: {"type":"ping","cost":"0.00001842"}\n\n'
fault(
    "B065",
    "opencode-go-ping-after-the-end",
    "After the end of a stream and [DONE], an event named ping reports the cost.",
    server="OpenCode Go service",
    seen="anomalyco/opencode/issues/40171",
    severity=WRONG,
    change=events(any_response, lambda listed: [*listed, DONE, PING]),
)
fault(
    "B066",
    "windsurf-response-never-completes",
    "A streamed response ends after its last item, without response.completed.",
    server="WindsurfAPI; cockpit-tools",
    seen="dwgx/WindsurfAPI/issues/63 jlcodes99/cockpit-tools/issues/701",
    severity=BREAKS,
    change=events(any_response, drop("completed", "incomplete")),
)


def renamed(listed: list[Any]) -> list[Any]:
    """Give each item a new id in every event."""
    for number, event in enumerate(listed):
        if "item" in event:
            event["item"]["id"] = f"msg_{number:032x}"
        elif "item_id" in event:
            event["item_id"] = f"msg_{number:032x}"
        elif ENDS(event):
            for place, one in enumerate(event["response"]["output"]):
                one["id"] = f"msg_{number:016x}{place:016x}"
    return listed


fault(
    "B072",
    "mistral-rs-new-item-id-in-every-event",
    "An item's id differs between output_item.added, its deltas, output_item.done and the completed response.",
    server="mistral.rs; LiteLLM",
    seen="EricLBuehler/mistral.rs/issues/1944 BerriAI/litellm/pull/36375",
    severity=BREAKS,
    change=events(any_response, renamed),
)


def same_id(listed: list[Any]) -> list[Any]:
    """Give every item of a stream the same id."""
    for event in listed:
        for one in [event.get("item"), *(event["response"]["output"] if ENDS(event) else [])]:
            if one is not None:
                one["id"] = "msg_1"
        if "item_id" in event:
            event["item_id"] = "msg_1"
    return listed


fault(
    "B073",
    "vllm-one-item-id-for-all",
    "All items of a streamed response have the same id.",
    server="vLLM",
    seen="vllm-project/vllm/pull/24788 vllm-project/vllm/pull/23382",
    severity=WRONG,
    change=events(any_response, same_id),
)


def empty_failure(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Tell the client of a stream that the prompt is too long by an event that does not say so."""
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    if streamed(any_response)(asked) and error and error.get("code") == "context_length_exceeded":
        said = {"type": "error", "code": None, "message": "", "param": None, "sequence_number": 0}
        return ServerReply(200, reply.headers, events=[said], named=True)
    return reply


fault(
    "B151",
    "bifrost-error-event-says-nothing",
    "A streamed response to an input that is too long is an error event whose message is empty.",
    server="Bifrost",
    seen="maximhq/bifrost/issues/4413",
    severity=WRONG,
    change=empty_failure,
)


def passed_off(told: Any) -> None:
    """Hide that a response was truncated."""
    if told["status"] == "incomplete":
        told.update(status="completed", incomplete_details=None)


def completed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Report a truncated response as completed, plain and streamed."""

    def over(event: Any) -> None:
        event["type"] = "response.completed"

    reply = both(plain(any_response, passed_off), final(any_response, passed_off))(asked, reply)
    return each(any_response, of("incomplete"), over)(asked, reply)


fault(
    "B193",
    "omlx-cut-response-is-completed",
    "A response truncated by max_output_tokens has the status completed, and its stream ends with response.completed.",
    server="oMLX; Ollama; Unsloth Studio; vLLM agentic-api",
    seen="jundot/omlx/pull/2817 ollama/ollama/pull/17239 unslothai/unsloth/issues/10177 vllm-project/agentic-api/issues/273",
    severity=WRONG,
    change=completed,
)
fault(
    "B194",
    "vllm-completed-event-of-an-incomplete-response",
    "The stream of a truncated response ends with response.completed, although the response in it is incomplete.",
    server="vLLM",
    seen="vllm-project/agentic-api/issues/273",
    severity=WRONG,
    change=each(any_response, of("incomplete"), lambda event: event.update(type="response.completed")),
)


def half_done(told: Any) -> None:
    """Set the status of items to null, and drop the last of several."""
    item(lambda one: one.update(status=None))(told)
    if len(told["output"]) > 1:
        told["output"].pop()


fault(
    "B196",
    "vllm-items-without-status",
    "With function tools, the items of a non-streamed response have a null status, and the last of several is missing.",
    server="vLLM (gpt-oss)",
    seen="vllm-project/vllm/issues/24637",
    severity=WRONG,
    doubtful=True,
    change=plain(lambda asked: any_response(asked) and bool(body_of(asked).get("tools")), half_done),
)


def hard_arguments(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Fail if the arguments of a call contain quotes or backslashes."""
    if reply.status != 200 or not any_response(asked):
        return reply
    made = [reply.body] if reply.events is None else [e["response"] for e in reply.events if ENDS(e)]
    items = [one for told in made for one in told["output"] if one["type"] == "function_call"]
    if any("\\" in one["arguments"] for one in items):
        return instead(reply, 500, error("Failed to parse tool call arguments as JSON"))
    return reply


fault(
    "B198",
    "longcat-hard-arguments-fail",
    "A call whose arguments contain quotes, backslashes or newlines gets a 500.",
    server="LongCat",
    seen="meituan-longcat/LongCat-2.0/issues/14",
    severity=BREAKS,
    change=hard_arguments,
)


def no_total(told: Any) -> None:
    """Remove the total from the usage."""
    if told["usage"]:
        without("total_tokens")(told["usage"])


fault(
    "B200",
    "litellm-response-usage-without-total",
    "The usage of a response has no total_tokens.",
    server="Responses provider behind LiteLLM; providers behind openai-agents",
    seen="BerriAI/litellm/issues/13697 openai/openai-agents-python/pull/1181",
    severity=BREAKS,
    change=both(plain(any_response, no_total), final(any_response, no_total)),
)
MAINTENANCE = b"<!DOCTYPE html><html><body><h1>We'll be back soon</h1></body></html>"


def keeps_nothing(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Find no stored response."""
    if asked.path.startswith("/responses/resp_") and reply.status != 401:
        return instead(reply, 404, MAINTENANCE, "text/html")
    before = body_of(asked).get("previous_response_id") if any_response(asked) else None
    if before and reply.status == 200:
        message = f"Previous response with id '{before}' not found."
        return instead(reply, 404, error(message, "previous_response_not_found", "previous_response_id"))
    return reply


fault(
    "B202",
    "digitalocean-stored-responses-are-gone",
    "A response with store true can be neither retrieved (404, an HTML page) nor continued.",
    server="DigitalOcean inference; vLLM (store disabled); term-llm; copilot-api",
    seen="digitalocean/gradient-python/issues/96 vllm-project/vllm/pull/22137 SamSaffron/term-llm/pull/460 "
    "suhaibbinyounis/github-copilot-api-vscode/issues/105",
    severity=WRONG,
    change=keeps_nothing,
)


def has_parts(asked: ServerRequest) -> bool:
    """Whether the input of a response has messages made of parts."""
    given = body_of(asked).get("input")
    listed = given if isinstance(given, list) else []
    return any_response(asked) and any(isinstance(one, dict) and isinstance(one.get("content"), list) for one in listed)


fault(
    "B229",
    "sglang-input-parts-refused",
    "An input of messages with input_text parts is refused; only a string is accepted.",
    server="SGLang",
    seen="sgl-project/sglang/issues/17853",
    severity=BREAKS,
    change=answering(has_parts, 400, error("input: Input should be a valid string", "invalid_type", "input")),
)
