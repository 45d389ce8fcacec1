"""Mutants of T-Cloud's queue, beside its twin and by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import DONE, ServerReply, ServerRequest
from tests.dialect_mutants.changing import (
    CHAT,
    CHAT_STREAM,
    OPEN,
    Change,
    mutant,
)


def queued(change: Callable[[ServerReply], Any]) -> Change:
    """Change what the queue answers, good or bad."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if asked.path.startswith("/queue/"):
            change(reply)
        return reply

    return apply


def job(reply: ServerReply) -> None:
    """Answer with a job to come back for."""
    reply.status, reply.body, reply.events = 202, {"id": "job_1", "status": "queued"}, None


def refuses(reply: ServerReply) -> None:
    """Refuse, in the provider's own form."""
    reply.status, reply.body, reply.events = 400, {"detail": "No."}, None


def other_vector(reply: ServerReply) -> None:
    reply.body["data"][0]["embedding"][0] += 1.0


mutant("t-cloud", OPEN, "queue-gives-jobs", ("queue/twins/chat",), "queue.answers-with-the-object", change=queued(job))
mutant("t-cloud-queue", OPEN, "whole-queue-gives-jobs", CHAT, "queue.answers-with-the-object", change=queued(job))
mutant(
    "t-cloud",
    OPEN,
    "queue-has-its-own-status",
    ("queue/twins/chat",),
    "queue.same-status",
    "http.valid-request-succeeds",
    change=queued(lambda reply: setattr(reply, "status", 203)),
)
mutant(
    "t-cloud",
    OPEN,
    "queue-leaves-usage-out",
    ("queue/twins/chat",),
    "queue.same-members",
    "usage.present",
    change=queued(lambda reply: reply.body.pop("usage")),
)
mutant(
    "t-cloud",
    OPEN,
    "queue-refuses-in-another-form",
    ("queue/twins/refused",),
    "queue.same-members",
    change=queued(lambda reply: reply.body.update(error={"message": "No.", "type": "bad", "param": None, "code": None})),
)
mutant(
    "t-cloud",
    OPEN,
    "queue-refuses-in-plain-text",
    ("queue/twins/refused",),
    "queue.same-media-type",
    "errors.content-type",
    change=queued(lambda reply: reply.headers.update({"content-type": "text/plain"})),
)
mutant("t-cloud", OPEN, "queue-has-its-own-vectors", ("queue/twins/embeddings",), "queue.same-vectors", change=queued(other_vector))


def whole(reply: ServerReply) -> None:
    """Answer whole where a stream was asked for."""
    if reply.events is not None:
        reply.headers["content-type"] = "application/json"
        reply.body, reply.events = {**reply.events[0], "object": "chat.completion"}, None


def refuses_streams(status: int) -> Callable[[ServerReply], None]:
    def change(reply: ServerReply) -> None:
        if reply.events is not None:
            kind = {"content-type": "application/json"}
            reply.status, reply.headers, reply.body, reply.events = status, {**reply.headers, **kind}, {"detail": "No streams."}, None

    return change


def without_end(reply: ServerReply) -> None:
    if reply.events is not None:
        reply.events = [event for event in reply.events if event != DONE]


mutant("t-cloud", OPEN, "queue-answers-streams-whole", ("queue/twins/streamed",), notes=("queue.streams",), change=queued(whole))
mutant("t-cloud-queue", OPEN, "queue-streams-without-end", CHAT_STREAM, notes=("chat-stream.ends-with-done",), change=queued(without_end))
mutant("t-cloud-queue", OPEN, "queue-refuses-streams", CHAT_STREAM, change=queued(refuses_streams(400)))
mutant("t-cloud-queue", OPEN, "queue-fails-on-streams", CHAT_STREAM, "http.valid-request-succeeds", change=queued(refuses_streams(500)))
mutant(
    "t-cloud-queue",
    OPEN,
    "queue-refuses-whole-replies",
    CHAT,
    "http.valid-request-succeeds",
    change=queued(refuses),
)
