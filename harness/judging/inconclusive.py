"""Why a reply says nothing about the endpoint: it was put off, or the model behind it lacks what the request needs."""

from __future__ import annotations

import re

from ..checks import Reply, show

_TOO_LONG = re.compile(r"context_length_exceeded|maximum context length|exceeds? the (model's )?context (window|length)", re.IGNORECASE)

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
    if reply.exchange.status == 400 and _TOO_SHORT.search(reply.text):
        return "the model reasons, and could not finish within this request's token limit"
    return None


def _lack(reply: Reply) -> str | None:
    """Which parameter the model does not support, by a refusal that names it."""
    error = reply.object.get("error")
    named = error.get("param") if isinstance(error, dict) and error.get("code") in _UNSUPPORTED else None
    return f"the model does not support {show(named)}" if named and reply.exchange.request.wants != "refusal" else None
