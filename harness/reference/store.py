"""The reference's memory between requests: its latest responses, conversations, files, uploads, batches and stored chats."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, TypeVar

ROOM = 512

T = TypeVar("T")


class Shelf(OrderedDict[str, T]):
    """The latest things of one kind by id; at most ``ROOM`` of them."""

    def keep(self, identity: str, thing: T) -> None:
        """Store one, and forget the oldest if there are too many."""
        self[identity] = thing
        while len(self) > ROOM:
            self.popitem(last=False)


@dataclass(slots=True)
class Kept:
    """A stored response: its final object, its input items, and its whole context.

    ``polls_left`` is the number of polls that still find a background response unfinished.
    """

    final: dict[str, Any]
    items: list[dict[str, Any]]
    context: list[dict[str, Any]]
    polls_left: int = 0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file object, and its bytes."""

    file: dict[str, Any]
    content: bytes


@dataclass(slots=True)
class PendingUpload:
    """An upload object, and its parts by id."""

    upload: dict[str, Any]
    parts: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class StoredBatch:
    """A batch object, the content of its input file, and the states that are still to come."""

    batch: dict[str, Any]
    content: bytes
    stages: list[str]


@dataclass(slots=True)
class StoredChat:
    """A stored chat completion, and the messages of its request."""

    completion: dict[str, Any]
    messages: list[dict[str, Any]]


@dataclass(slots=True)
class Store:
    """Everything by id. A conversation is kept with its items."""

    responses: Shelf[Kept] = field(default_factory=Shelf)
    conversations: Shelf[tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=Shelf)
    files: Shelf[StoredFile] = field(default_factory=Shelf)
    uploads: Shelf[PendingUpload] = field(default_factory=Shelf)
    batches: Shelf[StoredBatch] = field(default_factory=Shelf)
    chats: Shelf[StoredChat] = field(default_factory=Shelf)

    def item(self, identity: str) -> dict[str, Any] | None:
        """An item of a stored response, by its id."""
        held = (item for kept in self.responses.values() for item in kept.context)
        return next((item for item in held if item["id"] == identity), None)
