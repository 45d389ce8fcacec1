"""Mutants of completions-stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    body_of,
    chunk_choice,
    chunks,
    events,
    headers,
    is_chat,
    is_text,
    setting,
    without,
    without_finish,
)
from harness.reference.refusals import RefusalError
from tests.mutants.changing import mutant
from tests.mutants.chat_stream import late, usage_unasked


def text_asks_usage(asked: ServerRequest) -> bool:
    return is_text(asked) and "stream_options" in body_of(asked)


def as_chat_chunk(chunk: Any, number: int) -> None:
    for item in chunk["choices"]:
        item["delta"] = {"content": item.pop("text")}


mutant(
    "text-stream-as-json",
    "completions-stream.content-type",
    change=lambda a, r: headers(is_text, content_type="application/json")(a, r) if r.events is not None else r,
)
mutant("text-stream-without-done", "completions-stream.ends-with-done", change=events(is_text, lambda listed: listed[:-1]))
mutant(
    "text-stream-of-nothing",
    "completions-stream.has-chunks",
    "completions-stream.usage-chunk",
    change=events(is_text, lambda listed: listed[-1:]),
)
mutant("text-chunk-object", "completions-stream.chunk-shape", change=chunks(is_text, setting("object", "text_completion.chunk")))
mutant("text-chunk-delta", "completions-stream.choice-shape", change=chunks(is_text, as_chat_chunk))
mutant(
    "text-chunk-finish-empty",
    "completions-stream.finish-reason-known",
    change=chunks(is_text, chunk_choice(setting("finish_reason", ""), finish=False)),
)
mutant("text-chunk-logprobs-list", "completions-stream.logprobs-shape", change=chunks(is_text, chunk_choice(setting("logprobs", [1]))))
mutant("text-id-changes", "completions-stream.one-id", change=chunks(is_text, late("id", "cmpl-other")))
mutant(
    "text-created-changes",
    "completions-stream.one-created",
    change=chunks(is_text, lambda chunk, n: chunk.update(created=chunk["created"] + n)),
)
mutant("text-model-changes", "completions-stream.one-model", change=chunks(is_text, late("model", "other")))
mutant(
    "text-chunk-milliseconds",
    "completions-stream.created-in-seconds",
    change=chunks(is_text, lambda chunk, n: chunk.update(created=chunk["created"] * 1000)),
)
mutant(
    "text-choices-empty",
    "completions-stream.choices-empty-for-usage",
    change=events(is_text, lambda listed: [*listed[:1], {**listed[0], "choices": []}, *listed[1:]]),
)
mutant(
    "text-chunk-index",
    "completions-stream.choices-as-asked",
    change=chunks(is_text, chunk_choice(setting("index", 5))),
)
mutant("text-no-finish", "completions-stream.every-choice-finishes", change=events(is_text, without_finish))
mutant(
    "text-finish-twice",
    "completions-stream.finishes-once",
    change=events(lambda asked: is_text(asked) and not text_asks_usage(asked), lambda listed: [*listed[:-1], listed[-2], listed[-1]]),
)
mutant(
    "text-after-finish",
    "completions-stream.nothing-after-finish",
    "completions-stream.text-is-the-same",
    change=events(lambda asked: is_text(asked) and not text_asks_usage(asked), lambda listed: [*listed[:-1], listed[0], listed[-1]]),
)
mutant("text-usage-not-sent", "completions-stream.usage-chunk", change=events(text_asks_usage, lambda listed: [*listed[:-2], listed[-1]]))
mutant(
    "text-usage-twice",
    "completions-stream.usage-once-and-last",
    change=events(text_asks_usage, lambda listed: [*listed[:-1], listed[-2], listed[-1]]),
)
mutant(
    "text-usage-not-null",
    "completions-stream.usage-null-elsewhere",
    change=chunks(text_asks_usage, lambda chunk, n: without("usage")(chunk) if chunk["choices"] else None),
)
mutant(
    "text-usage-unasked",
    "completions-stream.usage-only-when-asked",
    change=usage_unasked(lambda asked: is_text(asked) and not text_asks_usage(asked)),
)


def refuses(member: str, value: Any) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Refuse a value that is right."""

    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if is_chat(asked) and body_of(asked).get(member) == value and reply.status == 200:
            kind = {"content-type": "application/json"}
            return ServerReply(400, reply.headers | kind, RefusalError(400, f"Invalid '{member}'.", "invalid_value", member).body)
        return reply

    return change


mutant("largest-temperature-refused", "chat.parameter-taken", change=refuses("temperature", 2))
mutant("user-refused", "chat.parameter-taken", change=refuses("user", "wireproof"))


class NeverTheSame:
    """Adds another word to each text."""

    def __init__(self) -> None:
        self.texts = 0

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if is_chat(asked) and reply.status == 200 and reply.events is None and "seed" in body_of(asked):
            self.texts += 1
            reply.body["choices"][0]["message"]["content"] += f" {self.texts}"
        return reply


mutant("seed-without-effect", "chat.seed-repeats", remembers=True, change=NeverTheSame())


class RefusesOnce:
    """Refuses a bad request the first time and fails the second."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if asked.body.startswith(b'{"model": "x", "messages": [{"role": "user", "content": "Say hi."}], }'):
            self.seen += 1
            reply.status = 404 if self.seen % 2 == 0 else reply.status
        return reply


mutant("other-refusal-the-second-time", "errors.refusal-is-steady", remembers=True, change=RefusesOnce())
mutant("text-chunk-id-empty", "completions-stream.id-not-empty", change=chunks(is_text, setting("id", "")))
mutant("text-chunk-model-empty", "completions-stream.model-not-empty", change=chunks(is_text, setting("model", "")))
mutant("text-chunk-created-zero", "completions-stream.created-now", change=chunks(is_text, setting("created", 0)))
mutant(
    "text-stream-loses-spaces",
    "completions-stream.text-is-the-same",
    change=chunks(is_text, chunk_choice(lambda item, n: item.update(text=item["text"].strip()))),
)
