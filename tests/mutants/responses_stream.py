"""Mutants of a response's events, most of them of their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest, encode, frame
from harness.reference.faults.changing import Change, body_of, events, rewriting, setting, without
from harness.reference.faults.changing_responses import any_response, drop, each, final, moved, of, of_item, order, response, twice
from tests.mutants.changing import mutant
from tests.mutants.responses import has, updated

Listed = list[Any]


def streams(asked: ServerRequest) -> bool:
    """A streamed response that nobody retrieves."""
    return any_response(asked) and body_of(asked).get("stream") is True and not {"store", "background"} & set(body_of(asked))


def says_hi(asked: ServerRequest) -> bool:
    """A streamed short text that nobody compares with a whole one."""
    body = body_of(asked)
    return streams(asked) and body.get("input") == "Say hi." and body["max_output_tokens"] == 16 and "include" not in body


def calls(asked: ServerRequest) -> bool:
    """A streamed response that calls a tool."""
    return streams(asked) and body_of(asked).get("tool_choice") == "required"


def thinks(asked: ServerRequest) -> bool:
    """A streamed response with reasoning."""
    return has("stream", "reasoning")(asked) and body_of(asked)["reasoning"] is not None


def is_cut(asked: ServerRequest) -> bool:
    """A streamed response that the token limit cuts."""
    return streams(asked) and "1 to 100" in str(body_of(asked).get("input"))


def inserted(after: str, *more: dict[str, Any]) -> Callable[[Listed], Listed]:
    """Put events behind the first event of a type."""

    def change(listed: Listed) -> Listed:
        at = 1 + next(index for index, event in enumerate(listed) if of(after)(event))
        return [*listed[:at], *({"output_index": 0, "item_id": listed[2]["item"]["id"], **event} for event in more), *listed[at:]]

    return change


def of_part(change: Change) -> Change:
    return lambda event: change(event["part"])


def number_as(change: Callable[[int], Any]) -> Change:
    return lambda event: event.update(sequence_number=change(event["sequence_number"]))


def event(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **members}


DELTAS = of("output_text.delta", "function_call_arguments.delta", "reasoning_summary_text.delta")
NAME = "responses-stream."

mutant(
    "event-without-index",
    NAME + "texts-closed",
    NAME + "event-shape",
    change=each(calls, of("function_call_arguments.done"), without("output_index")),
)
mutant("event-without-item-id", NAME + "event-shape", change=each(says_hi, of("output_text.delta"), without("item_id")))
mutant(
    "event-delta-as-object",
    "responses.says-something",
    NAME + "event-shape",
    NAME + "text-joins",
    change=each(says_hi, of("output_text.delta"), setting("delta", {})),
)
mutant(
    "event-response-missing",
    NAME + "event-shape",
    change=each(says_hi, of("in_progress"), without("response")),
)


def untyped(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Leave the type to the event's name."""
    if says_hi(asked) and reply.events is not None:
        reply.events = [frame(e, named=True).replace(b'"type":"response.in_progress",', b"") for e in reply.events]
    return reply


mutant("event-type-in-name-only", NAME + "type-present", NAME + "named-by-type", NAME + "in-progress-comes", change=untyped)
mutant("event-type-unknown", NAME + "type-known", change=order(says_hi, inserted("output_item.added", event("thinking_hard"))))
mutant(
    "streamed-item-without-role",
    NAME + "item-shape",
    change=each(says_hi, of("output_item.added"), of_item(without("role"))),
)
mutant(
    "streamed-part-without-annotations",
    NAME + "part-shape",
    change=each(says_hi, of("content_part.added"), of_part(without("annotations"))),
)


def unnamed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if says_hi(asked):
        reply.named = False
    return reply


