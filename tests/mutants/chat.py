"""Mutants of chat."""

from __future__ import annotations

from typing import Any

from harness.reference.faults.changing import (
    any_chat,
    choice,
    events,
    is_chat,
    is_stream,
    message,
    plain,
    rewriting,
    setting,
    taken,
    without,
)
from harness.reference.faults.where import answering, error, having, streamed
from tests.mutants.changing import mutant

mutant("chat-without-id", "chat.object-shape", change=plain(is_chat, without("id")))
mutant("chat-without-model", "chat.object-shape", change=plain(is_chat, without("model")))
mutant("chat-object-other", "chat.object-shape", change=plain(is_chat, setting("object", "completion")))
mutant("chat-created-text", "chat.object-shape", change=plain(is_chat, setting("created", "now")))
mutant("chat-index-text", "chat.choice-shape", change=plain(is_chat, choice(setting("index", "0"))))
mutant("chat-message-null", "chat.says-something", "chat.choice-shape", change=plain(is_chat, choice(setting("message", None))))
mutant("chat-role-other", "chat.message-shape", change=plain(is_chat, message(setting("role", "bot"))))
mutant(
    "chat-content-list",
    "chat.message-shape",
    change=plain(is_chat, message(lambda m: m.update(content=[{"type": "text", "text": m["content"]}]))),
)
mutant(
    "chat-tells-more",
    "chat.no-other-members",
    "chat-stream.agrees-with-plain",
    change=plain(is_chat, message(setting("reasoning_content", "Hm."))),
)
mutant("chat-finish-null", "chat.finish-reason-known", change=plain(is_chat, choice(setting("finish_reason", None))))
mutant(
    "chat-finish-unknown",
    "chat.finish-reason-known",
    "chat.limit-ends-with-length",
    "chat.stop-ends-with-stop",
    change=plain(is_chat, choice(setting("finish_reason", "eos"))),
)
mutant("chat-finish-missing", "chat.finish-reason-known", change=plain(is_chat, choice(without("finish_reason"))))
mutant("chat-logprobs-list", "chat.logprobs-shape", change=plain(is_chat, choice(setting("logprobs", []))))
mutant("chat-no-choices", "chat.has-a-choice", change=plain(is_chat, setting("choices", [])))
mutant(
    "chat-n-ignored",
    "chat.choices-as-asked",
    ask=rewriting(lambda asked: is_chat(asked) and not is_stream(asked), lambda body: without("n")(body) if body.get("n") == 2 else None),
)
mutant(
    "chat-index-from-one",
    "chat.choices-as-asked",
    change=plain(is_chat, choice(lambda item: item.update(index=item["index"] + 1))),
)
mutant(
    "chat-content-missing",
    "chat.says-something",
    "chat.content-present",
    "chat-stream.agrees-with-plain",
    change=plain(is_chat, message(without("content"))),
)
mutant("chat-refusal-missing", "chat.refusal-present", change=plain(is_chat, message(without("refusal"))))
mutant("chat-logprobs-missing", "chat.logprobs-present", change=plain(is_chat, choice(without("logprobs"))))
mutant("chat-tool-calls-null", "chat.optional-not-null", change=plain(is_chat, message(setting("tool_calls", None))))
mutant("chat-id-empty", "chat.id-not-empty", change=plain(is_chat, setting("id", "")))
mutant("chat-id-constant", "chat.ids-differ", change=plain(is_chat, setting("id", "chatcmpl-1")))
mutant("chat-model-empty", "chat.model-not-empty", change=plain(is_chat, setting("model", "")))
mutant("chat-model-other", "chat.model-as-asked", "chat-stream.agrees-with-plain", change=plain(is_chat, setting("model", "gpt-2")))
mutant("chat-milliseconds", "chat.created-in-seconds", change=plain(is_chat, lambda body: body.update(created=body["created"] * 1000)))
mutant("chat-created-zero", "chat.created-now", change=plain(is_chat, setting("created", 0)))
mutant("chat-tier-other", "chat.service-tier-known", change=plain(is_chat, setting("service_tier", "on_demand")))


def lies_about_length(body: Any) -> None:
    for item in body["choices"]:
        item["finish_reason"] = "stop"


mutant("chat-length-hidden", "chat.limit-ends-with-length", change=plain(is_chat, lies_about_length))
mutant(
    "chat-limit-ignored",
    "usage.within-limit",
    ask=rewriting(taken(is_chat), without("max_tokens", "max_completion_tokens")),
)
mutant(
    "chat-stop-kept",
    "chat.stop-left-out",
    "chat-stream.text-is-the-same",
    change=plain(is_chat, message(lambda m: m.update(content=m["content"] + "7"))),
)
mutant("chat-stop-ignored", "chat.stop-left-out", ask=rewriting(taken(is_chat), without("stop")))
mutant(
    "chat-stop-as-length",
    "usage.cut-costs-its-limit",
    "chat.stop-ends-with-stop",
    change=plain(is_chat, choice(setting("finish_reason", "length"))),
)


def garble(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("?", "\ufffd")


mutant(
    "chat-text-garbled",
    "chat.characters-meant",
    "chat.text-survives",
    change=plain(is_chat, message(lambda m: m.update(content=garble(m["content"])))),
)
mutant(
    "chat-thinks-aloud",
    "chat.no-think-tags",
    "chat-stream.text-is-the-same",
    change=plain(is_chat, message(lambda m: m.update(content="<think>hm</think>" + m["content"]))),
)


def aloud(chunk: Any) -> Any:
    return {**chunk, "choices": [{**chunk["choices"][0], "delta": {"content": "<thinking>Numbers.</thinking>"}}]}


mutant("seed-makes-cold", "chat.seeds-differ", ask=rewriting(having(any_chat, "seed"), setting("temperature", 0)))
mutant(
    "thoughts-streamed",
    "chat.no-think-tags",
    change=events(lambda a: any_chat(a) and b"from 1 to 40" in a.body, lambda e: [e[0], aloud(e[1]), *e[1:]]),
)
mutant(
    "combination-refused",
    "chat.combination-taken",
    change=answering(streamed(having(any_chat, "logprobs", "tools")), 400, error("not supported together")),
)
