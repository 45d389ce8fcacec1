"""Mutants of OpenRouter: errors without a number, usage that comes first, members that nobody documents."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply
from tests.dialect_mutants.changing import CHAT, CHAT_STREAM, ERRORS, PLAIN, at, body, mutant, refused

ROUTER, PATH = "openrouter", "/chat/completions"


def another_number(error: dict[str, Any]) -> dict[str, Any]:
    """An error whose code is no status, and whose type is a number too."""
    return {"error": {**error["error"], "code": 4000, "type": 5}}


def usage_first(reply: ServerReply) -> None:
    """Send the usage before everything else."""
    events = reply.events or []
    reply.events = [events[-2], *events[:-2], events[-1]]


mutant(
    ROUTER,
    PLAIN,
    "openrouter-code-is-no-status",
    ERRORS[:1],
    "errors.code",
    "errors.type",
    change=refused(another_number),
    notes=("errors.code-as-documented",),
)
mutant(
    ROUTER,
    PLAIN,
    "openrouter-usage-comes-first",
    CHAT_STREAM,
    "chat-stream.usage-only-when-asked",
    change=at(PATH, lambda reply: usage_first(reply) if reply.events else None),
)
mutant(
    ROUTER,
    PLAIN,
    "openrouter-reply-with-another-member",
    CHAT,
    change=body(PATH, lambda reply: reply.update(route="a")),
    notes=("chat.no-other-members",),
)