mutant("events-without-names", NAME + "named-by-type", change=unnamed)
mutant("sequence-missing", NAME + "sequence-present", change=each(says_hi, bool, without("sequence_number")))
mutant("sequence-as-text", NAME + "sequence-type", change=each(says_hi, bool, number_as(str)))
mutant(
    "sequence-always-0",
    NAME + "sequence-increases",
    NAME + "sequence-without-gap",
    change=each(says_hi, bool, setting("sequence_number", 0)),
)
mutant(
    "sequence-from-1",
    NAME + "sequence-without-gap",
    change=each(says_hi, bool, number_as(lambda number: number + 1)),
)
mutant(
    "sequence-goes-back",
    NAME + "sequence-increases",
    NAME + "sequence-without-gap",
    change=each(says_hi, of("completed"), setting("sequence_number", 2)),
)
mutant("created-missing", NAME + "created-first", change=order(says_hi, drop("created")))
mutant("created-after-progress", NAME + "created-first", change=order(says_hi, moved("in_progress", "created")))
mutant("created-twice", NAME + "created-once", change=order(says_hi, twice("created")))
mutant("never-in-progress", NAME + "in-progress-comes", change=order(says_hi, drop("in_progress")))
mutant("begins-completed", NAME + "begins-unfinished", change=each(says_hi, of("created"), response(setting("status", "completed"))))
NOTHING_YET = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 1,
}
mutant(
    "begins-with-usage",
    NAME + "begins-unfinished",
    change=each(
        says_hi,
        of("created"),
        response(setting("usage", NOTHING_YET)),
    ),
)
mutant("response-id-changes", NAME + "one-id", change=final(says_hi, setting("id", "resp_other")))
mutant(
    "response-id-empty",
    "responses.id-not-empty",
    change=each(says_hi, of("created", "in_progress", "completed"), response(setting("id", ""))),
)
mutant(
    "item-never-added",
    NAME + "item-opened-first",
    NAME + "final-output",
    change=order(says_hi, drop("output_item.added")),
)
mutant(
    "bare-deltas",
    NAME + "created-first",
    NAME + "item-opened-first",
    NAME + "final-output",
    change=order(says_hi, lambda listed: [e for e in listed if of("output_text.delta", "completed")(e)]),
)
mutant(
    "item-added-late",
    NAME + "part-opened-first",
    NAME + "item-opened-first",
    change=order(says_hi, moved("content_part.added", "output_item.added")),
)
mutant("item-added-twice", NAME + "item-opened-once", change=order(says_hi, twice("output_item.added")))
mutant(
    "item-added-full",
    NAME + "item-opened-empty",
    change=each(calls, of("output_item.added"), of_item(updated(arguments="{}", status="in_progress"))),
)
mutant(
    "item-added-completed",
    NAME + "item-opened-empty",
    change=each(says_hi, of("output_item.added"), of_item(updated(status="completed"))),
)


def index_from_one(event_: Any) -> None:
    if "output_index" in event_:
        event_["output_index"] += 1


mutant("indexes-from-1", NAME + "indexes-count-up", change=each(says_hi, bool, index_from_one))
mutant("item-id-other-in-deltas", NAME + "item-ids-agree", change=each(says_hi, of("output_text.delta"), setting("item_id", "msg_other")))
mutant("item-id-empty-in-deltas", NAME + "item-ids-agree", change=each(calls, of("function_call_arguments.delta"), setting("item_id", "")))
mutant(
    "item-id-new-when-done",
    NAME + "identity-kept",
    NAME + "final-ids",
    change=each(says_hi, of("output_item.done"), of_item(updated(id="msg_other"))),
)
mutant(
    "call-id-new-when-done",
    NAME + "identity-kept",
    NAME + "final-ids",
    change=each(calls, of("output_item.done"), of_item(updated(call_id="call_other"))),
)
mutant(
    "item-type-new-when-done",
    NAME + "identity-kept",
    NAME + "item-shape",
    change=each(says_hi, of("output_item.done"), of_item(updated(type="reasoning"))),
)
mutant("part-never-added", NAME + "part-opened-first", change=order(says_hi, drop("content_part.added")))
mutant(
    "part-added-late",
    NAME + "text-joins",
    NAME + "part-opened-first",
    NAME + "part-order",
    change=order(says_hi, moved("output_text.delta", "content_part.added")),
)
mutant("summary-never-added", NAME + "other-parts-opened-first", change=order(thinks, drop("reasoning_summary_part.added")))
mutant("delta-after-done", NAME + "part-order", NAME + "text-joins", change=order(says_hi, moved("output_text.done", "output_text.delta")))
mutant("part-done-first", NAME + "part-order", change=order(says_hi, moved("content_part.done", "output_text.done")))
mutant("text-done-twice", NAME + "part-order", change=order(says_hi, twice("output_text.done")))
mutant("part-added-twice", NAME + "part-order", change=order(says_hi, twice("content_part.added")))
mutant(
    "item-done-early",
    NAME + "nothing-after-close",
    NAME + "parts-closed",
    NAME + "texts-closed",
    change=order(says_hi, moved("output_item.done", "output_text.done")),
)
mutant("item-done-twice", NAME + "nothing-after-close", change=order(says_hi, twice("output_item.done")))
mutant("text-never-done", NAME + "texts-closed", NAME + "part-order", change=order(says_hi, drop("output_text.done")))
mutant("arguments-never-done", NAME + "texts-closed", change=order(calls, drop("function_call_arguments.done")))
mutant("part-never-done", NAME + "parts-closed", change=order(says_hi, drop("content_part.done")))
mutant("item-never-done", NAME + "items-closed", change=order(says_hi, drop("output_item.done")))
mutant(
    "item-never-done-and-lost",
    NAME + "items-closed",
    NAME + "completes-finished",
    NAME + "final-output",
    change=lambda a, r: final(says_hi, setting("output", []))(a, order(says_hi, drop("output_item.done"))(a, r)),
)


