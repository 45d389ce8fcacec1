"""Mutants of completions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Change, any_text, body_of, choice, is_stream, is_text, plain, rewriting, setting, without
from harness.reference.faults.listings import from_zero
from tests.mutants.changing import mutant
from tests.mutants.chat import lies_about_length

mutant("text-object-chat", "completions.object-shape", change=plain(is_text, setting("object", "chat.completion")))
mutant("text-without-id", "completions.object-shape", change=plain(is_text, without("id")))
mutant(
    "text-missing",
    "completions.says-something",
    "completions.choice-shape",
    "completions-stream.agrees-with-plain",
    change=plain(is_text, choice(without("text"))),
)
mutant("text-finish-null", "completions.finish-reason-known", change=plain(is_text, choice(setting("finish_reason", None))))
mutant("text-logprobs-list", "completions.logprobs-shape", change=plain(is_text, choice(setting("logprobs", [1]))))
mutant("text-logprobs-missing", "completions.logprobs-present", change=plain(is_text, choice(without("logprobs"))))
mutant("text-no-choices", "completions.has-a-choice", change=plain(is_text, setting("choices", [])))


def first_prompt_only(body: dict[str, Any]) -> None:
    prompt = body.get("prompt")
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], str):
        body["prompt"] = prompt[0]


mutant("text-first-prompt-only", "completions.choices-as-asked", ask=rewriting(is_text, first_prompt_only))
mutant("text-index-zero", "completions.choices-as-asked", change=plain(is_text, choice(setting("index", 0))))
mutant("text-id-empty", "completions.id-not-empty", change=plain(is_text, setting("id", "")))
mutant(
    "text-milliseconds", "completions.created-in-seconds", change=plain(is_text, lambda body: body.update(created=body["created"] * 1000))
)
mutant("text-created-zero", "completions.created-now", change=plain(is_text, setting("created", 0)))
mutant("text-length-hidden", "completions.limit-ends-with-length", change=plain(is_text, lies_about_length))


def scored(change: Change) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Change the log probabilities of whole texts."""
    return plain(any_text, choice(lambda item: change(item["logprobs"]) if item["logprobs"] else None))


mutant(
    "text-logprobs-ignored",
    "completions.logprobs-come",
    ask=rewriting(lambda asked: any_text(asked) and not is_stream(asked), without("logprobs")),
)
mutant("text-logprobs-uneven", "completions.logprobs-aligned", change=scored(lambda scores: scores["token_logprobs"].append(-1.0)))
mutant(
    "text-offsets-fall",
    "completions.offsets-count",
    "completions.logprobs-aligned",
    change=scored(lambda scores: scores["text_offset"].reverse()),
)
mutant(
    "text-alternatives-many",
    "completions.own-score",
    "completions.logprobs-few",
    change=scored(lambda scores: scores.update(top_logprobs=[dict.fromkeys("abcd", -1.0)] * len(scores["tokens"]))),
)
mutant(
    "echo-ignored",
    "completions.echo-begins",
    ask=rewriting(lambda asked: any_text(asked) and "logprobs" not in body_of(asked), without("echo")),
)
mutant(
    "echo-scores-the-rest-only",
    "completions.logprobs-come",
    change=scored(lambda scores: [scores[name].pop(0) for name in scores] if scores["token_logprobs"][0] is None else None),
)
mutant("offsets-from-the-text", "completions.offsets-from-prompt", change=plain(any_text, choice(from_zero)))
mutant("text-ids-alike", "completions.ids-differ", change=plain(is_text, setting("id", "cmpl-1")))
mutant("text-model-empty", "completions.model-not-empty", change=plain(is_text, setting("model", "")))


def scored_echo_refused(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Refuse scores beside an echo in a stream."""
    body = body_of(asked)
    if not (any_text(asked) and body.get("stream") and body.get("echo") and body.get("logprobs")):
        return reply
    error = {"message": "Not supported together.", "type": "invalid_request_error", "param": None, "code": None}
    return ServerReply(400, {**reply.headers, "content-type": "application/json"}, {"error": error})


mutant("text-combination-refused", "completions.combination-taken", change=scored_echo_refused)
