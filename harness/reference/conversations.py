"""Conversations of the reference, to which responses are added."""

from __future__ import annotations

from typing import Any

from .exchange import ServerReply
from .input import read_items
from .refusals import RefusalError
from .state import State


def create(body: dict[str, Any], state: State) -> ServerReply:
    """Create a conversation, with or without items."""
    for name in body:
        if name not in ("items", "metadata"):
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    conversation = {
        "id": state.new_id("conv_"),
        "object": "conversation",
        "created_at": state.time,
        "metadata": body.get("metadata") or {},
    }
    state.store.open(conversation, read_items(body.get("items") or [], state))
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


def delete(identity: str, state: State) -> ServerReply:
    """Delete a conversation."""
    items_of(identity, state)
    del state.store.conversations[identity]
    return ServerReply(body={"id": identity, "object": "conversation.deleted", "deleted": True})
