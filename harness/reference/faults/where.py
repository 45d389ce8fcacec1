"""Which requests a fault happens on, and errors in place of their replies."""

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
    """Those that ask for a stream."""
    return lambda asked: at(asked) and body_of(asked).get("stream") is True


def whole(at: Where) -> Where:
    """Those that ask for no stream."""
    return lambda asked: at(asked) and body_of(asked).get("stream") is not True


def either(*ways: Where) -> Where:
    """Those of any of these kinds."""
    return lambda asked: any(at(asked) for at in ways)


def having(at: Where, *members: str) -> Where:
    """Those that set all these members."""
    return lambda asked: at(asked) and all(body_of(asked).get(member) is not None for member in members)


def completions(asked: ServerRequest) -> bool:
    """A chat or text completion."""
    return any_chat(asked) or any_text(asked)


def any_embedding(asked: ServerRequest) -> bool:
    """A request for embeddings."""
    return asked.path == "/embeddings"


def messages(asked: ServerRequest) -> list[dict[str, Any]]:
    """The messages of a chat request, those that are objects."""
    listed = body_of(asked).get("messages")
    return [one for one in listed if isinstance(one, dict)] if any_chat(asked) and isinstance(listed, list) else []


def keyless(reply: ServerReply) -> bool:
    """Whether the reply refuses the key, or the lack of one."""
    return reply.status == 401


def error(message: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """The body of an error as it should be."""
    return RefusalError(400, message, code, param).body


def answering(at: Where, status: int, body: Any, kind: str = JSON) -> Outcome:
    """Answer good requests, which would have got a 200, with an error."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        return instead(reply, status, body, kind) if reply.status == 200 and at(asked) else reply

    return apply


def instead(reply: ServerReply, status: int, body: Any, kind: str = JSON) -> ServerReply:
    """Another reply under the same headers."""
    return ServerReply(status, {**reply.headers, "content-type": kind}, body)


def failing(at: Where, status: int, body: Any, kind: str = JSON) -> Outcome:
    """Answer bad requests, which would have been refused for something else than their key, in another way."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        refused = 400 <= reply.status < 500 and not keyless(reply)
        return instead(reply, status, body, kind) if refused and at(asked) else reply

    return apply
