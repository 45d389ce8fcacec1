"""Mutants of log probabilities as an account of the text: of chat, of text completions and of responses."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Change, any_chat, any_text, body_of, choice, plain, rewriting, setting, without
from harness.reference.faults.changing_responses import any_response, part
from tests.mutants.changing import mutant
from tests.mutants.logprobs import entries


def scored_parts(change: Change) -> Any:
    """Change each scored token of whole responses."""

    def over(one: Any) -> None:
        for entry in one.get("logprobs") or []:
            change(entry)

    return plain(any_response, part(over))


def own_is_another(entry: Any) -> None:
    entry["logprob"] -= 0.25


def first_again(entry: Any) -> None:
    if len(entry["top_logprobs"]) > 1:
        entry["top_logprobs"][1] = dict(entry["top_logprobs"][0])


def only_first(entry: Any) -> None:
    entry["top_logprobs"] = entry["top_logprobs"][:1]


def other_bytes(entry: Any) -> None:
    for other in entry["top_logprobs"]:
        other["bytes"] = [120, *other["bytes"]]


for area, over in (("logprobs", entries), ("responses", scored_parts)):
    mutant(f"{area}-bytes-of-another", f"{area}.bytes-are-the-token", change=over(other_bytes))
    mutant(f"{area}-own-score-another", f"{area}.own-score", change=over(own_is_another))
    mutant(f"{area}-alternative-twice", f"{area}.alternatives-differ", change=over(first_again))
    mutant(f"{area}-one-alternative", f"{area}.alternatives-as-many", change=over(only_first))


def one_token(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Count one token where scores tell of more."""
    body = body_of(asked)
    if (
        any_chat(asked)
        and body.get("logprobs")
        and reply.events is None
        and reply.status == 200
        and "tools" not in body
        and "n" not in body
    ):
        reply.body["usage"].update(completion_tokens=1, total_tokens=reply.body["usage"]["prompt_tokens"] + 1)
    return reply


def one_token_of_response(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if (
        any_response(asked)
        and "include" in body_of(asked)
        and reply.events is None
        and reply.status == 200
        and "top_logprobs" in body_of(asked)
    ):
        usage = reply.body["usage"]
        usage.update(output_tokens=1, total_tokens=usage["input_tokens"] + 1)
    return reply


def one_token_of_text(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if any_text(asked) and body_of(asked).get("logprobs") == 2 and reply.events is None and reply.status == 200:
        usage = reply.body["usage"]
        usage.update(completion_tokens=1, total_tokens=usage["prompt_tokens"] + 1)
    return reply


mutant("scores-beyond-usage", "logprobs.scores-fit-usage", "usage.cut-costs-its-limit", change=one_token)
mutant("scores-beyond-usage-in-responses", "responses.scores-fit-usage", change=one_token_of_response)
mutant("scores-beyond-usage-of-text", "completions.scores-fit-usage", "usage.cut-costs-its-limit", change=one_token_of_text)


def scores(change: Change) -> Change:
    """Change the scores of each choice that has some."""
    return choice(lambda item: change(item["logprobs"]) if item["logprobs"] else None)


def own_text_score(found: Any) -> None:
    found["token_logprobs"] = [None if score is None else score - 0.5 for score in found["token_logprobs"]]


def late_offsets(found: Any) -> None:
    found["text_offset"] = [offset + number for number, offset in enumerate(found["text_offset"])]


def last_unscored(found: Any) -> None:
    found["token_logprobs"][-1] = None


mutant("text-own-score-another", "completions.own-score", change=plain(any_text, scores(own_text_score)))
mutant("text-offsets-run-on", "completions.offsets-count", change=plain(any_text, scores(late_offsets)))
mutant("text-token-unscored", "completions.every-token-scored", change=plain(any_text, scores(last_unscored)))
mutant(
    "text-zero-scores-unset",
    "completions.zero-scores",
    ask=rewriting(lambda a: any_text(a) and body_of(a).get("logprobs") == 0, without("logprobs")),
)
mutant("text-stop-ignored", "completions.stop-left-out", ask=rewriting(any_text, without("stop")))
mutant(
    "text-user-refused",
    "completions.parameter-taken",
    ask=rewriting(lambda a: any_text(a) and "user" in body_of(a), setting("user", 7)),
)
