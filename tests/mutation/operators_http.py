"""Operators on HTTP: statuses, the forms of errors, headers, bodies, and the end of connections."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest, encode
from tests.mutation.mutation import Change

STATUSES = (200, 202, 204, 301, 302, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 501, 502, 503)


def _message(reply: ServerReply) -> str:
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    return str(error.get("message")) if isinstance(error, dict) else "wrong"


SHAPES: dict[str, Callable[[ServerReply], tuple[Any, str]]] = {
    "flat": lambda reply: ({"object": "error", "message": _message(reply), "type": "BadRequestError", "param": None, "code": 400}, "json"),
    "text under error": lambda reply: ({"error": _message(reply)}, "json"),
    "detail": lambda reply: ({"detail": _message(reply)}, "json"),
    "list of details": lambda reply: ({"detail": [{"loc": ["body"], "msg": _message(reply), "type": "value_error"}]}, "json"),
    "in a list": lambda reply: ([reply.body], "json"),
    "message alone": lambda reply: ({"message": _message(reply)}, "json"),
    "status and title": lambda reply: ({"status": reply.status, "title": _message(reply)}, "json"),
    "success false": lambda reply: ({"success": False, "data": None, "message": _message(reply)}, "json"),
    "HTML": lambda reply: (f"<html><body>{_message(reply)}</body></html>".encode(), "text/html"),
    "plain text": lambda reply: (_message(reply).encode(), "text/plain"),
    "nothing": lambda reply: (b"", "json"),
    "an event": lambda reply: (b"data: " + encode(reply.body) + b"\n\n", "text/event-stream"),
    "quoted JSON": lambda reply: (encode(encode(reply.body).decode()), "json"),
}
"""Errors as seen in the wild."""


def refusal_status(of: int, status: int) -> Change:
    """Refusals of one status get another."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status == of and of != status:
            reply.status = status
        return reply

    return apply


def refusal_shape(of: int, shape: str) -> Change:
    """Refusals of one status come in another form."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status == of:
            body, kind = SHAPES[shape](reply)
            reply.body = body
            reply.headers["content-type"] = "application/json" if kind == "json" else kind
        return reply

    return apply


def error_as_success(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """An error comes under status 200."""
    if reply.status >= 400:
        reply.status = 200
    return reply


def header(name: str, value: str | None) -> Change:
    """A header has another value, or is not there."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        reply.headers.pop(name, None)
        if value is not None:
            reply.headers[name] = value
        return reply

    return apply


def body(change: Callable[[bytes], bytes]) -> Change:
    """The bytes of whole replies are changed."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None:
            whole = reply.body if isinstance(reply.body, bytes) else encode(reply.body)
            reply.body = reply.body if (changed := change(whole)) == whole else changed
        return reply

    return apply


def packed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """A body is compressed, whoever asked for it."""
    if reply.events is None:
        reply.body = gzip.compress(reply.body if isinstance(reply.body, bytes) else encode(reply.body), mtime=0)
        reply.headers["content-encoding"] = "gzip"
    return reply


def packed_cut(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """To a client that takes gzip, a body is cut to its compressed length."""
    if reply.events is None and "gzip" in asked.headers.get("accept-encoding", ""):
        whole = reply.body if isinstance(reply.body, bytes) else encode(reply.body)
        reply.body = whole[: len(gzip.compress(whole, mtime=0))]
    return reply


def unannounced_packing(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """To a client that takes gzip, a body is compressed and does not say so."""
    if reply.events is None and "gzip" in asked.headers.get("accept-encoding", ""):
        reply.body = gzip.compress(reply.body if isinstance(reply.body, bytes) else encode(reply.body), mtime=0)
    return reply


def broken_off(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """The connection is lost before the end."""
    reply.breaks_off = True
    return reply


def slow(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """A reply takes an hour."""
    reply.delay += 3_600
    return reply


REPLIES: dict[str, Change] = {
    "content type text/plain": header("content-type", "text/plain; charset=utf-8"),
    "content type missing": header("content-type", None),
    "content type of events": header("content-type", "text/event-stream"),
    "content type of JSON": header("content-type", "application/json"),
    "content type of JSON Lines": header("content-type", "application/x-ndjson"),
    "request id missing": header("x-request-id", None),
    "request id constant": header("x-request-id", "req_0"),
    "rate limits missing": header("x-ratelimit-remaining-requests", None),
    "rate limits unreadable": header("x-ratelimit-reset-requests", "soon"),
    "compressed unasked": packed,
    "cut to its compressed length": packed_cut,
    "compressed and not said": unannounced_packing,
    "encoding claimed": header("content-encoding", "gzip"),
    "connection lost": broken_off,
    "an hour late": slow,
    "byte order mark": body(lambda text: b"\xef\xbb\xbf" + text),
    "white space before": body(lambda text: b"\n\n" + text),
    "something behind": body(lambda text: text + b"\n{}"),
    "cut by a byte": body(lambda text: text[:-1]),
    "empty body": body(lambda text: b""),
    "in Latin-1": body(lambda text: text.decode(errors="replace").encode("latin-1", "replace")),
    "NaN": body(lambda text: text.replace(b'"index":0', b'"index":NaN')),
    "members twice": body(lambda text: text.replace(b'{"id":', b'{"id":"x","id":', 1)),
    "floats for integers": body(lambda text: text.replace(b'"index":0', b'"index":0.0')),
}
"""What can happen to any reply."""
