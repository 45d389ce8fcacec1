"""Conversations of the reference, to which responses are added."""

from __future__ import annotations

from typing import Any

from .exchange import ServerReply
from .input import read_items
from .lists import page
from .refusals import RefusalError
from .state import State

MOST_ADDED = 20
"""The most items that one request may add."""


def create(body: dict[str, Any], state: State) -> ServerReply:
    """Create a conversation, with or without items."""
    for name in body:
        if name not in ("items", "metadata"):
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    conversation: dict[str, Any] = {
        "id": state.new_id("conv_"),
        "object": "conversation",
        "created_at": state.time,
        "metadata": body.get("metadata") or {},
    }
    state.store.conversations.keep(conversation["id"], (conversation, read_items(body.get("items") or [], state)))
    return ServerReply(body=conversation)


def items_of(identity: str, state: State) -> list[dict[str, Any]]:
    """The items of a conversation. Raises ``RefusalError`` if it is unknown."""
    if identity not in state.store.conversations:
        raise RefusalError(404, f"Conversation with id '{identity}' not found.")
    return state.store.conversations[identity][1]


def retrieve(identity: str, state: State) -> ServerReply:
    """Return a conversation."""
    items_of(identity, state)
    return ServerReply(body=state.store.conversations[identity][0])


def update(identity: str, body: dict[str, Any], state: State) -> ServerReply:
    """Replace the metadata of a conversation."""
    items_of(identity, state)
    if "metadata" not in body:
        raise RefusalError(400, "Missing required parameter: 'metadata'.", "missing_required_parameter", "metadata")
    conversation = state.store.conversations[identity][0]
    conversation["metadata"] = body["metadata"] or {}
    return ServerReply(body=conversation)


def listed(identity: str, query: str, state: State) -> ServerReply:
    """List the items of a conversation, latest first unless the query says otherwise."""
    return page(items_of(identity, state), query, newest_first=True, most=100)


def add(identity: str, body: dict[str, Any], state: State) -> ServerReply:
    """Add items to a conversation, and return those that were added."""
    held = items_of(identity, state)
    if body.get("items") is None:
        raise RefusalError(400, "Missing required parameter: 'items'.", "missing_required_parameter", "items")
    added = read_items(body["items"], state)
    if len(added) > MOST_ADDED:
        raise RefusalError(400, f"Invalid 'items': more than {MOST_ADDED} of them.", "array_above_max_length", "items")
    held.extend(added)
    return page(added, "", newest_first=False, most=MOST_ADDED)


def item(identity: str, wanted: str, state: State) -> ServerReply:
    """Return one item of a conversation."""
    return ServerReply(body=_item(identity, wanted, state))


def delete_item(identity: str, wanted: str, state: State) -> ServerReply:
    """Delete one item of a conversation, and return the conversation."""
    items_of(identity, state).remove(_item(identity, wanted, state))
    return retrieve(identity, state)


def _item(identity: str, wanted: str, state: State) -> dict[str, Any]:
    """An item of a conversation. Raises ``RefusalError`` if it is unknown."""
    found = next((held for held in items_of(identity, state) if held["id"] == wanted), None)
    if found is None:
        raise RefusalError(404, f"Item with id '{wanted}' not found in conversation '{identity}'.")
    return found


def delete(identity: str, state: State) -> ServerReply:
    """Delete a conversation."""
    items_of(identity, state)
    del state.store.conversations[identity]
    return ServerReply(body={"id": identity, "object": "conversation.deleted", "deleted": True})
