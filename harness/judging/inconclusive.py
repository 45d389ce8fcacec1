"""Why a reply decides nothing: the endpoint rate-limited us, or the model cannot do what the request needs."""

from __future__ import annotations

import re

from ..checks import Reply, show

_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|exceeds? the (model's )?context (window|length)", re.IGNORECASE)

_TOO_LONG_IN_OTHER_WORDS = re.compile(
    r"\btoo (?:long|many (?:input |prompt )?tokens|large)\b"
    r"|\b(?:exceed(?:s|ed|ing)?|longer than)\b[^.]{0,60}\b(?:limits?|length|tokens?|context|window|size)\b",
    re.IGNORECASE,
)
"""How other servers refuse a prompt that is too long."""

LONG = 2000
"""The smallest request, in bytes, whose prompt may be too long."""

_TOO_SHORT = re.compile(r"could not finish the message because max_tokens|model output limit was reached", re.IGNORECASE)
"""How reasoning models refuse a small token limit, which they would use up before they write an answer."""

_UNSUPPORTED = ("unsupported_parameter", "unsupported_value")
"""Codes by which the reference provider says that a model does not support a parameter, as reasoning models often do."""


def excuse_of(reply: Reply) -> str | None:
    """Why a reply decides nothing; ``None`` if it does."""
    return put_off(reply) or shortage_of(reply) or (_lack(reply) if reply.exchange.status == 400 else None)


def put_off(reply: Reply) -> str | None:
    """The reason if the endpoint rate-limited us; otherwise ``None``."""
    exchange = reply.exchange
    if exchange.status == 429 or (exchange.status == 503 and exchange.header("retry-after")):
        return f"rate limited: {exchange.status} after {len(exchange.attempts) + 1} attempts"
    return None


def shortage_of(reply: Reply) -> str | None:
    """Which limit stopped the model, context or output tokens; ``None`` if neither. It does not show that a feature is absent."""
    if reply.exchange.request.wants == "refusal":
        return None
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
    """Which parameter the model does not support, if the refusal names it."""
    error = reply.object.get("error")
    named = error.get("param") if isinstance(error, dict) and error.get("code") in _UNSUPPORTED else None
    if named == "stream" and reply.exchange.request.wants != "refusal":
        return "this account may not stream with this model: the endpoint refuses it by name"
    return f"the model does not support {show(named)}" if named and reply.exchange.request.wants != "refusal" else None
