"""Mutants of sse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import body_of, events, framed, headers, is_chat, is_stream, rewriting, without
from harness.reference.faults.changing_responses import any_response
from tests.mutants.changing import mutant
from tests.mutants.chat_stream import asks_usage


def chat_stream_header(value: str | None) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    return lambda asked, reply: headers(is_chat, content_type=value)(asked, reply) if reply.events is not None else reply


mutant("stream-as-json-type", "sse.content-type", change=chat_stream_header("application/json"))
mutant("stream-without-type", "sse.content-type", change=chat_stream_header(None))


def answers_whole(asked: ServerRequest) -> ServerRequest:
    return rewriting(lambda a: is_chat(a) and body_of(a).get("stream") is True, without("stream", "stream_options"))(asked)


mutant("stream-ignored", "sse.content-type", ask=answers_whole)
mutant("broken-utf8", "sse.utf8", change=events(is_chat, framed(lambda raw: raw.replace(b'"logprobs"', b'"x":"\xe4\xbd","logprobs"'))))
mutant(
    "single-newlines",
    "sse.events-apart",
    "sse.last-event-complete",
    "sse.arrives-over-time",
    change=events(is_chat, framed(lambda raw: raw[:-1])),
)
mutant(
    "no-last-blank-line",
    "sse.last-event-complete",
    change=events(lambda a: is_stream(a) and "completions" in a.path, lambda listed: [*listed[:-1], b"data: [DONE]\n"]),
)
mutant("broken-json", "sse.data-is-json", change=events(is_chat, lambda listed: [*listed[:2], '{"id": ', *listed[2:]]))
mutant("comment-as-data", "sse.data-is-json", change=events(is_chat, lambda listed: [": PROCESSING", *listed]))
mutant("data-is-array", "sse.data-is-json", change=events(is_chat, lambda listed: [*listed[:2], [1], *listed[2:]]))
mutant("line-without-field", "sse.only-fields", change=events(is_chat, lambda listed: [b'{"id":"x"}\n\n', *listed]))
mutant(
    "event-without-data",
    "sse.data-in-every-event",
    "sse.no-event-name",
    change=events(is_chat, lambda listed: [b"event: ping\n\n", *listed]),
)
mutant("empty-data", "sse.data-in-every-event", change=events(is_chat, lambda listed: [b"data:\n\n", *listed]))
mutant("named-events", "sse.no-event-name", change=events(is_chat, framed(lambda raw: b"event: message\n" + raw)))
mutant("byte-order-mark", "sse.no-byte-order-mark", change=events(is_chat, lambda listed: [b"\xef\xbb\xbf", *listed]))
mutant("carriage-returns", "sse.line-feeds", change=events(is_stream, framed(lambda raw: raw.replace(b"\n", b"\r\n"))))
mutant("no-space", "sse.space-after-data", change=events(is_chat, framed(lambda raw: raw.replace(b"data: ", b"data:"))))
mutant("ping-after-done", "sse.nothing-after-done", change=events(is_chat, lambda listed: [*listed, b": ping\n\n", "[DONE]"]))
mutant(
    "error-in-stream",
    "sse.no-error-event",
    change=events(is_chat, lambda listed: [*listed[:-1], {"error": {"message": "oh no"}}, "[DONE]"]),
)
mutant(
    "error-without-message",
    "sse.no-error-event",
    "sse.error-event-tells-why",
    change=events(is_chat, lambda listed: [*listed[:-1], {"error": "oh no"}, "[DONE]"]),
)
mutant(
    "error-passed-over",
    "sse.no-error-event",
    "sse.error-ends-stream",
    change=events(is_chat, lambda listed: [*listed[:1], {"error": {"message": "oh no"}}, *listed[1:]]),
)


def lumps(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if reply.events is not None and is_chat(asked):
        reply.delay, reply.pace = 0.5, 0.0
    return reply


mutant("all-at-the-end", "sse.arrives-over-time", change=lumps)


def lumps_compressed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    return lumps(asked, reply) if asked.headers.get("accept-encoding") == "gzip" else reply


mutant("all-at-the-end-when-compressed", "sse.arrives-over-time", change=lumps_compressed)
mutant(
    "ping-after-done-of-a-response",
    "sse.nothing-after-done",
    "sse.data-in-every-event",
    "responses-stream.no-terminator",
    change=events(any_response, lambda listed: [*listed, "[DONE]", b": ping\n\n", b"event: ping\n\n"]),
)


def behind_the_end(listed: list[Any]) -> list[Any]:
    """Send the last chunk behind the terminator."""
    return [*listed[:-2], listed[-1], listed[-2]]


mutant("usage-behind-done", "sse.no-data-after-done", "sse.nothing-after-done", change=events(asks_usage, behind_the_end))
