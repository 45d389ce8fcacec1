"""Mutants that lose something of what was sent, or of what was said."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    any_chat,
    body_of,
    chunks,
    is_chat,
    is_text,
    plain,
    rewriting,
    setting,
)
from harness.reference.faults.changing_responses import any_response, each, final, of, of_item
from harness.reference.faults.where import any_embedding, messages
from harness.reference.refusals import RefusalError
from tests.mutants.changing import mutant
from tests.mutants.responses import is_cut as limit_cuts
from tests.mutants.responses_stream import calls, is_cut, says_hi, streams, thinks

CHAT, TEXT = "chat.", "completions."


def results_read_as_nothing(body: dict[str, Any]) -> None:
    for message in body.get("messages") or []:
        if isinstance(message, dict) and message.get("role") == "tool" and isinstance(message.get("content"), list):
            message["content"] = ""


def system_dropped(body: dict[str, Any]) -> None:
    body["messages"] = [message for message in body["messages"] if message.get("role") != "system"]


mutant("results-in-parts-lost", "usage.all-is-read", "usage.either-way-read", ask=rewriting(any_chat, results_read_as_nothing))
mutant(
    "system-messages-lost",
    "usage.all-is-read",
    ask=rewriting(lambda a: any_chat(a) and any(m.get("role") == "system" for m in messages(a)[1:]), system_dropped),
)


def parts_cost_more(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """A message in parts costs ten tokens more."""
    if any_chat(asked) and any(m.get("role") in ("system", "tool") and isinstance(m.get("content"), list) for m in messages(asked)):
        for body in [reply.body] if reply.events is None and reply.status == 200 else []:
            body["usage"]["prompt_tokens"] += 10
            body["usage"]["total_tokens"] += 10
    return reply


mutant("parts-cost-more", "usage.either-way-read", change=parts_cost_more)


def chain_forgets(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """A third turn costs what the last message does."""
    if any_response(asked) and body_of(asked).get("input") == "Thanks." and reply.status == 200:
        reply.body["usage"].update(input_tokens=5, total_tokens=5 + reply.body["usage"]["output_tokens"])
    return reply


mutant("chain-forgets-its-calls", "responses-store.chain-grows", change=chain_forgets)
mutant(
    "cut-counted-short",
    "usage.cut-costs-its-limit",
    change=plain(
        lambda a: is_chat(a) and body_of(a).get("max_tokens") == 8 and "1 to 100" in str(messages(a)),
        lambda body: body["usage"].update(completion_tokens=6, total_tokens=body["usage"]["prompt_tokens"] + 6),
    ),
)


class Capitals:
    """Writes in capitals what a small limit cuts."""

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if is_chat(asked) and body_of(asked).get("max_tokens") == 12 and reply.status == 200:
            reply.body["choices"][0]["message"]["content"] = "one two three"
        return reply


mutant("cut-is-another-text", CHAT + "cut-is-a-prefix", change=Capitals())
mutant(
    "zero-temperature-unset",
    CHAT + "zero-is-a-value",
    remembers=True,
    ask=rewriting(lambda a: any_chat(a) and body_of(a).get("temperature") == 0 and "seed" not in body_of(a), setting("temperature", 1)),
)

# Texts


def says_nothing(body: Any) -> None:
    for choice in body["choices"]:
        if choice["finish_reason"] == "stop":
            choice["message"]["content"] = None


def short_greeting(asked: ServerRequest) -> bool:
    """A plain greeting that is not cut, and that no other reply is compared with."""
    body = body_of(asked)
    return is_chat(asked) and body.get("max_tokens") == 16 and not body.get("stream") and set(body) == {"model", "max_tokens", "messages"}


mutant("message-says-nothing", CHAT + "says-something", "chat-stream.agrees-with-plain", change=plain(short_greeting, says_nothing))
mutant(
    "text-says-nothing",
    TEXT + "says-something",
    change=plain(lambda a: is_text(a) and body_of(a).get("max_tokens") == 96, lambda b: b["choices"][0].update(text="")),
)
mutant(
    "text-with-replacements",
    TEXT + "characters-meant",
    change=plain(lambda a: is_text(a) and body_of(a).get("max_tokens") == 96, lambda b: b["choices"][0].update(text="Gr\ufffd\ufffde")),
)


def replaced(body: Any) -> None:
    for choice in body["choices"]:
        if choice["message"]["content"]:
            choice["message"]["content"] += "\ufffd"


mutant("message-with-replacements", CHAT + "characters-meant", change=plain(short_greeting, replaced))
mutant(
    "response-with-replacements",
    "responses.characters-meant",
    change=plain(
        lambda a: (
            any_response(a)
            and set(body_of(a)) == {"model", "max_output_tokens", "input"}
            and body_of(a)["input"] == [{"role": "user", "content": "Say hi."}]
        ),
        lambda body: body["output"][0]["content"][0].update(text="Hi\ufffd"),
    ),
)
mutant(
    "id-of-half-a-character", "http.strings-are-whole", change=chunks(is_chat, lambda chunk, n: chunk.update(system_fingerprint="\ud83d"))
)

# HTTP


def refused(status: int) -> Any:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status == 200 and "transfer-encoding" in asked.headers:
            return ServerReply(status, reply.headers | {"content-type": "application/json"}, RefusalError(status, "No body.").body)
        return reply

    return change


def too_large(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if reply.status == 200 and len(asked.body) > 1_048_576:
        return ServerReply(404, reply.headers | {"content-type": "application/json"}, RefusalError(404, "Not Found").body)
    return reply


mutant("chunked-body-not-read", "http.chunked-body-read", change=refused(400))
mutant("large-body-not-found", "http.large-body-answered", change=too_large)

# Embeddings

mutant("embedding-model-empty", "embeddings.model-not-empty", change=plain(any_embedding, lambda body: body.update(model="")))
mutant(
    "embedding-total-too-small",
    "embeddings.usage-adds-up",
    change=plain(any_embedding, lambda body: body["usage"].update(total_tokens=0)),
)


def without_tail(body: dict[str, Any]) -> None:
    if isinstance(body.get("input"), str):
        body["input"] = body["input"][:200]


mutant("embedding-tail-lost", "embeddings.tail-is-read", ask=rewriting(any_embedding, without_tail))

# Responses

STREAM = "responses-stream."


def one_too_many(event: Any) -> None:
    if "content_index" in event:
        event["content_index"] += 1


mutant(
    "parts-from-one",
    STREAM + "parts-count-up",
    STREAM + "parts-in-item",
    change=each(says_hi, lambda event: True, one_too_many),
)
mutant("call-done-under-another-name", STREAM + "name-kept", change=each(calls, of("output_item.added"), of_item(setting("name", "other"))))
mutant(
    "item-done-in-progress",
    STREAM + "done-is-done",
    STREAM + "final-items-agree",
    change=each(says_hi, of("output_item.done"), of_item(setting("status", "in_progress"))),
)
mutant("truncation-changes", STREAM + "snapshots-agree", change=final(says_hi, setting("truncation", "auto")))
mutant("final-role-another", STREAM + "final-items-agree", change=final(thinks, lambda r: r["output"][0].update(status="completed")))
mutant("final-model-another", STREAM + "one-model", change=final(says_hi, setting("model", "reference-2")))


def nested(body: Any) -> None:
    body["tools"] = [{"type": "function", "name": "other", "parameters": {}} for tool in body["tools"]]


def declares(asked: ServerRequest) -> bool:
    return any_response(asked) and bool(body_of(asked).get("tools")) and not body_of(asked).get("stream")


mutant("tools-told-otherwise", "responses.tools-told", change=plain(declares, nested))
mutant(
    "format-told-otherwise",
    "responses.format-told",
    change=plain(
        lambda a: any_response(a) and ((body_of(a).get("text") or {}).get("format") or {}).get("type") == "json_schema",
        lambda body: body["text"]["format"].update(strict=False),
    ),
)
mutant(
    "cut-item-completed",
    "responses.cut-item-says-so",
    change=plain(limit_cuts, lambda r: r["output"][-1].update(status="completed")),
)
mutant(
    "cut-item-completed-at-last",
    "responses-stream.final-items-agree",
    change=final(lambda a: streams(a) and is_cut(a), lambda r: r["output"][-1].update(status="completed")),
)


def calls_nothing(body: Any) -> None:
    for choice in body["choices"]:
        if choice["finish_reason"] == "stop":
            choice["finish_reason"] = "tool_calls"


def two_lengths(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if reply.status == 200 and short_greeting(asked):
        reply.headers["transfer-encoding"] = "chunked"
    return reply


mutant("tool-calls-without-a-call", "tools.finish-means-a-call", change=plain(short_greeting, calls_nothing))
mutant("two-lengths", "http.one-framing", change=two_lengths)


def goes_on(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Deliver the beginning of a stop sequence."""
    if is_chat(asked) and body_of(asked).get("stop") == " 9 10" and reply.status == 200:
        reply.body["choices"][0]["message"]["content"] += " 9"
    return reply


