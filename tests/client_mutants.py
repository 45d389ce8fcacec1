"""Faults that clients meet: the reference, broken on purpose, with each fault in one sentence."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    Change,
    any_chat,
    any_text,
    choice,
    chunks,
    events,
    is_chat,
    plain,
    refusals,
    rewriting,
    without,
)
from tests.mutants.changing import Mutant

FAULTS: dict[str, Mutant] = {}


def fault(
    name: str, *changes: Callable[[ServerRequest, ServerReply], ServerReply], ask: Callable[[ServerRequest], ServerRequest] | None = None
) -> None:
    """Add an endpoint with a fault."""

    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        for each in changes:
            reply = each(asked, reply)
        return reply

    FAULTS[name] = Mutant(name=name, breaks=frozenset(), ask=ask or (lambda asked: asked), change=change)


def is_embedding(asked: ServerRequest) -> bool:
    return asked.path == "/embeddings"


def is_response(asked: ServerRequest) -> bool:
    return asked.path == "/responses"


def any_made(asked: ServerRequest) -> bool:
    return any_chat(asked) or any_text(asked)


def everywhere(change: Callable[[Any], Any]) -> tuple[Callable[[ServerRequest, ServerReply], ServerReply], ...]:
    """Change whole chat and text completions, and each chunk of streamed ones."""
    return plain(any_made, change), chunks(any_made, lambda chunk, number: change(chunk))


def each_call(change: Callable[[Any], Any]) -> Callable[[Any, int], None]:
    """Change each piece of a tool call in a chunk."""

    def apply(chunk: Any, number: int) -> None:
        for item in chunk["choices"]:
            for call in item["delta"].get("tool_calls") or []:
                change(call)

    return apply


def renamed(body: Any) -> None:
    """Give a file another name; its bytes stay."""
    if isinstance(body, dict):
        body["filename"] = "modified_file.jsonl"


def content_as_parts(item: Any) -> None:
    message = item["message"]
    if isinstance(message["content"], str):
        message["content"] = [{"type": "text", "text": message["content"]}]


def on_usage(chunk: Any, number: int) -> None:
    if not chunk["choices"]:
        chunk["usage"] = None


def with_usage_early(listed: list[Any]) -> list[Any]:
    """The usage comes with the finish reason, and is null in the chunk after it."""
    last = next((event for event in listed if isinstance(event, dict) and not event["choices"]), None)
    for event in listed:
        if last is not None and isinstance(event, dict) and event["choices"] and event["choices"][0]["finish_reason"]:
            event["usage"], last["usage"] = last["usage"], None
    return listed


def as_doubles(body: Any) -> None:
    """Numbers of eight bytes where clients read numbers of four."""
    for item in body["data"]:
        if isinstance(item["embedding"], str):
            raw = base64.b64decode(item["embedding"])
            numbers = struct.unpack(f"<{len(raw) // 4}f", raw)
            item["embedding"] = base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()


def text_in_delta(chunk: Any, number: int) -> None:
    chunk["object"] = "text_completion.chunk"
    for item in chunk["choices"]:
        item["delta"] = {"text": item.pop("text")}


def at_two_hundred(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if 400 <= reply.status < 500:
        reply.status = 200
    return reply


def as_html(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if 400 <= reply.status < 500:
        reply.body, reply.headers = b"<html><h1>Bad Gateway</h1></html>", {"content-type": "text/html"}
    return reply


def half(listed: list[Any]) -> list[Any]:
    return listed[: len(listed) // 2]


def cut_off(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if reply.events is not None:
        reply.events, reply.breaks_off = half(reply.events), True
    return reply


def bad_gateway(reply: ServerReply) -> None:
    reply.status = 500


def refused_as_broken(concerns: Callable[[ServerRequest], bool]) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """A server that breaks down where it is asked for these."""
    error = {"error": {"message": "out of memory", "type": "server_error", "code": None, "param": None}}
    broken = ServerReply(500, {"content-type": "application/json"}, error)
    return lambda asked, reply: broken if concerns(asked) else reply


def final(change: Change) -> Change:
    """Change the choice that tells the finish reason."""

    def apply(item: Any) -> None:
        if item["finish_reason"]:
            change(item)

    return apply


fault("tool-call-without-index", chunks(any_chat, each_call(without("index"))))
fault("error-code-is-a-number", refusals(any_chat, lambda reply: reply.body["error"].update(code=reply.status)))
fault("error-with-200", at_two_hundred)
fault("error-is-a-page", as_html)
fault("refusals-are-500", refusals(any_made, bad_gateway))
fault("base64-ignored", ask=rewriting(is_embedding, without("encoding_format")))
fault("base64-of-doubles", plain(is_embedding, as_doubles))
fault("choices-null", *everywhere(lambda body: body.update(choices=None)))
fault("created-missing", *everywhere(without("created")), plain(is_response, without("created_at")))
fault("created-in-nanoseconds", *everywhere(lambda body: body.update(created=1_735_689_600_123_456_789)))
fault("created-with-fraction", *everywhere(lambda body: body.update(created=1_735_689_600.25)))
fault("event-without-data", events(any_made, lambda listed: [b"event: ping\n\n", *listed]))
fault("event-with-empty-data", events(any_made, lambda listed: [b"data:\n\n", *listed]))
fault("usage-null-at-the-end", chunks(any_chat, on_usage))
fault("usage-early-then-null", events(any_chat, with_usage_early))
fault("content-in-parts", plain(is_chat, choice(content_as_parts)))
fault("id-missing", *everywhere(without("id")), plain(is_response, without("id")))
fault("id-null", *everywhere(lambda body: body.update(id=None)))
fault("object-wrong", *everywhere(lambda body: body.update(object="completion")))
fault("text-in-delta", chunks(any_text, text_in_delta))
fault("finish-reason-of-its-own", *everywhere(lambda body: choice(final(lambda item: item.update(finish_reason="eos")))(body)))
fault("finish-reason-never", *everywhere(choice(lambda item: item.update(finish_reason=None))))
fault("stream-half", events(any_made, half))
fault("stream-cut-off", cut_off)
fault("error-in-stream", events(any_made, lambda listed: [*listed[:2], {"error": {"message": "out of memory", "code": 500}}, "[DONE]"]))
fault("models-null", plain(lambda asked: asked.path == "/models", lambda body: body.update(data=None)))
fault("output-null", plain(is_response, lambda body: body.update(output=None)))
fault("moderation-without-results", plain(lambda asked: asked.path == "/moderations", lambda body: body.update(results=[])))
fault("file-renamed", plain(lambda asked: asked.path.startswith("/files/") and asked.method == "GET", renamed))


def asks(path: str, method: str = "POST") -> Callable[[ServerRequest], bool]:
    """Requests with a method, whose path contains a text."""
    return lambda asked: asked.method == method and path in asked.path


def without_last(listed: list[Any]) -> list[Any]:
    return listed[:-1]


fault("upload-without-file", plain(asks("/complete"), lambda body: body.update(file=None)))
fault("batch-without-status", plain(asks("/batches/", "GET"), without("status")))
fault("batch-of-another-file", plain(asks("/batches/", "GET"), lambda body: body.update(input_file_id=None)))
fault("messages-null", plain(asks("/messages", "GET"), lambda body: body.update(data=None)))
fault("conversation-items-null", plain(asks("/items", "GET"), lambda body: body.update(data=None)))
fault("sound-is-500", refused_as_broken(asks("/audio/speech")))
fault("transcript-without-text", plain(asks("/audio/tran"), without("text")))
fault("transcript-without-end", events(asks("/audio/transcriptions"), without_last))
fault("image-null", plain(asks("/images"), lambda body: body["data"][0].update(b64_json=None)))
fault("image-events-without-end", events(asks("/images"), without_last))
