"""Mutants of usage."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Change, chunks, is_chat, is_text, plain, without
from harness.reference.faults.changing_responses import any_response
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
    "usage-details-swapped",
    "usage.details-in-place",
    change=plain(is_chat, lambda body: body["usage"]["prompt_tokens_details"].update(reasoning_tokens=0)),
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


class CheaperAgain:
    """Counts a long prompt a token cheaper when it comes again."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if len(asked.body) > 4_096 and asked.body in self.seen:
            plain(is_chat, lambda body: dearer(body["usage"], -1))(asked, reply)
        self.seen.add(asked.body)
        return reply


def dearer(usage: dict[str, Any], by: int) -> None:
    usage.update({name: usage[name] + by for name in ("prompt_tokens", "input_tokens", "total_tokens") if name in usage})


def with_image(asked: ServerRequest) -> bool:
    return b"data:image" in asked.body


mutant("cheaper-when-cached", "usage.same-again", remembers=True, change=CheaperAgain())
mutant("image-free", "usage.image-counted", change=plain(lambda a: is_chat(a) and with_image(a), lambda b: dearer(b["usage"], -85)))
mutant(
    "image-free-in-responses",
    "usage.image-counted",
    change=plain(lambda a: any_response(a) and with_image(a), lambda b: dearer(b["usage"], -85)),
)


def counts_audio(body: Any) -> None:
    body["usage"]["prompt_tokens_details"]["audio_tokens"] = 1


mutant("usage-counts-audio", "usage.only-what-was-used", change=plain(is_chat, counts_audio))
mutant(
    "usage-counts-a-prediction",
    "usage.only-what-was-used",
    change=plain(is_text, lambda body: body["usage"].get("completion_tokens_details", {}).update(rejected_prediction_tokens=2)),
)