mutant("beginning-of-a-stop-kept", CHAT + "stop-is-a-prefix", change=goes_on)
mutant(
    "streamed-usage-without-details",
    "usage.told-alike",
    change=chunks(is_chat, lambda chunk, n: chunk["usage"].pop("prompt_tokens_details") if chunk.get("usage") else None),
)
mutant(
    "vectors-empty",
    "embeddings.vectors-not-empty",
    "embeddings.vectors-alike",
    change=plain(
        lambda a: any_embedding(a) and isinstance(body_of(a).get("input"), list) and len(body_of(a)["input"]) == 3,
        lambda body: [item.update(embedding=[]) for item in body["data"]] and None,
    ),
)


def other_scores(event: Any) -> None:
    for entry in event["logprobs"]:
        entry["logprob"] -= 1


mutant("done-scores-another", STREAM + "scores-join", change=each(any_response, of("output_text.done"), other_scores))


def other_alternatives(event: Any) -> None:
    for entry in event["part"]["logprobs"]:
        entry["top_logprobs"].clear()


mutant("part-done-without-alternatives", STREAM + "scores-join", change=each(any_response, of("content_part.done"), other_alternatives))


def other_bytes_of_scores(event: Any) -> None:
    for entry in event["part"]["logprobs"]:
        entry["bytes"] = [0]


mutant("part-done-scores-other-bytes", STREAM + "scores-join", change=each(any_response, of("content_part.done"), other_bytes_of_scores))
