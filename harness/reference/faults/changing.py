"""Functions that change a request before the reference answers it, and a reply before it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from ..answers import answer
from ..exchange import ServerReply, ServerRequest, encode, frame

Change: TypeAlias = Callable[[Any], Any]
Where: TypeAlias = Callable[[ServerRequest], bool]
Outcome: TypeAlias = Callable[[ServerRequest, ServerReply], ServerReply]

HOUR = 3_600.0


def body_of(asked: ServerRequest) -> dict[str, Any]:
    """The request's body; empty if it is not an object."""
    try:
        body = json.loads(asked.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def any_chat(asked: ServerRequest) -> bool:
    """Whether it is a chat request of any kind."""
    return asked.path == "/chat/completions" and asked.method == "POST"


def is_chat(asked: ServerRequest) -> bool:
    """Whether it is a chat request for plain text. Other chat features have their own mutants."""
    return any_chat(asked) and {"tools", "response_format", "logprobs"}.isdisjoint(body_of(asked))


def any_text(asked: ServerRequest) -> bool:
    """Whether it is a text completion of any kind."""
    return asked.path == "/completions"


def is_text(asked: ServerRequest) -> bool:
    """Whether it is a text completion without the features that have their own mutants."""
    return any_text(asked) and {"echo", "logprobs"}.isdisjoint(body_of(asked))


def always(asked: ServerRequest) -> bool:
    """Select every request."""
    return True


def taken(at: Where) -> Where:
    """Select the requests that get a 200."""
    return lambda asked: at(asked) and answer(asked).status == 200


def plain(at: Where, change: Change) -> Outcome:
    """Change the body of non-streamed replies. If ``change`` returns a value, the value replaces the body."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked) and reply.status == 200 and reply.events is None:
            if not isinstance(reply.body, bytes):
                reply.body = json.loads(json.dumps(reply.body))  # choices share objects
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


def events(at: Where, change: Change) -> Outcome:
    """Change the event list of a stream."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked) and reply.events is not None:
            reply.events = change(json.loads(json.dumps(reply.events)))
        return reply

    return apply


def chunks(at: Where, change: Callable[[Any, int], Any]) -> Outcome:
    """Change each chunk in place, given its number from 0."""

    def over(listed: list[Any]) -> list[Any]:
        for number, chunk in enumerate(listed):
            if isinstance(chunk, dict):
                change(chunk, number)
        return listed

    return events(at, over)


def refusals(at: Where, change: Callable[[ServerReply], Any]) -> Outcome:
    """Change error replies."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked) and 400 <= reply.status < 500:
            change(reply)
        return reply

    return apply


def headers(at: Where, **changes: str | None) -> Outcome:
    """Set headers, and remove those given as ``None``; underscores become dashes."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked):
            merged: dict[str, str | None] = {**reply.headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
            reply.headers = {name: value for name, value in merged.items() if value is not None}
        return reply

    return apply


def rewriting(at: Where, change: Callable[[dict[str, Any]], Any]) -> Callable[[ServerRequest], ServerRequest]:
    """Change the request's JSON before the reference sees it."""

    def apply(asked: ServerRequest) -> ServerRequest:
        body = body_of(asked)
        if not at(asked) or not body:
            return asked
        changed = change(body)
        return replace(asked, body=encode(body if changed is None else changed))

    return apply


def without(*members: str) -> Callable[[dict[str, Any]], None]:
    """Remove members from an object."""

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
    """Change each choice of a chunk; ``finish`` selects only those with, or without, a finish reason."""

    def apply(chunk: Any, number: int) -> None:
        for item in chunk["choices"]:
            if finish is None or finish == (item["finish_reason"] is not None):
                change(item, number)

    return apply


def message(change: Change) -> Change:
    """Change the message of each choice of a body."""
    return choice(lambda item: change(item["message"]))


def offers_tools(asked: ServerRequest) -> bool:
    """Whether it is a chat request with tools."""
    return any_chat(asked) and "tools" in body_of(asked)


def each_call(change: Change) -> Outcome:
    """Change each call in non-streamed replies."""

    def over(body: Any) -> None:
        for item in body["choices"]:
            for call in item["message"].get("tool_calls", []):
                change(call)

    return plain(offers_tools, over)


def each_piece(change: Callable[[Any, int], Any]) -> Outcome:
    """Change each tool call delta of a stream, given its number from 0."""

    def over(listed: list[Any]) -> list[Any]:
        number = 0
        for chunk in listed:
            for item in chunk["choices"] if isinstance(chunk, dict) else []:
                for piece in item["delta"].get("tool_calls", []):
                    change(piece, number)
                    number += 1
        return listed

    return events(offers_tools, over)


def later(change: Change) -> Callable[[Any, int], Any]:
    """Change only the deltas after the first of each call."""
    return lambda piece, number: change(piece) if "id" not in piece else None


def both(*changes: Outcome) -> Outcome:
    """Apply several changes in order."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        for change in changes:
            reply = change(asked, reply)
        return reply

    return apply


def arguments(change: Callable[[str], str]) -> Change:
    """Change the argument string of a call."""

    def apply(call: Any) -> None:
        call["function"]["arguments"] = change(call["function"]["arguments"])

    return apply


def is_stream(asked: ServerRequest) -> bool:
    """Whether it is a streamed request, but not to /responses."""
    return body_of(asked).get("stream") is True and asked.path != "/responses"


def framed(change: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of each event."""
    return lambda listed: [change(frame(event)) for event in listed]


def error_body(body: Any) -> Callable[[ServerReply], None]:
    """Replace the body."""

    def change(reply: ServerReply) -> None:
        reply.body = body

    return change


def error_member(member: str, value: Any) -> Callable[[ServerReply], None]:
    """Set a member of the error."""

    def change(reply: ServerReply) -> None:
        reply.body["error"][member] = value

    return change


def delta(change: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
    """Change the delta of each choice of a chunk."""
    return chunk_choice(lambda item, number: change(item["delta"], number))


def is_finish(event: Any) -> bool:
    """Whether an event is a chunk with a finish reason."""
    return isinstance(event, dict) and any(item["finish_reason"] for item in event.get("choices", []))


def without_finish(listed: list[Any]) -> list[Any]:
    """The events of a stream without those that have a finish reason."""
    return [event for event in listed if not is_finish(event)]


def first_choice(event: Any) -> Any:
    """The first choice of a chunk; empty if there is none."""
    return event["choices"][0] if isinstance(event, dict) and event.get("choices") else {}
