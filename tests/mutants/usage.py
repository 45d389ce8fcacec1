"""Mutants of usage."""

from __future__ import annotations

from typing import Any

from harness.reference.faults.changing import Change, chunks, is_chat, is_text, plain, without
from tests.mutants.changing import mutant
from tests.mutants.chat_stream import asks_usage


def counts(**values: Any) -> Change:
    return lambda body: body["usage"].update(values)


mutant("usage-missing", "usage.present", change=plain(is_chat, without("usage")))
mutant("usage-text-missing", "usage.present", change=plain(is_text, without("usage")))
mutant("usage-without-total", "usage.shape", change=plain(is_chat, lambda body: without("total_tokens")(body["usage"])))
mutant("usage-null-count", "usage.shape", "usage.same-when-streamed", change=plain(is_chat, counts(prompt_tokens=None)))
mutant(
    "usage-sum-wrong",
    "usage.adds-up",
    change=plain(is_chat, lambda body: body["usage"].update(total_tokens=body["usage"]["total_tokens"] + 1)),
)
mutant(
    "usage-sum-wrong-in-stream",
    "usage.adds-up",
    change=chunks(asks_usage, lambda chunk, n: chunk["usage"].update(total_tokens=1) if chunk["usage"] else None),
)
mutant(
    "usage-negative",
    "usage.not-negative",
    change=plain(is_chat, lambda body: body["usage"].update(completion_tokens=-387, total_tokens=body["usage"]["prompt_tokens"] - 387)),
)
mutant(
    "usage-prompt-free",
    "usage.prompt-counted",
    "usage.same-when-streamed",
    change=plain(is_chat, lambda body: body["usage"].update(prompt_tokens=0, total_tokens=body["usage"]["completion_tokens"])),
)
mutant(
    "usage-cached-too-many",
    "usage.details-fit",
    change=plain(is_chat, lambda body: body["usage"]["prompt_tokens_details"].update(cached_tokens=10_000)),
)
mutant("usage-details-null", "usage.details-not-null", change=plain(is_chat, counts(prompt_tokens_details=None)))
mutant(
    "usage-too-many",
    "usage.within-limit",
    "chat.limit-ends-with-length",
    change=plain(is_chat, lambda body: body["usage"].update(completion_tokens=999, total_tokens=body["usage"]["prompt_tokens"] + 999)),
)
mutant(
    "usage-dearer-in-stream",
    "usage.same-when-streamed",
    change=chunks(
        asks_usage,
        lambda chunk, n: (
            chunk["usage"].update(prompt_tokens=chunk["usage"]["prompt_tokens"] + 1, total_tokens=chunk["usage"]["total_tokens"] + 1)
            if chunk["usage"]
            else None
        ),
    ),
)
