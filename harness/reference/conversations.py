"""Conversations of the reference: what responses are added to."""

from __future__ import annotations

import time
import uuid
from typing import Any

from .exchange import ServerReply
from .input import read_items
from .refusals import RefusalError
from .store import STORE


def create(body: dict[str, Any]) -> ServerReply:
    """Open a conversation, with items or without."""
    for name in body:
        if name not in ("items", "metadata"):
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    conversation = {
        "id": f"conv_{uuid.uuid4().hex}",
        "object": "conversation",
        "created_at": int(time.time()),
        "metadata": body.get("metadata") or {},
    }
    STORE.open(conversation, read_items(body.get("items") or []))
    return ServerReply(body=conversation)


def items_of(identity: str) -> list[dict[str, Any]]:
    """The items of a conversation; refuses an unknown one."""
    if identity not in STORE.conversations:
        raise RefusalError(404, f"Conversation with id '{identity}' not found.")
    return STORE.conversations[identity][1]


def retrieve(identity: str) -> ServerReply:
    """Tell of a conversation."""
    items_of(identity)
    return ServerReply(body=STORE.conversations[identity][0])


def delete(identity: str) -> ServerReply:
    """Forget a conversation."""
    items_of(identity)
    del STORE.conversations[identity]
    return ServerReply(body={"id": identity, "object": "conversation.deleted", "deleted": True})
