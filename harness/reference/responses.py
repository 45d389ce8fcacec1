"""Responses of the reference: creates, stores, retrieves, cancels and deletes them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs

from . import conversations
from .context_window import check_window
from .exchange import ServerReply
from .input import check_results, cost, read_items
from .lists import page
from .output import INCLUDABLE, make_output
from .refusals import CHAT_MODELS, RESPONSES, RefusalError, check_members
from .response_events import events
from .response_tools import check_format, check_tools
from .state import State
from .store import Kept

POLLS = 1
"""How many polls find a background response unfinished."""

COMPACTED = 8
"""The output tokens of a compaction."""


def create(body: dict[str, Any], state: State) -> ServerReply:
    """Create a response: plain, streamed, or in the background."""
    check_members(body, RESPONSES, CHAT_MODELS)
    _check_together(body)
    check_tools(body)
    check_format(body)
    context = _context(body, state)
    items = [_referenced(item, state) for item in read_items(body["input"], state)]
    check_results([*context, *items])
    final = _made(body, context, items, state)
    if body.get("store") is not False:
        polls = POLLS if body.get("background") else 0
        state.store.responses.keep(final["id"], Kept(final, items, [*context, *items, *final["output"]], polls))
    if final["conversation"] is not None:
        state.store.conversations[final["conversation"]["id"]][1].extend([*items, *final["output"]])
    if body.get("stream"):
        return ServerReply(events=list(events(final, body)), named=True)
    return ServerReply(body=_unfinished(final, "queued") if body.get("background") else deepcopy(final))


def _check_together(body: Mapping[str, Any]) -> None:
    """Refuse invalid combinations of members, and members with invalid content."""
    if body.get("previous_response_id") is not None and body.get("conversation") is not None:
        raise RefusalError(400, "Send either 'previous_response_id' or 'conversation', not both.", None, "previous_response_id")
    if body.get("background") and body.get("store") is False:
        raise RefusalError(400, "A background response has to be stored.", None, "background")
    for index, name in enumerate(body.get("include") or []):
        if name not in INCLUDABLE:
            raise RefusalError(400, f"Invalid value: {name!r}.", "invalid_value", f"include[{index}]")
    if body["input"] in ("", []) and body.get("previous_response_id") is None and body.get("conversation") is None:
        raise RefusalError(400, "Invalid 'input': there is nothing in it.", "invalid_value", "input")


def _context(body: Mapping[str, Any], state: State) -> list[dict[str, Any]]:
    """The items that come before the input."""
    if (before := body.get("previous_response_id")) is not None:
        if before not in state.store.responses:
            raise RefusalError(
                400, f"Previous response with id '{before}' not found.", "previous_response_not_found", "previous_response_id"
            )
        return state.store.responses[before].context
    conversation = _conversation_id(body)
    return [] if conversation is None else list(conversations.items_of(conversation, state))


def _referenced(item: dict[str, Any], state: State) -> dict[str, Any]:
    """Resolve an item reference; return any other item unchanged."""
    if item["type"] != "item_reference":
        return item
    held = state.store.item(item["id"])
    if held is None:
        raise RefusalError(404, f"Item with id '{item['id']}' not found.", None, "input")
    return held


def _conversation_id(body: Mapping[str, Any]) -> str | None:
    given = body.get("conversation")
    return given.get("id") if isinstance(given, dict) else given


def _made(body: Mapping[str, Any], context: list[dict[str, Any]], items: list[dict[str, Any]], state: State) -> dict[str, Any]:
    """The finished response object."""
    output = make_output(body, [*context, *items], state)
    spent = cost([*context, *items], body.get("instructions"))
    check_window(spent, "input")
    conversation = _conversation_id(body)
    return {
        **_envelope(body, state),
        "status": "incomplete" if output.cut else "completed",
        "completed_at": None if output.cut else state.time,
        "incomplete_details": {"reason": "max_output_tokens"} if output.cut else None,
        "output": output.items,
        "conversation": None if conversation is None else {"id": conversation},
        "usage": {
            "input_tokens": spent,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": output.tokens,
            "output_tokens_details": {"reasoning_tokens": output.reasoning_tokens},
            "total_tokens": spent + output.tokens,
        },
    }


def _envelope(body: Mapping[str, Any], state: State) -> dict[str, Any]:
    """The members of a response that repeat its request."""
    given = {name: value for name, value in body.items() if value is not None}
    reasoning = given.get("reasoning", {})
    return {
        "id": state.new_id("resp_"),
        "object": "response",
        "created_at": state.time,
        "model": given["model"],
        "error": None,
        "instructions": given.get("instructions"),
        "max_output_tokens": given.get("max_output_tokens"),
        "max_tool_calls": given.get("max_tool_calls"),
        "metadata": given.get("metadata", {}),
        "background": given.get("background", False),
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
        "previous_response_id": given.get("previous_response_id"),
        "prompt_cache_key": given.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": given.get("safety_identifier"),
        "service_tier": "default",
        "store": given.get("store", True),
        "temperature": given.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **given.get("text", {})},
        "tool_choice": given.get("tool_choice", "auto"),
        "tools": given.get("tools", []),
        "top_logprobs": given.get("top_logprobs", 0),
        "top_p": given.get("top_p", 1.0),
        "truncation": given.get("truncation", "disabled"),
        "user": given.get("user"),
    }


def _unfinished(final: Mapping[str, Any], status: str) -> dict[str, Any]:
    """A response before it is finished."""
    return {**final, "status": status, "completed_at": None, "incomplete_details": None, "output": [], "usage": None}


def _kept(identity: str, state: State) -> Kept:
    """A stored response. Raises ``RefusalError`` if it is unknown."""
    if identity not in state.store.responses:
        raise RefusalError(404, f"Response with id '{identity}' not found.")
    return state.store.responses[identity]


def retrieve(identity: str, query: str, state: State) -> ServerReply:
    """Return a stored response, or stream its events after a sequence number."""
    kept = _kept(identity, state)
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    if asked.get("stream") == "true":
        after = int(asked.get("starting_after", -1))
        kept.polls_left = 0
        return ServerReply(events=[event for event in events(kept.final, {}) if event["sequence_number"] > after], named=True)
    if kept.polls_left > 0:
        kept.polls_left -= 1
        return ServerReply(body=_unfinished(kept.final, "in_progress"))
    return ServerReply(body=deepcopy(kept.final))


def delete(identity: str, state: State) -> ServerReply:
    """Delete a response."""
    _kept(identity, state)
    del state.store.responses[identity]
    return ServerReply(body={"id": identity, "object": "response", "deleted": True})


def cancel(identity: str, state: State) -> ServerReply:
    """Cancel a background response; a finished one stays unchanged."""
    kept = _kept(identity, state)
    if not kept.final["background"]:
        raise RefusalError(400, "Cannot cancel a response that was not made in the background.", None, None)
    if kept.polls_left:
        kept.final, kept.polls_left = _unfinished(kept.final, "cancelled"), 0
    return ServerReply(body=deepcopy(kept.final))


def input_items(identity: str, query: str, state: State) -> ServerReply:
    """List the input items of a response, latest first unless the query says otherwise."""
    return page(_kept(identity, state).items, query, newest_first=True, most=100)


def count_input(body: dict[str, Any], state: State) -> ServerReply:
    """Count the tokens of an input."""
    check_members(body, RESPONSES, CHAT_MODELS)
    items = read_items(body["input"], state)
    return ServerReply(body={"object": "response.input_tokens", "input_tokens": cost(items, body.get("instructions"))})


def compact(body: dict[str, Any], state: State) -> ServerReply:
    """Compact a conversation to the user's messages and one item that replaces the rest."""
    check_members(body, RESPONSES, CHAT_MODELS)
    items = [*_context(body, state), *read_items(body["input"], state)]
    spent = cost(items, body.get("instructions"))
    short = {"id": state.new_id("cmp_"), "type": "compaction", "encrypted_content": "ZXZlcnl0aGluZw=="}
    told = [item for item in items if item["type"] == "message" and item["role"] == "user"]
    usage = {
        "input_tokens": spent,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": COMPACTED,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": spent + COMPACTED,
    }
    envelope = {"id": state.new_id("resp_"), "object": "response.compaction", "created_at": state.time}
    return ServerReply(body={**envelope, "output": [*told, short], "usage": usage})
