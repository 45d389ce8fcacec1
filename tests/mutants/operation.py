"""Selects the operation that a mutant concerns, and changes that only stored things need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Outcome, Where


def at(method: str, path: str) -> Where:
    """Select an operation by its method and path, in which ``{}`` stands for an id."""
    shape = re.compile(path.replace("{}", "[^/]+"))
    return lambda asked: asked.method == method and shape.fullmatch(asked.path) is not None


def query(where: Where, **changes: str) -> Callable[[ServerRequest], ServerRequest]:
    """Read another value for members of the query; an empty one removes the member."""

    def apply(asked: ServerRequest) -> ServerRequest:
        if not where(asked):
            return asked
        pairs = dict(pair.split("=", 1) for pair in asked.query.split("&") if pair) | changes
        return replace(asked, query="&".join(f"{name}={value}" for name, value in pairs.items() if value))

    return apply


def content(where: Where, change: Callable[[bytes], bytes]) -> Outcome:
    """Change the bytes of a file."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if where(asked) and isinstance(reply.body, bytes):
            reply.body = change(reply.body)
        return reply

    return apply


def missing_is_found(where: Where, body: object) -> Outcome:
    """Answer what is not there as if it were."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        return ServerReply(200, reply.headers, body) if where(asked) and reply.status == 404 else reply

    return apply
