"""Error replies beyond their shape: whether they say what the client did wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.checks.reply import Reply, show
from harness.model import Problem


def _error(reply: Reply) -> dict[str, Any]:
    """The error object; empty when there is none."""
    error = reply.object.get("error")
    return error if isinstance(error, dict) else {}


def error_message_is_given(reply: Reply) -> list[Problem] | None:
    """The message is not empty."""
    message = _error(reply).get("message")
    return None if not isinstance(message, str) else [] if message.strip() else [Problem("/error/message", "a text", show(message) or '""')]


def error_param_is(reply: Reply, param: Sequence[str | None]) -> list[Problem] | None:
    """``param`` names the offending member, by its path or by the first part of it."""
    got = _error(reply).get("param", "")
    if not _error(reply) or (reply.exchange.status or 0) < 400:
        return None
    named = got in param or (isinstance(got, str) and got.split(".")[0].split("[")[0] in param)
    return [] if named else [Problem("/error/param", " or ".join(map(show, param)), show(got) if "param" in _error(reply) else "absent")]


def error_code_is(reply: Reply, code: Sequence[str | None]) -> list[Problem] | None:
    """``code`` is one of those the reference gives in this situation."""
    if not _error(reply):
        return None
    got = _error(reply).get("code")
    return [] if got in code else [Problem("/error/code", " or ".join(map(show, code)), show(got))]


def error_type_is(reply: Reply, type: Sequence[str]) -> list[Problem] | None:  # noqa: A002 - the member's own name
    """``type`` is one of those the reference gives in this situation."""
    if not _error(reply):
        return None
    got = _error(reply).get("type")
    return [] if got in type else [Problem("/error/type", " or ".join(type), show(got))]


def success_has_no_error(reply: Reply) -> list[Problem] | None:
    """A reply with a success status has no ``error`` member, unless it is null."""
    if reply.is_event_stream or not reply.object:
        return None
    error = reply.object.get("error")
    return [] if not error else [Problem("/error", f"absent with status {reply.exchange.status}", show(error, 160))]


def refused_before_stream(reply: Reply) -> list[Problem]:
    """A refusal of a streamed request is an ordinary JSON error, not an event stream."""
    if reply.exchange.status and reply.exchange.status < 400:
        return [Problem("status", "4xx", f"{reply.exchange.status}: {show(reply.text, 160)}")]
    if reply.media_type == "text/event-stream":
        return [Problem("header content-type", "application/json", "text/event-stream")]
    return []
