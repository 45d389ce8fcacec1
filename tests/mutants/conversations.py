"""Mutants of conversations and their items."""

from __future__ import annotations

from typing import Any

from harness.reference.faults.changing import plain, setting
from tests.mutants.changing import mutant
from tests.mutants.operation import at, missing_is_found

adds, lists, retrieves = (
    at("POST", "/conversations/{}/items"),
    at("GET", "/conversations/{}/items"),
    at("GET", "/conversations/{}/items/{}"),
)
deletes, updates = at("DELETE", "/conversations/{}/items/{}"), at("POST", "/conversations/{}")

ITEM = {"id": "msg_gone", "type": "message", "status": "completed", "role": "user", "content": []}


def backwards(body: Any) -> None:
    body["data"].reverse()
    body["first_id"], body["last_id"] = body["last_id"], body["first_id"]


mutant("conversation-items-object", "conversations.items-shape", change=plain(adds, setting("object", "items")))
mutant("conversation-item-of-another", "conversations.item-as-asked", change=plain(retrieves, setting("id", "msg_another")))
mutant("conversation-addition-backwards", "conversations.added-are-told", change=plain(adds, backwards))
mutant(
    "conversation-always-latest-first",
    "conversations.items-in-order",
    "lists.order-obeyed",
    change=plain(lambda a: lists(a) and "order=asc&limit=10" in a.query, backwards),
)
mutant("conversation-keeps-old-metadata", "conversations.metadata-updated", change=plain(updates, setting("metadata", {})))
mutant("conversation-item-there-after-all", "conversations.deleted-is-gone", change=missing_is_found(retrieves, ITEM))
mutant(
    "conversation-item-deletion-as-item",
    "conversations.deletion-told",
    change=plain(deletes, setting("object", "conversation.item.deleted")),
)
