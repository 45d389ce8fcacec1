"""The reference, broken on purpose: each mutant with the requirements that it breaks, exactly.

A mutant changes what is asked before the reference answers, or what it answered before that goes out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from harness.reference.answers import answer
from harness.reference.exchange import Asked, Reply, encode

HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A way to be wrong. ``breaks`` are the MUST and SHOULD requirements that it breaks, and may name MAY ones too.

    One that ``remembers`` answers the same request differently at another time.
    """

    name: str
    breaks: frozenset[str]
    ask: Callable[[Asked], Asked] = field(default=lambda asked: asked)
    change: Callable[[Asked, Reply], Reply] = field(default=lambda asked, reply: reply)
    remembers: bool = False

    def __call__(self, asked: Asked) -> Reply:
        """Answer wrongly."""
        return self.change(asked, answer(self.ask(asked)))


MUTANTS: list[Mutant] = []


def mutant(name: str, *breaks: str, **how: Any) -> None:
    """Add a mutant."""
    MUTANTS.append(Mutant(name, frozenset(breaks), **how))


def body_of(asked: Asked) -> dict[str, Any]:
    """The request's body; empty when it is no object."""
    try:
        body = json.loads(asked.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def any_chat(asked: Asked) -> bool:
    return asked.path == "/chat/completions"


def is_chat(asked: Asked) -> bool:
    """A chat request for plain text: the features that build on chat have mutants of their own."""
    return any_chat(asked) and {"tools", "response_format", "logprobs"}.isdisjoint(body_of(asked))


def any_text(asked: Asked) -> bool:
    return asked.path == "/completions"


def is_text(asked: Asked) -> bool:
    """A text completion without the features that have mutants of their own."""
    return any_text(asked) and {"echo", "logprobs"}.isdisjoint(body_of(asked))


def always(asked: Asked) -> bool:
    return True


def taken(at: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    """Only those of the requests that deserve no refusal."""
    return lambda asked: at(asked) and answer(asked).status == 200


Change = Callable[[Any], Any]


def plain(at: Callable[[Asked], bool], change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change the body of whole replies; what ``change`` returns takes its place unless it is ``None``."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and reply.status == 200 and reply.events is None:
            changed = change(reply.body)
            reply.body = reply.body if changed is None else changed
        return reply

    return apply


def choice(change: Change) -> Change:
    """Change each choice of a body or chunk in place."""

    def apply(body: Any) -> None:
        for item in body["choices"]:
            change(item)

    return apply


def events(at: Callable[[Asked], bool], change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change the list of a stream's events."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and reply.events is not None:
            reply.events = change(json.loads(json.dumps(reply.events)))
        return reply

    return apply


def chunks(at: Callable[[Asked], bool], change: Callable[[Any, int], Any]) -> Callable[[Asked, Reply], Reply]:
    """Change each chunk in place, given its number from 0."""

    def over(listed: list[Any]) -> list[Any]:
        for number, chunk in enumerate(listed):
            if isinstance(chunk, dict):
                change(chunk, number)
        return listed

    return events(at, over)


def refusals(at: Callable[[Asked], bool], change: Callable[[Reply], Any]) -> Callable[[Asked, Reply], Reply]:
    """Change error replies."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and 400 <= reply.status < 500:
            change(reply)
        return reply

    return apply


def headers(at: Callable[[Asked], bool], **changes: str | None) -> Callable[[Asked, Reply], Reply]:
    """Set headers, or remove those that are ``None``; underscores stand for dashes."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked):
            merged: dict[str, str | None] = {**reply.headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
            reply.headers = {name: value for name, value in merged.items() if value is not None}
        return reply

    return apply


def rewriting(at: Callable[[Asked], bool], change: Callable[[dict[str, Any]], Any]) -> Callable[[Asked], Asked]:
    """Change the request's JSON before the reference sees it."""

    def apply(asked: Asked) -> Asked:
        body = body_of(asked)
        if not at(asked) or not body:
            return asked
        changed = change(body)
        return replace(asked, body=encode(body if changed is None else changed))

    return apply


def without(*members: str) -> Callable[[dict[str, Any]], None]:
    """Take members out of an object."""

    def change(body: dict[str, Any]) -> None:
        for member in members:
            body.pop(member, None)

    return change


def setting(member: str, value: Any) -> Callable[..., None]:
    """Set a member of an object."""

    def change(body: dict[str, Any], *_: Any) -> None:
        body[member] = value

    return change


def chunk_choice(change: Callable[[Any, int], Any], *, finish: bool | None = None) -> Callable[[Any, int], Any]:
    """Change each choice of a chunk; ``finish`` picks those with, or without, a finish reason."""

    def apply(chunk: Any, number: int) -> None:
        for item in chunk["choices"]:
            if finish is None or finish == (item["finish_reason"] is not None):
                change(item, number)

    return apply
