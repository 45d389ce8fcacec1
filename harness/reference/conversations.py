"""Conversations of the reference: what responses are added to."""

from __future__ import annotations

import time
import uuid
from typing import Any

from .exchange import Reply
from .input import read_items
from .refusals import Refusal
from .shelf import SHELF


def create(body: dict[str, Any]) -> Reply:
    """Open a conversation, with items or without."""
    for name in body:
        if name not in ("items", "metadata"):
            raise Refusal(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    conversation = {
        "id": f"conv_{uuid.uuid4().hex}",
        "object": "conversation",
        "created_at": int(time.time()),
        "metadata": body.get("metadata") or {},
    }
    SHELF.open(conversation, read_items(body.get("items") or []))
    return Reply(body=conversation)


def items_of(identity: str) -> list[dict[str, Any]]:
    """The items of a conversation; refuses an unknown one."""
    if identity not in SHELF.conversations:
        raise Refusal(404, f"Conversation with id '{identity}' not found.")
    return SHELF.conversations[identity][1]


def retrieve(identity: str) -> Reply:
    """Tell of a conversation."""
    items_of(identity)
    return Reply(body=SHELF.conversations[identity][0])


def delete(identity: str) -> Reply:
    """Forget a conversation."""
    items_of(identity)
    del SHELF.conversations[identity]
    return Reply(body={"id": identity, "object": "conversation.deleted", "deleted": True})