def lose_second_delta(listed: Listed) -> Listed:
    at = [index for index, one in enumerate(listed) if DELTAS(one)]
    return [one for index, one in enumerate(listed) if index != at[1]]


mutant("delta-lost", NAME + "text-joins", change=order(says_hi, lose_second_delta))
mutant("delta-twice", NAME + "text-joins", change=order(says_hi, twice("output_text.delta")))
mutant("done-text-trimmed", NAME + "text-joins", change=each(says_hi, of("output_text.done"), lambda e: e.update(text=e["text"][:-1])))
mutant("done-part-empty", NAME + "text-joins", change=each(says_hi, of("content_part.done"), of_part(setting("text", ""))))
mutant(
    "done-item-empty",
    NAME + "text-joins",
    NAME + "parts-in-item",
    NAME + "final-items-agree",
    change=each(says_hi, of("output_item.done"), of_item(updated(content=[]))),
)
mutant(
    "final-text-other",
    NAME + "text-joins",
    change=final(says_hi, lambda body: body["output"][0]["content"][0].update(text="Good morning.")),
)
mutant("arguments-delta-lost", NAME + "arguments-join", change=order(calls, lose_second_delta))
mutant("arguments-done-empty", NAME + "arguments-join", change=each(calls, of("function_call_arguments.done"), setting("arguments", "")))
mutant(
    "arguments-done-item-empty",
    NAME + "arguments-join",
    change=each(calls, of("output_item.done"), of_item(updated(arguments=""))),
)
mutant(
    "summary-delta-lost",
    NAME + "other-texts-join",
    change=order(lambda a: thinks(a) and "summary" in body_of(a)["reasoning"], lose_second_delta),
)
mutant("ending-missing", NAME + "ends-once", "responses.limit-makes-incomplete", change=order(is_cut, drop("incomplete")))
mutant("ending-twice", NAME + "ends-once", change=order(says_hi, twice("completed")))
mutant(
    "ping-after-the-end",
    NAME + "ends-once",
    NAME + "type-known",
    change=order(says_hi, lambda listed: [*listed, {"type": "ping", "cost": 1}]),
)
mutant(
    "ending-says-completed",
    NAME + "ending-agrees",
    change=each(is_cut, of("incomplete"), setting("type", "response.completed")),
)
mutant(
    "ending-status-in-progress",
    NAME + "ending-agrees",
    change=final(says_hi, setting("status", "in_progress")),
)
mutant(
    "final-output-empty",
    NAME + "final-output",
    change=final(says_hi, setting("output", [])),
)
mutant("final-ids-new", NAME + "final-ids", change=final(says_hi, lambda body: body["output"][0].update(id="msg_other")))
mutant("done-after-the-end", NAME + "no-terminator", change=events(says_hi, lambda listed: [*listed, "[DONE]"]))
mutant("deltas-without-logprobs", NAME + "delta-logprobs-present", change=each(says_hi, of("output_text.delta"), without("logprobs")))
mutant("done-without-name", NAME + "done-names-function", change=each(calls, of("function_call_arguments.done"), without("name")))
NOTE = {"type": "file_path", "file_id": "file_1", "index": 0}
ANNOTATION = event("output_text.annotation.added", content_index=0, annotation_index=0, annotation=NOTE)
mutant("annotation-forgotten", NAME + "annotations-kept", change=order(says_hi, inserted("content_part.added", ANNOTATION)))
mutant(
    "annotation-counted-from-1",
    NAME + "annotations-kept",
    change=order(says_hi, inserted("content_part.added", {**ANNOTATION, "annotation_index": 1})),
)
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "in_progress", "action": {"type": "search"}}


