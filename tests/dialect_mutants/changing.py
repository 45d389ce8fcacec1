"""Breaks a dialect of the reference, and names the models and cases that show it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.catalog.profile import Models
from harness.reference.dialects import DIALECTS, Dialect
from harness.reference.exchange import ServerReply, ServerRequest

OPEN = Models("Llama-3.3-70B-Instruct", "Llama-3.3-70B-Instruct", "text-embedding-bge-m3")
AZURE = Models("gpt-4.1", "gpt-4.1", "text-embedding-bge-m3")
PLAIN = Models("reference", "reference", "reference-embedding")

ERRORS = ("errors/model/unknown", "errors/model/missing", "errors/routes/unknown-url")
STREAM = ("completions-stream/basics/short-text", "completions-stream/basics/include-usage")
CHAT = ("chat/basics/short-reply",)
CHAT_STREAM = ("chat-stream/basics/short-reply",)
IMAGE = ("chat/images/data-uri",)
VECTORS = ("embeddings/input/text",)
MODELS = ("models/list/listed",)

Change = Callable[[ServerRequest, ServerReply], ServerReply]


@dataclass(frozen=True, slots=True)
class DialectMutant:
    """A way to be wrong under a profile, with the requirements that some cases then miss, of every level but those only noted.

    What it ``notes`` are requirements that are noted, with problems, and that no word of the profile accepts.
    """

    name: str
    profile: str
    models: Models
    cases: tuple[str, ...]
    breaks: frozenset[str]
    change: Change
    notes: frozenset[str] = field(default_factory=frozenset)

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer wrongly."""
        return self.change(asked, copy.deepcopy(self.dialect(asked)))

    @property
    def dialect(self) -> Dialect:
        """What is made wrong."""
        return DIALECTS[self.profile.removesuffix("-queue")]


DIALECT_MUTANTS: list[DialectMutant] = []


def mutant(
    profile: str, models: Models, name: str, cases: tuple[str, ...], *breaks: str, change: Change, notes: tuple[str, ...] = ()
) -> None:
    """Add a mutant."""
    DIALECT_MUTANTS.append(DialectMutant(name, profile, models, cases, frozenset(breaks), change, frozenset(notes)))


def refused(change: Callable[[Any], Any]) -> Change:
    """Put another body in place of an error's."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status >= 400:
            reply.body = change(reply.body)
        return reply

    return apply


def at(path: str, change: Callable[[ServerReply], Any]) -> Change:
    """Change good replies whose path ends so."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if asked.path.endswith(path) and reply.status == 200:
            change(reply)
        return reply

    return apply


def chunks(path: str, change: Callable[[dict[str, Any], int], Any]) -> Change:
    """Change each event of a stream that is an object, given its number from 0."""

    def apply(reply: ServerReply) -> None:
        for number, event in enumerate(reply.events or ()):
            if isinstance(event, dict):
                change(event, number)

    return at(path, apply)


def body(path: str, change: Callable[[dict[str, Any]], Any]) -> Change:
    """Change the body of whole replies."""
    return at(path, lambda reply: change(reply.body) if reply.events is None else None)


def as_printed(chunk: dict[str, Any], number: int) -> None:
    """Leave out what the chunks in the documentation lack."""
    for member in ("created", "model"):
        chunk.pop(member, None)
