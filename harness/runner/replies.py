"""Helpers for both preflights: the model ids in a list, and the message of a refusal."""

from __future__ import annotations

from ..checks import Reply, show
from ..judging import put_off
from ..model import Exchange


def listed_ids(listed: Exchange) -> list[str]:
    """The ids in a list of models that are non-empty strings."""
    data = Reply(listed).object.get("data")
    ids = [item.get("id") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return [identity for identity in ids if isinstance(identity, str) and identity]


WINDOWS = (
    *("loaded_context_length", "context_window", "max_model_len", "context_length", "max_context_length", "max_context_window"),
    *("max_sequence_length", "n_ctx"),
)
"""What servers call the context window in their list of models; the one that is loaded comes first."""

LARGEST_LISTED = 16_384
"""The largest listed window that is tried: a server that does not keep to it may charge for as many tokens."""


def listed_window(listed: Exchange, model: str) -> int | None:
    """The context window of a model, in tokens, as the list of models says it; ``None`` if it does not, or if it is large."""
    data = Reply(listed).object.get("data")
    entry = next((item for item in data if isinstance(item, dict) and item.get("id") == model), {}) if isinstance(data, list) else {}
    given = next((entry[name] for name in WINDOWS if type(entry.get(name)) is int and entry[name] > 0), None)
    return given if given is not None and given <= LARGEST_LISTED else None


def message_of(exchange: Exchange) -> str:
    """The message of a nested or flat error object, or the text of a reply that is no JSON object; otherwise empty."""
    reply = Reply(exchange)
    if not reply.object:
        return reply.text
    error = reply.object.get("error")
    holders = (error, reply.object)
    texts = (holder.get(name) for holder in holders if isinstance(holder, dict) for name in ("message", "detail", "error"))
    return next((text for text in texts if isinstance(text, str) and text), "")


def code_of(exchange: Exchange) -> str:
    """The code of a nested or flat error object; empty if it has none."""
    whole = Reply(exchange).object
    error = whole.get("error")
    code = error.get("code") if isinstance(error, dict) else whole.get("code")
    return code if isinstance(code, str) else ""


def said(exchange: Exchange) -> str:
    """A reply as one short line: its message or text, and why it is incomplete, if it is."""
    trouble = exchange.trouble
    if exchange.status is None:
        return show(trouble.text, 160) if trouble else "nothing"
    text = show(" ".join((message_of(exchange) or Reply(exchange).text).split()), 160) or "an empty body"
    return f"{text}; the reply is incomplete: {show(trouble.text, 160)}" if trouble else text


def was_put_off(exchange: Exchange) -> bool:
    """Whether the endpoint rate-limited the last attempt."""
    return put_off(Reply(exchange)) is not None