def searches_backwards(listed: Listed) -> Listed:
    """Let a hosted search end before it begins; the finished response holds it too."""
    at = {"output_index": 1, "item_id": "ws_1"}
    done = {**SEARCH, "status": "completed"}
    steps = [event(f"web_search_call.{step}", **at) for step in ("completed", "searching")]
    added = [event("output_item.added", **at, item=SEARCH), *steps, event("output_item.done", **at, item=done)]
    listed[-1]["response"]["output"].append(done)
    return [*listed[:-1], *added, listed[-1]]


mutant("search-goes-back", NAME + "tools-go-on", change=order(says_hi, searches_backwards))
FAILED = {"type": "error", "error": {"type": "server_error", "code": "oops", "message": "The model broke.", "param": None}}


def breaks_off(error: dict[str, Any]) -> Callable[[Listed], Listed]:
    """End a stream with an error."""
    return lambda listed: [*listed[:5], error]


mutant(
    "response-stream-error",
    "sse.no-error-event",
    NAME + "error-is-flat",
    change=order(says_hi, breaks_off(FAILED)),
)
mutant(
    "response-stream-error-without-message",
    "sse.no-error-event",
    "sse.error-event-tells-why",
    change=order(says_hi, breaks_off({"type": "error", "code": "oops", "message": "", "param": None})),
)
mutant(
    "goes-on-after-error",
    "sse.no-error-event",
    NAME + "ends-once",
    change=order(says_hi, lambda listed: [*listed[:5], {"type": "error", "code": "oops", "message": "no", "param": None}, *listed[5:]]),
)


def pads_anyway(body: dict[str, Any]) -> None:
    if body.get("stream") is True and "stream_options" in body:
        body["stream_options"] = {}


mutant("padded-anyway", NAME + "obfuscation-off", ask=rewriting(any_response, pads_anyway))


def talks_instead(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Stream a reasoning item that the whole reply has not."""
    body = body_of(asked)
    if streams(asked) and body.get("input") == "Say hi." and body["max_output_tokens"] == 32 and reply.events is not None:
        return answer(replace(asked, body=encode({**body, "reasoning": {"effort": "low"}})))
    return reply


mutant("streams-other-items", NAME + "agrees-with-plain", change=talks_instead)


def other_text(asked: ServerRequest) -> ServerRequest:
    return rewriting(lambda a: streams(a) and b"def add" in a.body, setting("input", "Repeat: something else"))(asked)


mutant("streams-other-text", NAME + "text-is-the-same", ask=other_text)
mutant(
    "dearer-in-stream",
    NAME + "same-input-cost",
    change=final(
        lambda a: streams(a) and body_of(a)["max_output_tokens"] == 32,
        lambda body: body["usage"].update(input_tokens=99, total_tokens=99 + body["usage"]["output_tokens"]),
    ),
)


def as_json_type(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if says_hi(asked):
        reply.headers["content-type"] = "application/json"
    return reply


mutant("events-as-json-type", "sse.content-type", change=as_json_type)
mutant("event-only-a-name", "sse.data-in-every-event", change=events(says_hi, lambda listed: [b"event: ping\n\n", *listed]))
mutant("event-broken-json", "sse.data-is-json", change=events(says_hi, lambda listed: [*listed[:2], '{"type": ', *listed[2:]]))


def lumped(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if streams(asked) and reply.events is not None:
        reply.delay, reply.pace = 0.5, 0.0
    return reply


mutant("events-all-at-the-end", "sse.arrives-over-time", change=lumped)
