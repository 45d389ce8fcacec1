"""Mutants of logprobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    Change,
    any_chat,
    body_of,
    both,
    choice,
    chunk_choice,
    chunks,
    events,
    is_stream,
    plain,
    rewriting,
    setting,
    taken,
    without,
    without_finish,
)
from tests.mutants.changing import mutant


def entries(change: Change) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Change each scored token of whole replies."""

    def over(body: Any) -> None:
        for item in body["choices"]:
            for entry in (item["logprobs"] or {}).get("content") or []:
                change(entry)

    return plain(any_chat, over)


mutant(
    "logprobs-unasked",
    "logprobs.only-when-asked",
    change=plain(any_chat, choice(lambda item: item.update(logprobs=item["logprobs"] or {"content": [], "refusal": None}))),
)
mutant(
    "logprobs-ignored",
    "logprobs.come-when-asked",
    ask=rewriting(taken(lambda a: any_chat(a) and not is_stream(a)), without("logprobs", "top_logprobs")),
)
mutant(
    "alternatives-too-many",
    "logprobs.alternatives-differ",
    "logprobs.own-score",
    "logprobs.alternatives-as-asked",
    change=entries(lambda e: e.update(top_logprobs=[{"token": "a", "logprob": -1.0, "bytes": None}] * 3)),
)
mutant(
    "alternatives-never",
    "logprobs.alternatives-as-many",
    "logprobs.alternatives-given",
    change=both(
        entries(setting("top_logprobs", [])),
        chunks(any_chat, chunk_choice(lambda item, n: [e.update(top_logprobs=[]) for e in (item["logprobs"] or {}).get("content", [])])),
    ),
)
mutant(
    "alternatives-null",
    "chat.logprobs-shape",
    change=entries(lambda e: e.update(top_logprobs=e["top_logprobs"] or None)),
)
mutant("alternatives-rising", "logprobs.alternatives-sorted", change=entries(lambda e: e["top_logprobs"].reverse()))
mutant(
    "logprobs-without-refusal",
    "logprobs.refusal-present",
    change=plain(any_chat, choice(lambda item: without("refusal")(item["logprobs"] or {}))),
)
mutant("logprobs-positive", "logprobs.own-score", "logprobs.not-positive", change=entries(setting("logprob", 0.5)))
mutant(
    "logprobs-of-other-tokens",
    "logprobs.own-score",
    "logprobs.tokens-are-the-text",
    change=entries(lambda e: e.update(token="x", bytes=None)),
)
mutant(
    "logprobs-lost-in-stream",
    "logprobs.tokens-are-the-text",
    change=chunks(any_chat, chunk_choice(lambda item, n: item.update(logprobs=None) if n == 2 else None)),
)
mutant(
    "logprobs-lose-the-finish",
    "chat-stream.every-choice-finishes",
    change=events(lambda a: any_chat(a) and body_of(a).get("logprobs") is True, without_finish),
)


def second_without_scores(body: Any) -> None:
    for item in body["choices"][1:]:
        if item["logprobs"]:
            item["logprobs"]["content"] = []


mutant(
    "second-choice-unscored",
    "logprobs.tokens-are-the-text",
    "logprobs.come-when-asked",
    change=plain(any_chat, second_without_scores),
)
