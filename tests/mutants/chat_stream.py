"""Mutants of chat-stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    Change,
    body_of,
    chunk_choice,
    chunks,
    delta,
    events,
    is_chat,
    is_finish,
    offers_tools,
    rewriting,
    setting,
    without,
    without_finish,
)
from harness.reference.faults.chunks import at_once
from harness.reference.faults.streamed_calls import answers_result
from tests.mutants.changing import mutant


def on_last_content(change: Callable[[Any], Any]) -> Change:
    """Change the chunk before the one with the finish reason."""

    def apply(listed: list[Any]) -> list[Any]:
        at = next((i for i, e in enumerate(listed) if isinstance(e, dict) and e["choices"] and e["choices"][0]["finish_reason"]), 0)
        change(listed[at - 1])
        return listed

    return apply


def late(member: str, value: Any) -> Callable[[Any, int], None]:
    """Set a member from the third chunk on."""
    return lambda chunk, number: chunk.update({member: value}) if number >= 2 else None


mutant("stream-without-done", "chat-stream.ends-with-done", change=events(is_chat, lambda listed: listed[:-1]))
mutant(
    "stream-with-lower-case-done",
    "sse.data-is-json",
    change=events(is_chat, lambda listed: [*listed[:-1], "[done]"]),
)
mutant("stream-of-nothing", "chat-stream.has-chunks", "chat-stream.usage-chunk", change=events(is_chat, lambda listed: listed[-1:]))
mutant("chunk-without-created", "chat-stream.chunk-shape", change=chunks(is_chat, lambda chunk, n: without("created")(chunk)))
mutant("chunk-object-other", "chat-stream.chunk-shape", change=chunks(is_chat, setting("object", "chat.completion")))
mutant(
    "chunk-choices-null",
    "chat-stream.chunk-shape",
    "chat-stream.text-is-the-same",
    "chat.text-survives",
    change=chunks(is_chat, lambda chunk, n: chunk.update(choices=None) if n == 2 else None),
)
mutant("delta-null", "chat-stream.choice-shape", change=chunks(is_chat, chunk_choice(setting("delta", None), finish=True)))
mutant(
    "chunk-index-missing",
    "chat-stream.choice-shape",
    change=chunks(is_chat, chunk_choice(lambda item, n: without("index")(item) if n == 3 else None)),
)
mutant(
    "delta-tells-more",
    "chat-stream.no-other-members",
    "chat-stream.agrees-with-plain",
    change=chunks(is_chat, delta(setting("reasoning_content", "Hm."))),
)
mutant(
    "delta-role-user",
    "chat-stream.role-is-assistant",
    change=chunks(is_chat, delta(lambda d, n: d.update(role="user") if "role" in d else None)),
)
mutant("delta-role-empty", "chat-stream.delta-shape", change=chunks(is_chat, delta(lambda d, n: d.update(role="") if n == 3 else None)))
mutant(
    "delta-content-number",
    "chat-stream.delta-shape",
    "chat-stream.text-is-the-same",
    change=chunks(is_chat, chunk_choice(lambda item, n: item["delta"].update(content=7) if n == 3 else None, finish=False)),
)
mutant(
    "chunk-finish-empty",
    "chat-stream.finish-reason-known",
    change=chunks(is_chat, chunk_choice(setting("finish_reason", ""), finish=False)),
)
mutant(
    "chunk-finish-omitted",
    "chat-stream.finish-reason-known",
    change=chunks(is_chat, chunk_choice(lambda item, n: without("finish_reason")(item), finish=False)),
)
mutant(
    "chunk-finish-unknown",
    "chat-stream.finish-reason-known",
    "chat.limit-ends-with-length",
    change=chunks(is_chat, chunk_choice(setting("finish_reason", "error"), finish=True)),
)
mutant("chunk-logprobs-list", "chat-stream.logprobs-shape", change=chunks(is_chat, chunk_choice(setting("logprobs", []))))
mutant("id-changes", "chat-stream.one-id", change=chunks(is_chat, late("id", "chatcmpl-other")))
mutant("created-changes", "chat-stream.one-created", change=chunks(is_chat, lambda chunk, n: chunk.update(created=chunk["created"] + n)))
mutant("model-changes", "chat-stream.one-model", change=chunks(is_chat, late("model", "reference-2")))
mutant("chunk-id-empty", "chat-stream.id-not-empty", change=chunks(is_chat, setting("id", "")))
mutant("chunk-model-empty", "chat-stream.model-not-empty", change=chunks(is_chat, setting("model", "")))
mutant(
    "chunk-milliseconds",
    "chat-stream.created-in-seconds",
    change=chunks(is_chat, lambda chunk, n: chunk.update(created=chunk["created"] * 1000)),
)
mutant("chunk-created-zero", "chat-stream.created-now", change=chunks(is_chat, setting("created", 0)))
mutant(
    "chunk-choices-empty",
    "chat-stream.choices-empty-for-usage",
    change=events(is_chat, lambda listed: [{**listed[0], "choices": []}, *listed]),
)
mutant(
    "index-counts-chunks",
    "chat-stream.choices-as-asked",
    change=chunks(is_chat, chunk_choice(lambda item, n: item.update(index=n))),
)
mutant(
    "finish-always-choice-0",
    "chat-stream.every-choice-finishes",
    "chat-stream.finishes-once",
    change=chunks(is_chat, chunk_choice(setting("index", 0), finish=True)),
)
mutant(
    "message-beside-delta",
    "chat-stream.no-message",
    change=chunks(is_chat, chunk_choice(lambda item, n: item.update(message=item["delta"]))),
)
mutant("role-never", "chat-stream.role-given", change=chunks(is_chat, delta(lambda d, n: without("role")(d))))
mutant(
    "role-second",
    "chat-stream.role-first",
    change=events(lambda asked: is_chat(asked) and body_of(asked).get("n") is None, lambda listed: [listed[1], listed[0], *listed[2:]]),
)
mutant("role-in-every-delta", "chat-stream.role-once", change=chunks(is_chat, delta(setting("role", "assistant"))))
mutant("no-finish", "chat-stream.every-choice-finishes", change=events(is_chat, without_finish))
mutant(
    "finish-twice",
    "chat-stream.finishes-once",
    change=events(
        lambda asked: is_chat(asked) and "stream_options" not in body_of(asked), lambda listed: [*listed[:-1], listed[-2], listed[-1]]
    ),
)
mutant(
    "content-after-finish",
    "chat-stream.nothing-after-finish",
    "chat-stream.text-is-the-same",
    change=events(
        lambda asked: is_chat(asked) and body_of(asked).get("n") is None and "stream_options" not in body_of(asked),
        lambda listed: [*listed[:-1], listed[1], listed[-1]],
    ),
)


def finish_on_last_token(listed: list[Any]) -> list[Any]:
    for chunk in [e for e in listed if isinstance(e, dict) and e["choices"] and e["choices"][0]["finish_reason"]]:
        chunk["choices"][0]["delta"] = {"content": "!"}
    return listed


mutant("finish-with-token", "chat-stream.finish-comes-alone", "chat-stream.text-is-the-same", change=events(is_chat, finish_on_last_token))
mutant(
    "stream-says-nothing",
    "chat-stream.says-something",
    "chat-stream.agrees-with-plain",
    change=chunks(is_chat, delta(lambda d, n: d.update(content="") if "content" in d else None)),
)


def trims(delta_: Any, number: int) -> None:
    if isinstance(delta_.get("content"), str):
        delta_["content"] = delta_["content"].strip()


mutant("stream-loses-spaces", "chat-stream.text-is-the-same", change=chunks(is_chat, delta(trims)))


def asks_usage(asked: ServerRequest) -> bool:
    return is_chat(asked) and bool((body_of(asked).get("stream_options") or {}).get("include_usage"))


def usage_into_finish(listed: list[Any]) -> list[Any]:
    listed[-3]["usage"] = listed[-2]["usage"]
    return [*listed[:-2], listed[-1]]


mutant("usage-not-sent", "chat-stream.usage-chunk", change=events(asks_usage, lambda listed: [*listed[:-2], listed[-1]]))
mutant("usage-with-choices", "chat-stream.usage-chunk", change=events(asks_usage, usage_into_finish))
mutant("usage-twice", "chat-stream.usage-once-and-last", change=events(asks_usage, lambda listed: [*listed[:-1], listed[-2], listed[-1]]))
mutant(
    "usage-before-finish",
    "chat-stream.usage-once-and-last",
    change=events(asks_usage, lambda listed: [*listed[:-3], listed[-2], listed[-3], listed[-1]]),
)
mutant(
    "usage-not-null-elsewhere",
    "chat-stream.usage-null-elsewhere",
    change=chunks(asks_usage, lambda chunk, n: without("usage")(chunk) if chunk["choices"] else None),
)


def usage_unasked(at: Callable[[ServerRequest], bool]) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    def change(chunk: Any, number: int) -> None:
        if chunk["choices"][0]["finish_reason"]:
            chunk["usage"] = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}

    return chunks(at, change)


mutant(
    "usage-unasked",
    "chat-stream.usage-only-when-asked",
    change=usage_unasked(lambda asked: is_chat(asked) and "stream_options" not in body_of(asked)),
)
mutant(
    "usage-though-declined",
    "chat-stream.usage-only-when-asked",
    change=usage_unasked(lambda asked: is_chat(asked) and (body_of(asked).get("stream_options") or {}).get("include_usage") is False),
)
mutant(
    "usage-null-unasked",
    "chat-stream.usage-left-out",
    change=chunks(lambda asked: is_chat(asked) and "stream_options" not in body_of(asked), setting("usage", None)),
)
mutant(
    "stream-n-ignored",
    "chat.choices-as-asked",
    ask=rewriting(
        lambda asked: is_chat(asked) and bool(body_of(asked).get("stream")), lambda body: without("n")(body) if body.get("n") == 2 else None
    ),
)
mutant("obfuscation-stays", "chat-stream.obfuscation-off", change=chunks(is_chat, setting("obfuscation", "xyz")))
mutant("chunk-tier-other", "chat-stream.service-tier-known", change=chunks(is_chat, setting("service_tier", "on_demand")))
mutant("delta-role-null", "chat-stream.optional-not-null", change=chunks(is_chat, delta(lambda d, n: d.setdefault("role", None))))
mutant("delta-calls-null", "chat-stream.optional-not-null", change=chunks(is_chat, delta(setting("tool_calls", None))))
mutant(
    "stream-silent-after-result",
    "chat-stream.says-something-too",
    change=events(answers_result, lambda listed: [listed[0], *[event for event in listed if is_finish(event)], listed[-1]]),
)
mutant(
    "text-held-back-with-tools",
    "chat-stream.tools-hold-nothing-back",
    change=events(lambda asked: offers_tools(asked) and "logprobs" not in body_of(asked), at_once),
)
