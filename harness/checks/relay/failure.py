"""When the upstream fails, the gateway's client sees a failure that it can recognize and act upon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...model import Problem
from ..registry import check
from ..reply import Reply, show
from .sides import behind, ends, failing, tells_error


def _failed(reply: Reply, *kinds: str) -> Reply | None:
    """The attempt behind a reply, if the upstream failed in one of these ways."""
    upstream = behind(reply)
    return upstream if upstream is not None and failing(upstream) in kinds else None


@check
def failure_is_no_success(reply: Reply) -> list[Problem] | None:
    """A failure of the upstream does not look like a success: it shows as an error status, an error event or a broken-off reply."""
    upstream = _failed(reply, "died", "status", "event", "nonsense")
    if upstream is None or not _looks_whole(reply):
        return None if upstream is None else []
    how = upstream.exchange.trouble.kind if upstream.exchange.trouble else f"status {upstream.exchange.status}"
    return [Problem("reply", f"an error, since the upstream failed ({how})", f"{reply.exchange.status}: {show(reply.text, 120)}")]


def _looks_whole(reply: Reply) -> bool:
    """Whether a client takes a reply for a complete success."""
    if not reply.whole or (reply.exchange.status or 500) >= 400:
        return False
    if reply.is_event_stream:
        return ends(reply) and not tells_error(reply)
    if reply.is_to_stream and not reply.exchange.body:
        return False  # an empty stream without its terminator
    return bool(reply.object) and not reply.object.get("error")


@check
def status_class_stays(reply: Reply, statuses: Sequence[int], allowed: Sequence[int]) -> list[Problem] | None:
    """If the upstream refuses with one of ``statuses``, the client gets the same status, or a status or class in ``allowed``."""
    upstream = _failed(reply, "status")
    if upstream is None or upstream.exchange.status not in statuses or reply.exchange.status is None:
        return None
    got, given = reply.exchange.status, upstream.exchange.status
    if got == given or got in allowed or got // 100 in allowed:
        return []
    return [Problem("status", f"{given}, as the upstream said", f"{got}: {show(reply.text, 120)}")]


@check
def death_is_a_server_fault(reply: Reply) -> list[Problem] | None:
    """If the upstream dies before it answers, the gateway replies with a 5xx status of its own."""
    upstream = _failed(reply, "died")
    if upstream is None or upstream.exchange.status is not None:
        return None
    got = reply.exchange.status
    if got is None and reply.exchange.trouble is not None:
        return [Problem("status", "502 or another 5xx", f"none: {reply.exchange.trouble.text}")]
    return [] if got is not None and got >= 500 else [Problem("status", "502 or another 5xx", f"{got}: {show(reply.text, 120)}")]


@check
def failure_is_told_in_time(reply: Reply, seconds: float) -> list[Problem] | None:
    """After the upstream fails, the client's reply ends within ``seconds``, in whatever way."""
    upstream = _failed(reply, "died", "status", "event", "nonsense")
    if upstream is None or reply.exchange.started_at is None or upstream.exchange.started_at is None:
        return None
    trouble = reply.exchange.trouble
    if trouble is None or trouble.kind not in ("silent", "stalled"):
        return []
    waited = reply.exchange.started_at + reply.exchange.seconds - upstream.exchange.started_at - upstream.exchange.seconds
    return [Problem("reply", f"an end within {seconds:g} s", f"none; the client gave up after {waited:.0f} s")] if waited > seconds else []


@check
def death_shows_in_the_stream(reply: Reply) -> list[Problem] | None:
    """A stream that the upstream broke off gets no terminator from the gateway, unless an error event comes first."""
    upstream = _failed(reply, "died")
    if upstream is None or not upstream.is_event_stream or not upstream.stream.events or not reply.is_event_stream:
        return None
    if not reply.whole or tells_error(reply) or not ends(reply):
        return []
    return [
        Problem(
            "the end of the stream", "an error event, a broken-off stream, or no terminator", "a terminator, as if nothing had happened"
        )
    ]


@check
def error_event_arrives(reply: Reply) -> list[Problem] | None:
    """An error in the upstream's stream reaches the client: as an error event, or as a status if nothing was sent yet."""
    upstream = _failed(reply, "event")
    if upstream is None:
        return None
    if (reply.exchange.status or 0) >= 400 or tells_error(reply):
        return []
    return [Problem("stream", "the upstream's error event", "none")]


@check
def error_keeps_its_words(reply: Reply) -> list[Problem] | None:
    """The client's error contains the upstream's message."""
    error, upstream = _errors(reply)
    if upstream is None or not isinstance(upstream.get("message"), str):
        return None
    got = str(error.get("message"))
    return [] if upstream["message"] in got else [Problem("/error/message", show(upstream["message"], 120), show(got, 120))]


@check
def error_keeps_its_members(reply: Reply) -> list[Problem] | None:
    """The client's error has the ``type``, ``param`` and ``code`` of the upstream's error."""
    error, upstream = _errors(reply)
    if upstream is None:
        return None
    named = [name for name in ("type", "param", "code") if name in upstream]
    return [
        Problem(f"/error/{name}", show(upstream[name]), show(error.get(name)) if name in error else "absent")
        for name in named
        if error.get(name) != upstream[name]
    ]


def _errors(reply: Reply) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The client's error object and the refusing upstream's; ``None`` for the latter if there is none to compare."""
    upstream = _failed(reply, "status")
    given = upstream.object.get("error") if upstream is not None else None
    if not isinstance(given, dict) or upstream is None or upstream.exchange.status in (401, 403) or (reply.exchange.status or 0) < 400:
        return {}, None
    error = reply.object.get("error")
    return (error if isinstance(error, dict) else {}), given
