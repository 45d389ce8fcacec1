"""Mutants of stored chat completions."""

from __future__ import annotations

from typing import Any

from harness.reference.faults.changing import plain, setting, without
from tests.mutants.changing import mutant
from tests.mutants.operation import at, missing_is_found, query

lists, retrieves, updates = at("GET", "/chat/completions"), at("GET", "/chat/completions/{}"), at("POST", "/chat/completions/{}")
deletes, messages = at("DELETE", "/chat/completions/{}"), at("GET", "/chat/completions/{}/messages")

CHAT = {"id": "chatcmpl-gone", "object": "chat.completion", "created": 1, "model": "reference", "choices": []}


def empty(body: Any) -> None:
    body["data"] = []
    body["first_id"] = body["last_id"] = None


mutant("stored-chat-object", "chat-store.shape", change=plain(updates, setting("object", "chat.completion.stored")))
mutant("stored-chat-list-without-more", "chat-store.list-shape", change=plain(lists, without("has_more")))
mutant("stored-chat-message-without-id", "chat-store.messages-shape", change=plain(messages, lambda body: body["data"][0].update(id=1)))
mutant("stored-chat-deletion-denied", "chat-store.deleted-shape", change=plain(deletes, setting("deleted", False)))
mutant(
    "stored-chat-of-another",
    "chat-store.id-as-asked",
    "chat-store.retrieved-same",
    change=plain(retrieves, setting("id", "chatcmpl-another")),
)
mutant("stored-chat-later", "chat-store.retrieved-same", change=plain(retrieves, setting("created", 1)))
mutant(
    "stored-chat-listed-without-text",
    "chat-store.listed-same",
    change=plain(lambda a: lists(a) and "metadata" in a.query, lambda body: body["data"][0]["choices"][0]["message"].update(content="")),
)
mutant("stored-chat-not-listed", "chat-store.listed-by-metadata", change=plain(lambda a: lists(a) and "metadata" in a.query, empty))
mutant(
    "stored-chat-keeps-old-metadata",
    "chat-store.metadata-updated",
    change=plain(updates, setting("metadata", {"suite": "wireproof", "part": "life"})),
)
mutant("stored-chat-last-message-only", "chat-store.messages-as-sent", ask=query(messages, limit="1"))
mutant("stored-chat-there-after-all", "chat-store.deleted-is-gone", change=missing_is_found(retrieves, CHAT))
