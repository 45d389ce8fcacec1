"""When a reply is no ground to judge a requirement on, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..catalog import lacking
from ..checks import Reply
from ..model import Case, Requirement
from .inconclusive import excuse_of, put_off

ACCEPTED = "errors.client-fault-is-refused"
"""The requirement that reports an invalid request that was accepted. Only the HTTP requirements judge that reply too."""

REFUSED_LATE = "errors.refused-before-stream"
"""The requirement that reports an invalid request whose stream begins, and then tells of the error."""

ACCEPTED_TEXT = f"the request is invalid but was accepted; see {ACCEPTED}"


def was_accepted(reply: Reply) -> bool:
    """Whether an invalid request was accepted. Its reply then decides nothing about valid requests."""
    exchange = reply.exchange
    return exchange.request.wants == "refusal" and exchange.status is not None and exchange.status < 300


def teller_of(reply: Reply) -> str:
    """The requirement that reports an invalid request with a good status: as accepted, or as refused too late, within the stream."""
    return REFUSED_LATE if reply.broke_off else ACCEPTED


def is_about_status(requirement: Requirement) -> bool:
    """Whether a requirement judges the status of a reply."""
    return requirement.check is not None and requirement.check.startswith("status")


def why_unsent(case: Case, replies: Mapping[str, Reply]) -> str:
    """Why a step was not sent: an earlier reply lacks what it needs."""
    exchanges = {step: reply.exchange for step, reply in replies.items()}
    needs = [step.needs for step in case.steps if step.needs is not None and step.id not in replies]
    return next(
        (reason for need in needs if (reason := lacking(need, exchanges)) is not None),
        "a later request was not sent, as an earlier reply is too broken to build on",
    )


STATELESS = frozenset({"chat", "completions", "embeddings", "moderations"})
"""The endpoints at which a request changes nothing that a later one could meet."""


def undone(replies: Mapping[str, Reply], judged: Sequence[str]) -> str | None:
    """Why what is judged has no ground: a request before it was to change something, and did not succeed. That is told by itself."""
    order = list(replies)
    last = max((order.index(step) for step in judged if step in replies), default=0)
    for step in order[:last]:
        exchange = replies[step].exchange
        request = exchange.request
        changes = request.method in ("DELETE", "PUT", "PATCH") or (request.method == "POST" and request.endpoint not in STATELESS)
        if step in judged or not changes or request.wants != "success":
            continue
        if exchange.trouble is not None:
            return f"what step {step} was to change may be as before: {exchange.trouble.text}"
        if exchange.status is None or exchange.status >= 300:
            return f"what step {step} was to change is as before: it was answered with {exchange.status}"
    return None


def excuse(reply: Reply) -> str | None:
    """Why a reply decides no requirement about what was wanted. If either reply is right, any refusal but a rate limit decides."""
    return put_off(reply) if reply.exchange.request.wants == "either" else excuse_of(reply)


def no_ground(reply: Reply, *, about_status: bool) -> str | None:
    """Why an expectation about a reply cannot be judged, such as a reply that is incomplete or refused; ``None`` if it can."""
    status = reply.exchange.status
    if reply.exchange.trouble is not None:
        return f"the reply did not arrive whole: {reply.exchange.trouble.text}"
    if reply.unread is not None:
        return reply.unread
    refused = status is None or status >= 300
    if refused and (reply.exchange.request.wants == "success" or (reply.exchange.request.wants == "either" and not about_status)):
        return excuse_of(reply) or f"the request was answered with {status}"
    return excuse_of(reply)
