"""Mutants of Open Responses: what it asks beyond the reference."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from tests.dialect_mutants.changing import PLAIN, Change, at, body, mutant, refused

NEUTRAL, PATH = "open-responses", "/responses"
WHOLE, STREAMED = ("responses/input/typed-message",), ("responses-stream/basics/short-reply",)


def without_terminator(reply: ServerReply) -> None:
    if reply.events is not None:
        reply.events = reply.events[:-1]


def unnamed(reply: ServerReply) -> None:
    reply.named = False


def with_id(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if reply.events is not None and asked.path.endswith(PATH):
        reply.events = [b"id: 1\n", *reply.events]
    return reply


def own_item(slug: str) -> Change:
    """Add an item of the provider's own."""
    item = {"id": "x_1", "type": f"{slug}search_result", "status": "completed"}
    return body(PATH, lambda value: value["output"].insert(0, item))


def own_event(reply: ServerReply) -> None:
    if reply.events is not None:
        reply.events.insert(2, {"type": "trace_event", "sequence_number": 2})


def cut_and_completed(value: Any) -> None:
    value["output"][-1]["status"] = "incomplete"


mutant(NEUTRAL, PLAIN, "open-responses-without-done", STREAMED, "open-responses.ends-with-done", change=at(PATH, without_terminator))
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-unnamed-events",
    STREAMED,
    "open-responses.named-by-type",
    change=at(PATH, unnamed),
    notes=("responses-stream.named-by-type",),
)
mutant(NEUTRAL, PLAIN, "open-responses-events-with-id", STREAMED, "open-responses.events-without-id", change=with_id)
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-item-without-status",
    WHOLE,
    "open-responses.items-have-their-fields",
    "responses.item-status-known",
    change=body(PATH, lambda value: value["output"][0].pop("status")),
)
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-incomplete-in-completed",
    WHOLE,
    "open-responses.incomplete-item-is-last",
    change=body(PATH, cut_and_completed),
)
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-unprefixed-item",
    WHOLE,
    "open-responses.items-are-prefixed",
    change=own_item(""),
    notes=("responses.item-type-known",),
)
mutant(NEUTRAL, PLAIN, "open-responses-prefixed-item", WHOLE, change=own_item("acme:"), notes=("responses.item-type-known",))
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-unprefixed-event",
    STREAMED,
    "open-responses.events-are-prefixed",
    "responses-stream.sequence-increases",
    "responses-stream.sequence-without-gap",
    change=at(PATH, own_event),
    notes=("responses-stream.type-known",),
)
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-without-null-members",
    WHOLE,
    "open-responses.members-present",
    change=body(PATH, lambda value: value.pop("prompt_cache_key")),
)
mutant(
    NEUTRAL,
    PLAIN,
    "open-responses-another-error-type",
    ("errors/responses/no-input",),
    "open-responses.error-type-known",
    change=refused(lambda error: {"error": {**error["error"], "type": "bad"}}),
    notes=("errors.type-as-documented",),
)
