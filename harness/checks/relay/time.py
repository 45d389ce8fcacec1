"""Timing and repetition on both sides of a gateway."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Problem
from ..registry import check
from ..reply import Reply, is_error, show
from .sides import attempts, behind, documents_of, failing, served, side_by_side

SPREAD = 0.5
"""The shortest stream, in seconds from first to last chunk, that shows whether it is held back."""


def _times(reply: Reply) -> tuple[list[float], list[float]] | None:
    """When each chunk was sent and when it arrived, in seconds of one clock; ``None`` if the streams cannot be compared."""
    upstream = served(reply)
    if (
        upstream is None
        or not upstream.is_event_stream
        or not reply.is_event_stream
        or not reply.whole
        or reply.exchange.request.read_pause
    ):
        return None
    sent, got = (
        [side.exchange.started_at + payload.seconds for payload in side.payloads] for side in (upstream, reply) if side.exchange.started_at
    )
    return (sent, got) if len(sent) > 1 and got and sent[-1] - sent[0] >= SPREAD else None


def _pairs(reply: Reply) -> list[tuple[int, int]]:
    """The pairs of chunks behind and in front of the gateway."""
    upstream = behind(reply)
    return side_by_side(documents_of(upstream), documents_of(reply)) if upstream is not None else []


@check
def stream_is_not_held_back(reply: Reply) -> list[Problem] | None:
    """The first chunk arrives before the upstream sends its last."""
    times = _times(reply)
    if times is None:
        return None
    sent, got = times
    late = got[0] - sent[-1]
    return [] if late < 0 else [Problem("the first chunk", "before the upstream sent its last", f"{late:.3f} s after it")]


@check
def pieces_come_in_time(reply: Reply, seconds: float) -> list[Problem] | None:
    """Each chunk arrives within ``seconds`` of being sent by the upstream."""
    times = _times(reply)
    pairs = _pairs(reply) if times is not None else []
    if times is None or not pairs:
        return None
    sent, got = times
    late = [(there + 1, got[there] - sent[here]) for here, there in pairs if got[there] - sent[here] > seconds]
    return [Problem(f"event {number}", f"within {seconds:g} s of being sent", f"after {delay:.3f} s") for number, delay in late[:3]]


@check
def leaving_ends_the_work(reply: Reply, seconds: float) -> list[Problem] | None:
    """After the client leaves in mid-stream, the gateway hangs up on the upstream within ``seconds``."""
    upstream = behind(reply)
    exchange = reply.exchange
    if exchange.request.leave_after is None or upstream is None or exchange.started_at is None or upstream.exchange.started_at is None:
        return None
    after = upstream.exchange.started_at + upstream.exchange.seconds - exchange.started_at - exchange.seconds
    trouble = upstream.exchange.trouble
    if trouble is not None and trouble.kind == "left":
        return [] if after <= seconds else [Problem("behind the gateway", f"hung up within {seconds:g} s", f"after {after:.1f} s")]
    return [Problem("behind the gateway", f"hung up within {seconds:g} s", f"still reading after {after:.1f} s")]


@check
def begun_stream_is_not_repeated(reply: Reply) -> list[Problem] | None:
    """After the client gets the first chunk of the upstream's stream, the gateway makes no other attempt.

    Attempts that fail before that may be repeated. A chunk that the gateway sends on its own before any attempt does not count.
    """
    exchange = reply.exchange
    came = next((payload.seconds for payload in reply.payloads if not is_error(payload.parsed.value)), None)
    if came is None or exchange.started_at is None or not exchange.behind:
        return None
    begun = next((n for n, one in enumerate(exchange.behind) if _began(Reply(one))), len(exchange.behind))
    late = [
        (place, one.started_at - exchange.started_at - came) for place, one in [*attempts(reply)][begun + 1 :] if one.started_at is not None
    ]
    return [
        Problem(f"behind the gateway, {place}", "none, since the client had the first chunk", f"one {seconds:.3f} s later")
        for place, seconds in late
        if seconds > 0
    ]


def _began(attempt: Reply) -> bool:
    """Whether an attempt gave a chunk that is not an error."""
    return attempt.is_event_stream and any(not is_error(payload.parsed.value) for payload in attempt.payloads)


@check
def good_reply_is_not_repeated(reply: Reply) -> list[Problem] | None:
    """No attempt follows one that the upstream served well."""
    good = [(place, (one.status or 500) < 400 and failing(Reply(one)) is None) for place, one in attempts(reply)]
    if not any(is_good for _, is_good in good):
        return None
    return [Problem(f"behind the gateway, {place}", "the last one", "followed by another") for place, is_good in good[:-1] if is_good]


@check
def refusal_is_not_repeated(reply: Reply, statuses: Sequence[int]) -> list[Problem] | None:
    """After a refusal that a retry cannot change, the gateway does not ask the same upstream again. It may ask another."""
    refused: set[tuple[str, str]] = set()
    problems = []
    for place, attempt in attempts(reply):
        whom = attempt.request.path, show(Reply(attempt).asked.get("model"))
        if whom in refused:
            problems.append(Problem(f"behind the gateway, {place}", "none, since this request was refused", "asked again"))
        if attempt.status in statuses:
            refused.add(whom)
    return problems if refused else None
