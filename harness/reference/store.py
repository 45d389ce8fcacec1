"""The reference's memory between requests: its latest responses and conversations."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

ROOM = 512


@dataclass(slots=True)
class Kept:
    """A stored response: its final object, its input items, and its whole context.

    ``polls_left`` is the number of polls that still find a background response unfinished.
    """

    final: dict[str, Any]
    items: list[dict[str, Any]]
    context: list[dict[str, Any]]
    polls_left: int = 0


@dataclass(slots=True)
class Store:
    """Responses by id, and conversations by id with their items; at most ``ROOM`` of each."""

    responses: OrderedDict[str, Kept] = field(default_factory=OrderedDict)
    conversations: OrderedDict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=OrderedDict)

    def keep(self, identity: str, kept: Kept) -> None:
        """Store a response."""
        self.responses[identity] = kept
        while len(self.responses) > ROOM:
            self.responses.popitem(last=False)

    def item(self, identity: str) -> dict[str, Any] | None:
        """An item of a stored response, by its id."""
        held = (item for kept in self.responses.values() for item in kept.context)
        return next((item for item in held if item["id"] == identity), None)

    def open(self, conversation: dict[str, Any], items: list[dict[str, Any]]) -> None:
        """Store a conversation."""
        self.conversations[conversation["id"]] = (conversation, items)
        while len(self.conversations) > ROOM:
            self.conversations.popitem(last=False)
