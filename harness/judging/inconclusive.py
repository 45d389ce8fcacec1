"""Why a reply says nothing about the endpoint: it was put off, or the model behind it lacks what the request needs."""

from __future__ import annotations

import re

from ..checks import Reply, show

_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|exceeds? the (model's )?context (window|length)", re.IGNORECASE)

_TOO_LONG_IN_OTHER_WORDS = re.compile(
    r"\btoo (?:long|many (?:input |prompt )?tokens|large)\b"
    r"|\b(?:exceed(?:s|ed|ing)?|longer than)\b[^.]{0,60}\b(?:limits?|length|tokens?|context|window|size)\b",
    re.IGNORECASE,
)
"""How other servers refuse a prompt that is too long for them."""

LONG = 2000
"""So many bytes a request has at least whose prompt may be too long."""

_TOO_SHORT = re.compile(r"could not finish the message because max_tokens|model output limit was reached", re.IGNORECASE)
"""What models that reason refuse a small token limit with: they would have nothing to show when it is used up."""

_UNSUPPORTED = ("unsupported_parameter", "unsupported_value")
"""Codes by which the reference provider says that a model lacks a parameter: models that reason lack several."""


def excuse_of(reply: Reply) -> str | None:
    """Why a reply decides nothing about its request; ``None`` where it does."""
    return put_off(reply) or shortage_of(reply) or (_lack(reply) if reply.exchange.status == 400 else None)


def put_off(reply: Reply) -> str | None:
    """That the endpoint told us to come back later, if it did."""
    exchange = reply.exchange
    if exchange.status == 429 or (exchange.status == 503 and exchange.header("retry-after")):
        return f"rate limited: {exchange.status} after {len(exchange.attempts) + 1} attempts"
    return None


def shortage_of(reply: Reply) -> str | None:
    """Which room to answer in the model lacked, of context or of tokens; ``None`` where it did not. It tells nothing of what is offered."""
    if reply.exchange.status == 400 and _TOO_LONG.search(reply.text):
        return "the model's context is too small for this request"
    exchange = reply.exchange
    long = len(exchange.request.body) >= LONG and exchange.status in (400, 413, 422, 500)
    if long and (words := _TOO_LONG_IN_OTHER_WORDS.search(reply.text[:2000])):
        return f"the prompt is too long for this endpoint, which answers {exchange.status}: {show(words[0])}"
    if reply.exchange.status == 400 and _TOO_SHORT.search(reply.text):
        return "the model reasons, and could not finish within this request's token limit"
    return None


def _lack(reply: Reply) -> str | None:
    """Which parameter the model does not support, by a refusal that names it."""
    error = reply.object.get("error")
    named = error.get("param") if isinstance(error, dict) and error.get("code") in _UNSUPPORTED else None
    if named == "stream" and reply.exchange.request.wants != "refusal":
        return "this account may not stream with this model: the endpoint refuses it by name"
    return f"the model does not support {show(named)}" if named and reply.exchange.request.wants != "refusal" else None
