"""Mutants whose streams end otherwise than their whole replies, and whose later replies tell something else."""

from __future__ import annotations

from typing import Any

from harness.reference.faults.changing import any_text, body_of, chunk_choice, chunks, is_chat, is_stream, plain, setting
from harness.reference.faults.changing_responses import any_response, final, item, part
from harness.reference.faults.where import any_embedding
from tests.mutants.changing import mutant
from tests.mutants.responses_stream import calls, says_hi


def other_reason(one: Any, number: int) -> None:
    """Say that the limit cut what ended by itself, and the other way round."""
    one["finish_reason"] = "stop" if one["finish_reason"] == "length" else "length"


def at_zero(asked: Any) -> bool:
    return is_stream(asked) and body_of(asked).get("temperature") == 0


mutant(
    "streams-end-for-another-reason",
    "chat-stream.ends-the-same",
    change=chunks(lambda asked: is_chat(asked) and at_zero(asked), chunk_choice(other_reason, finish=True)),
)
mutant(
    "streamed-texts-end-for-another-reason",
    "completions-stream.ends-the-same",
    change=chunks(lambda asked: any_text(asked) and at_zero(asked), chunk_choice(other_reason, finish=True)),
)
mutant(
    "streamed-responses-are-filtered",
    "responses-stream.ends-the-same",
    "responses-stream.ending-agrees",
    change=final(
        lambda asked: any_response(asked) and body_of(asked).get("temperature") == 0,
        lambda told: told.update(status="incomplete", incomplete_details={"reason": "content_filter"}, completed_at=None),
    ),
)
mutant(
    "stop-of-a-text-told-as-length",
    "completions.stop-ends-with-stop",
    "usage.cut-costs-its-limit",
    change=plain(lambda asked: any_text(asked) and bool(body_of(asked).get("stop")), lambda body: other_reason(body["choices"][0], 0)),
)


def scores_unasked(one: Any, number: int) -> None:
    """Have scores though none are asked for."""
    one["logprobs"] = {"tokens": ["a"], "token_logprobs": [-1.0], "top_logprobs": None, "text_offset": [0]}


mutant(
    "text-scores-unasked",
    "completions.logprobs-only-when-asked",
    change=chunks(lambda asked: any_text(asked) and "logprobs" not in body_of(asked), chunk_choice(scores_unasked, finish=True)),
)


def last_alternatives_lost(one: Any, number: int) -> None:
    """Give the token of a chunk no alternatives."""
    if one["logprobs"]:
        one["logprobs"]["top_logprobs"] = [{}]


mutant("text-alternatives-lost", "completions.alternatives-given", change=chunks(any_text, chunk_choice(last_alternatives_lost)))


def halve(body: Any) -> None:
    """Make vectors half as long."""
    for one in body["data"]:
        one["embedding"] = [value / 2 for value in one["embedding"]]


mutant(
    "short-vectors-not-normalised",
    "embeddings.length-kept",
    change=plain(lambda asked: any_embedding(asked) and body_of(asked).get("dimensions") == 16, halve),
)
mutant(
    "encrypted-content-missing",
    "responses.encrypted-as-asked",
    change=plain(
        lambda asked: any_response(asked) and bool(body_of(asked).get("reasoning")),
        item(lambda one: one.pop("encrypted_content", None) and None),
    ),
)
mutant("settings-change-in-mid-stream", "responses-stream.snapshots-agree", change=final(says_hi, setting("top_p", 0.5)))


def other_call_ids(told: Any) -> None:
    """Give calls another call_id."""
    for one in told["output"]:
        if one["type"] == "function_call":
            one["call_id"] = one["call_id"][::-1]


mutant(
    "calls-have-other-ids-in-the-end",
    "responses-stream.final-ids",
    change=final(calls, other_call_ids),
)


def choices_backwards(body: Any) -> None:
    """List the choices from the last to the first."""
    body["choices"] = body["choices"][::-1]


mutant("choices-backwards", "chat.choices-in-order", change=plain(is_chat, choices_backwards))
mutant("text-choices-backwards", "completions.choices-in-order", change=plain(any_text, choices_backwards))


def least_likely_first(one: Any) -> None:
    """List the alternatives from the last to the first."""
    for entry in one.get("logprobs", []):
        entry["top_logprobs"] = entry["top_logprobs"][::-1]


mutant("response-alternatives-backwards", "responses.alternatives-sorted", change=plain(any_response, part(least_likely_first)))
mutant(
    "response-tells-tools-of-another",
    "responses.tools-told",
    change=plain(
        lambda asked: any_response(asked) and not body_of(asked).get("tools"),
        lambda told: told.update(tools=[{"type": "function", "name": "ping", "parameters": None, "strict": True}]),
    ),
)
