"""A mutation: one operator at one place, at one endpoint, under one condition."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from tests.mutation.conditions import CONDITIONS

Ask: TypeAlias = Callable[[ServerRequest], ServerRequest | None]
"""What the reference is asked instead; ``None`` where the operator has nothing to change."""

Change: TypeAlias = Callable[[ServerRequest, ServerReply], ServerReply]

ENDPOINTS = {
    "/chat/completions": "chat",
    "/completions": "completions",
    "/embeddings": "embeddings",
    "/models": "models",
    "/responses": "responses",
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault made of parts. An operator either changes what is asked or what was answered.

    ``place`` is a pattern of a member, a kind of event, a parameter or a header. One that ``remembers`` is made anew for each run by
    calling ``make``.
    """

    operator: str
    place: str
    endpoint: str
    condition: str
    ask: Ask | None = None
    change: Change | None = None
    make: Callable[[], Change] | None = None

    @property
    def id(self) -> str:
        """Its name: the same in every run."""
        return f"{self.operator} {self.place} | {self.condition} | {self.endpoint}"

    @property
    def remembers(self) -> bool:
        """Whether the same request may be answered differently at another time."""
        return self.make is not None or CONDITIONS[self.condition].counts

    def fresh(self) -> Mutant:
        """The fault at work, remembering nothing yet."""
        return Mutant(self)


class Mutant:
    """A mutation at work: the reference with one fault."""

    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation
        self._holds = CONDITIONS[mutation.condition].fresh()
        self._change = mutation.make() if mutation.make is not None else mutation.change

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer wrongly, where the condition holds."""
        body = body_of(asked)
        if not concerns(self._mutation.endpoint, asked, body) or not self._holds(asked, body):
            return answer(asked)
        if self._mutation.ask is not None:
            return answer(self._mutation.ask(asked) or asked)
        assert self._change is not None
        return self._change(asked, copied(answer(asked)))

    def changes(self, asked: ServerRequest, reply: ServerReply) -> bool:
        """Whether a reply of the reference comes out changed."""
        body = body_of(asked)
        if not concerns(self._mutation.endpoint, asked, body) or not self._holds(asked, body):
            return False
        if self._mutation.ask is not None:
            return self._mutation.ask(asked) is not None
        assert self._change is not None
        return self._change(asked, copied(reply)) != reply


def concerns(endpoint: str, asked: ServerRequest, body: dict[str, Any]) -> bool:
    """Whether a request goes to an endpoint of the table. A stream is an endpoint of its own; ``http`` is everywhere."""
    name, _, stream = endpoint.partition("-")
    if name in ("http", "errors"):
        return True
    found = endpoint_of(asked)
    return found == name and (not stream or is_stream(asked, body)) and (bool(stream) or not is_stream(asked, body) or name == "any")


def endpoint_of(asked: ServerRequest) -> str:
    """The endpoint's column in the table."""
    first = "/" + asked.path.strip("/").partition("/")[0]
    if first == "/responses" and asked.path.strip("/") != "responses":
        return "stored"
    return ENDPOINTS.get("/" + asked.path.strip("/"), ENDPOINTS.get(first, "other"))


def is_stream(asked: ServerRequest, body: dict[str, Any]) -> bool:
    """Whether a stream is asked for."""
    return body.get("stream") is True or "stream=true" in asked.query


def body_of(asked: ServerRequest) -> dict[str, Any]:
    """The request's body; empty when it is no object."""
    try:
        body = json.loads(asked.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def copied(reply: ServerReply) -> ServerReply:
    """A reply whose parts may be changed; what choices share is copied, too."""
    body = reply.body if isinstance(reply.body, bytes) or reply.body is None else json.loads(json.dumps(reply.body))
    events = None if reply.events is None else [one if isinstance(one, bytes) else json.loads(json.dumps(one)) for one in reply.events]
    return ServerReply(reply.status, dict(reply.headers), body, events, reply.named, reply.pace, reply.delay, breaks_off=reply.breaks_off)
