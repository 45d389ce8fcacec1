"""Selects the requests that a fault applies to, and replaces their replies with errors."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from ..refusals import RefusalError
from .changing import Outcome, Where, any_chat, any_text, body_of

BREAKS = "breaks-sdk"
WRONG = "wrong-data"
COSMETIC = "cosmetic"
JSON = "application/json"


def streamed(at: Where) -> Where:
    """Select streamed requests."""
    return lambda asked: at(asked) and body_of(asked).get("stream") is True


def whole(at: Where) -> Where:
    """Select requests that are not streamed."""
    return lambda asked: at(asked) and body_of(asked).get("stream") is not True


def either(*ways: Where) -> Where:
    """Select the requests that match any of these."""
    return lambda asked: any(at(asked) for at in ways)


def having(at: Where, *members: str) -> Where:
    """Select requests with all these members set."""
    return lambda asked: at(asked) and all(body_of(asked).get(member) is not None for member in members)


def completions(asked: ServerRequest) -> bool:
    """Whether it is a chat or text completion."""
    return any_chat(asked) or any_text(asked)


def any_embedding(asked: ServerRequest) -> bool:
    """Whether it is an embeddings request."""
    return asked.path == "/embeddings"


def messages(asked: ServerRequest) -> list[dict[str, Any]]:
    """The messages of a chat request that are objects."""
    listed = body_of(asked).get("messages")
    return [one for one in listed if isinstance(one, dict)] if any_chat(asked) and isinstance(listed, list) else []


def keyless(reply: ServerReply) -> bool:
    """Whether the reply refuses a wrong or missing key."""
    return reply.status == 401


def error(message: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """A correct error body."""
    return RefusalError(400, message, code, param).body


def answering(at: Where, status: int, body: Any, kind: str = JSON) -> Outcome:
    """Answer good requests, which would get a 200, with an error."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        return instead(reply, status, body, kind) if reply.status == 200 and at(asked) else reply

    return apply


def instead(reply: ServerReply, status: int, body: Any, kind: str = JSON) -> ServerReply:
    """Another reply with the same headers."""
    return ServerReply(status, {**reply.headers, "content-type": kind}, body)


def failing(at: Where, status: int, body: Any, kind: str = JSON) -> Outcome:
    """Answer bad requests in another way, unless they are refused for their key."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        refused = 400 <= reply.status < 500 and not keyless(reply)
        return instead(reply, status, body, kind) if refused and at(asked) else reply

    return apply
