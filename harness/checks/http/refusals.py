"""Error replies say what the client did wrong. (``shape`` checks their form.)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...model import Problem, UndecidedError
from ..registry import check
from ..reply import Reply, show
from .transport import status_is

_UNSUPPORTED = re.compile(
    r"\b(?:un|not (?:yet |currently )?)supported\b|\bdo(?:es)?(?: not|n't) support\b|\bunsupported_|\bnot (?:yet )?implemented\b"
    r"|\bnot available\b"
    r"|\b(?:unknown|unrecognized|unexpected) (?:parameter|field|argument|request argument|keyword)|\bextra inputs are not permitted\b",
    re.IGNORECASE,
)
"""How servers say that they do not support something."""


def says_unsupported(reply: Reply) -> str:
    """The words by which a reply says that something is not supported; empty if it does not."""
    found = _UNSUPPORTED.search(reply.text)
    return found[0] if found else ""


def _error(reply: Reply) -> dict[str, Any]:
    """The error object; empty if there is none."""
    error = reply.object.get("error")
    return error if isinstance(error, dict) else {}


@check
def error_message_is_given(reply: Reply) -> list[Problem] | None:
    """The message is not empty."""
    message = _error(reply).get("message")
    return None if not isinstance(message, str) else [] if message.strip() else [Problem("/error/message", "a text", show(message))]


@check
def error_messages_differ(first: Reply, second: Reply) -> list[Problem] | None:
    """Two different mistakes get different messages."""
    one, other = _message(first), _message(second)
    if not one or not other:
        return None
    where = "/error/message" if "message" in _error(first) else "/detail"
    return [] if one != other else [Problem(where, "words of its own for each mistake", f"twice: {show(one, 160)}")]


def _message(reply: Reply) -> str | None:
    """The message of an error, wherever it is."""
    said = _error(reply).get("message", reply.object.get("detail"))
    return said if isinstance(said, str) else None


@check
def absence_has_an_error_object(reply: Reply) -> list[Problem] | None:
    """A missing feature is refused with an error object. Only a 404, 405 or 501 may come without ``error``."""
    error = reply.object.get("error")
    if error is None and reply.exchange.status in (404, 405, 501):
        return None
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return []
    return [Problem("/error", "an object with a message", show(error) if error is not None else f"absent: {show(reply.text, 160)}")]


@check
def error_param_is(reply: Reply, param: Sequence[str | None]) -> list[Problem] | None:
    """``param`` names the offending member, by its path or by the path's first part."""
    got = _error(reply).get("param", "")
    if not _error(reply) or (reply.exchange.status or 0) < 400:
        return None
    named = got in param or (isinstance(got, str) and got.split(".")[0].split("[")[0] in param)
    return [] if named else [Problem("/error/param", " or ".join(map(show, param)), show(got) if "param" in _error(reply) else "absent")]


@check
def error_code_is(reply: Reply, code: Sequence[str | None]) -> list[Problem] | None:
    """``code`` is one of those the reference gives in this situation."""
    if not _error(reply):
        return None
    got = _error(reply).get("code")
    return [] if got in code else [Problem("/error/code", " or ".join(map(show, code)), show(got))]


@check
def error_type_is(reply: Reply, type: Sequence[str]) -> list[Problem] | None:  # noqa: A002 - the member's own name
    """``type`` is one of those the reference gives in this situation."""
    if not _error(reply):
        return None
    got = _error(reply).get("type")
    return [] if got in type else [Problem("/error/type", " or ".join(type), show(got))]


@check
def success_has_no_error(reply: Reply) -> list[Problem] | None:
    """A reply with a success status has no ``error`` member, unless it is null."""
    if reply.is_event_stream or not reply.object:
        return None
    error = reply.object.get("error")
    return [] if not error else [Problem("/error", f"absent with status {reply.exchange.status}", show(error, 160))]


INTERNALS = {
    "a stack trace": re.compile(r"Traceback \(most recent call last\)|\bFile \\?\"/[^\"]+\", line \d+|\n\s+at \S+ \(?\S+:\d+:\d+\)?"),
    "the path of a file": re.compile(
        r"/(?:usr|home|opt|app|root|var|srv)/[\w./-]+\.(?:py|js|ts|go|rs|cpp|java)\b|site-packages|node_modules"
    ),
    "an internal address": re.compile(r"\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b|\b(?:127\.0\.0\.1|localhost):\d+"),
    "an address in memory": re.compile(r"\bat 0x[0-9a-f]{8,}\b"),
}
"""Internals that an error may disclose by accident."""


@check
def error_shows_no_internals(reply: Reply) -> list[Problem] | None:
    """The text of an error contains no stack trace, no file path and no internal address."""
    if not reply.text:
        return None
    found = [(what, match) for what, pattern in INTERNALS.items() if (match := pattern.search(reply.text))]
    return [Problem(f"body, character {match.start()}", f"without {what}", show(match[0], 120)) for what, match in found]


@check
def refused_before_stream(reply: Reply) -> list[Problem]:
    """A refusal of a streamed request is an ordinary JSON error, not an event stream."""
    if reply.exchange.status and reply.exchange.status < 400:
        return [Problem("status", "4xx", f"{reply.exchange.status}: {show(reply.text, 160)}")]
    if reply.media_type == "text/event-stream":
        return [Problem("header content-type", "application/json", "text/event-stream")]
    return []


@check
def status_accepts_parameter(reply: Reply) -> list[Problem]:
    """A documented parameter is accepted. Undecided if the refusal says that it is not supported."""
    status = reply.exchange.status or 0
    if 400 <= status < 500 and (words := says_unsupported(reply)):
        raise UndecidedError(f"the endpoint says that it lacks the parameter: {words}")
    return status_is(reply, [200])
