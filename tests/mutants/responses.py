"""Mutants of the response object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Change, body_of, plain, setting, without
from harness.reference.faults.changing_responses import any_response, item, part
from harness.reference.faults.where import answering, error, having, streamed
from harness.reference.refusals import RefusalError
from tests.mutants.changing import mutant


def says_hi(asked: ServerRequest) -> bool:
    """A request for a short text, and nothing else that other requirements look at."""
    body = body_of(asked)
    return any_response(asked) and body.get("input") == "Say hi." and not {"store", "background", "include", "reasoning"} & set(body)


def says_hi_briefly(asked: ServerRequest) -> bool:
    """One whose whole and streamed replies nobody compares."""
    return says_hi(asked) and body_of(asked).get("max_output_tokens") == 16


def is_cut(asked: ServerRequest) -> bool:
    """A request whose response the token limit cuts."""
    return any_response(asked) and "1 to 100" in str(body_of(asked).get("input")) and not body_of(asked).get("background")


def has(*members: str) -> Callable[[ServerRequest], bool]:
    """A request for a response that has these members."""
    return lambda asked: any_response(asked) and set(members) <= set(body_of(asked))


def usage(change: Change) -> Change:
    return lambda body: change(body["usage"])


def updated(**members: Any) -> Change:
    """Set several members."""
    return lambda body: body.update(members)


def telling(at: Callable[[ServerRequest], bool], name: str) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Tell what was asked for, whatever was done."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        asked_for = body_of(asked).get(name)
        if at(asked) and asked_for is not None and reply.status == 200:
            told = [reply.body] if reply.events is None else [event["response"] for event in reply.events if "response" in event]
            for response in told:
                response[name] = asked_for
        return reply

    return apply


mutant("response-without-tools", "responses.object-shape", change=plain(says_hi, without("tools")))
mutant("response-other-object", "responses.object-shape", change=plain(says_hi, setting("object", "chat.completion")))
mutant("response-tool-choice-null", "responses.object-shape", change=plain(says_hi, setting("tool_choice", None)))
mutant(
    "response-ids-alike",
    "responses.ids-differ",
    "responses-store.claim-is-true",
    change=plain(lambda a: says_hi_briefly(a) or (any_response(a) and b"lines and spaces" in a.body), setting("id", "resp_1")),
)
mutant("response-without-metadata", "responses.nullable-present", change=plain(says_hi, without("metadata")))
mutant("response-without-status", "responses.status-present", change=plain(says_hi, without("status")))
mutant("response-status-complete", "responses.status-known", change=plain(says_hi, setting("status", "complete")))
mutant(
    "response-error-without-code",
    "responses.error-shape",
    change=plain(says_hi_briefly, updated(status="failed", error={"message": "no"}, output=[])),
)
mutant(
    "response-error-code-unknown",
    "responses.error-code-known",
    change=plain(says_hi_briefly, updated(status="failed", error={"message": "no", "code": "oops"})),
)
mutant(
    "response-error-message-empty",
    "responses.error-message-given",
    change=plain(says_hi_briefly, updated(status="failed", error={"message": "", "code": "server_error"})),
)
mutant(
    "incomplete-details-are-text",
    "responses.incomplete-details-shape",
    "responses.limit-makes-incomplete",
    change=plain(is_cut, setting("incomplete_details", "max_output_tokens")),
)
mutant(
    "incomplete-reason-length",
    "responses.incomplete-reason-known",
    "responses.limit-makes-incomplete",
    change=plain(is_cut, setting("incomplete_details", {"reason": "length"})),
)
mutant(
    "incomplete-without-details",
    "responses.status-agrees",
    "responses.limit-makes-incomplete",
    change=plain(is_cut, setting("incomplete_details", None)),
)
mutant(
    "completed-with-error",
    "responses.status-agrees",
    change=plain(says_hi, setting("error", {"code": "server_error", "message": "no"})),
)
mutant(
    "cut-passed-off-as-completed",
    "responses.limit-makes-incomplete",
    change=plain(is_cut, updated(status="completed", incomplete_details=None)),
)
mutant("cut-without-usage", "responses.limit-makes-incomplete", "responses.usage-present", change=plain(is_cut, setting("usage", None)))
mutant("response-completed-at-missing", "responses.completed-at", change=plain(says_hi, without("completed_at")))
mutant(
    "response-created-in-milliseconds",
    "responses.created-in-seconds",
    change=plain(says_hi, lambda body: body.update(created_at=body["created_at"] * 1000)),
)
mutant("response-created-long-ago", "responses.created-now", change=plain(says_hi, setting("created_at", 2)))
mutant("response-model-other", "responses.model-as-asked", change=plain(says_hi_briefly, setting("model", "another")))
mutant("response-output-text", "responses.no-output-text", change=plain(says_hi, setting("output_text", "Hi.")))
mutant("temperature-not-told", "responses.tells-what-was-asked", change=plain(has("temperature"), setting("temperature", 1.0)))
mutant("instructions-not-told", "responses.tells-what-was-asked", change=plain(has("instructions"), setting("instructions", "Be good.")))
mutant("phase-a-number", "responses.item-shape", change=plain(says_hi, item(setting("phase", 1))))
mutant("item-without-role", "responses.item-shape", change=plain(says_hi, item(without("role"))))
mutant(
    "item-content-as-text",
    "responses.item-shape",
    "responses.says-something",
    change=plain(says_hi_briefly, item(setting("content", "Hi."))),
)
mutant(
    "reasoning-without-summary",
    "responses.item-shape",
    change=plain(lambda a: has("reasoning")(a) and "include" not in body_of(a), item(without("summary"))),
)
mutant("item-type-is-a-number", "responses.item-has-type", change=plain(says_hi_briefly, item(setting("type", 7))))
mutant("item-without-type", "responses.item-has-type", change=plain(says_hi_briefly, item(without("type"))))
mutant(
    "item-type-unknown",
    "responses.item-type-known",
    change=plain(says_hi_briefly, lambda body: body["output"].append({"type": "haiku", "id": "hk_1"})),
)
mutant("item-status-done", "responses.item-status-known", change=plain(says_hi, item(setting("status", "done"))))
mutant(
    "item-status-null",
    "responses.item-optional-not-null",
    change=plain(lambda a: body_of(a).get("tool_choice") == "required" and any_response(a), item(setting("status", None))),
)
mutant("item-left-in-progress", "responses.items-finished", change=plain(says_hi, item(setting("status", "in_progress"))))
mutant(
    "item-ids-alike",
    "responses.item-ids-differ",
    change=plain(lambda a: b"twice in parallel" in a.body and any_response(a), item(setting("id", "fc_1"))),
)
mutant("part-without-annotations", "responses.part-shape", change=plain(says_hi, part(without("annotations"))))
mutant("part-text-null", "responses.part-shape", "responses.says-something", change=plain(says_hi, part(setting("text", None))))
mutant("part-without-logprobs", "responses.part-logprobs-present", change=plain(says_hi, part(without("logprobs"))))
mutant(
    "annotation-nested-as-in-chat",
    "responses.annotation-shape",
    change=plain(says_hi, part(setting("annotations", [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}]))),
)
CITATION = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 10_000}
mutant("citation-beyond-the-text", "responses.citations-in-text", change=plain(says_hi, part(setting("annotations", [CITATION]))))
mutant("response-without-usage", "responses.usage-present", change=plain(says_hi, setting("usage", None)))
mutant("response-usage-without-total", "responses.usage-shape", change=plain(says_hi, usage(without("total_tokens"))))
mutant("response-usage-null-count", "responses.usage-shape", change=plain(says_hi_briefly, usage(setting("input_tokens", None))))
mutant(
    "response-usage-in-words-of-chat",
    "responses.usage-shape",
    "responses.usage-details-present",
    change=plain(says_hi_briefly, updated(usage={"prompt_tokens": 3})),
)
mutant("response-usage-without-details", "responses.usage-details-present", change=plain(says_hi, usage(without("output_tokens_details"))))
mutant(
    "response-cache-writes-untold",
    "responses.cache-writes-told",
    change=plain(says_hi, usage(lambda told: told.update(input_tokens_details={"cached_tokens": 0}))),
)
mutant("response-usage-sum-wrong", "usage.adds-up", change=plain(says_hi, usage(setting("total_tokens", 1))))
mutant(
    "response-usage-too-many",
    "usage.within-limit",
    change=plain(is_cut, usage(lambda told: told.update(output_tokens=99, total_tokens=told["input_tokens"] + 99))),
)
mutant("response-says-nothing", "responses.says-something", change=plain(says_hi_briefly, setting("output", [])))


def refuses_user(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if has("user")(asked):
        return ServerReply(
            400, {**reply.headers, "content-type": "application/json"}, RefusalError(400, "no user", "unknown_parameter", "user").body
        )
    return reply


mutant("response-user-refused", "responses.parameter-taken", change=refuses_user)
mutant("thinking-in-the-text", "responses.no-think-tags", change=plain(says_hi, part(setting("text", "<think>hm</think>Hi."))))
mutant(
    "response-text-damaged",
    "responses.characters-meant",
    "responses.text-repeated",
    change=plain(
        lambda a: any_response(a) and "你好".encode() in a.body, part(lambda one: one.update(text=one["text"].replace("你好", "\ufffd")))
    ),
)


def formats(kind: str) -> Callable[[ServerRequest], bool]:
    return lambda asked: has("text")(asked) and body_of(asked)["text"].get("format", {}).get("type") == kind


mutant(
    "response-json-in-a-fence",
    "responses.json-object",
    change=plain(formats("json_object"), part(lambda one: one.update(text=f"```json\n{one['text']}\n```"))),
)
mutant("response-schema-ignored", "responses.json-schema", change=plain(formats("json_schema"), part(setting("text", '{"n": 1}'))))
scored = has("include", "top_logprobs")


def first_score(change: Change) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Change the first scored token of each part."""
    return plain(scored, part(lambda one: change(one["logprobs"][0])))


mutant("response-logprobs-ignored", "responses.logprobs-come", change=plain(scored, part(setting("logprobs", []))))
mutant(
    "response-alternatives-too-many",
    "responses.logprobs-as-asked",
    change=first_score(lambda entry: entry["top_logprobs"].append({"token": "x", "logprob": -9.0, "bytes": [120]})),
)
mutant(
    "response-logprobs-of-other-tokens",
    "responses.logprobs-join",
    change=plain(scored, part(lambda one: one.update(logprobs=one["logprobs"][1:]))),
)
mutant(
    "response-logprobs-positive",
    "responses.own-score",
    "responses.logprobs-not-positive",
    change=plain(scored, part(lambda one: one["logprobs"][0].update(logprob=0.5))),
)
mutant(
    "response-combination-refused",
    "responses.combination-taken",
    change=answering(streamed(having(any_response, "tools", "include")), 400, error("not supported together")),
)


mutant("instructions-told-as-null", "responses.tells-what-was-asked", change=plain(has("instructions"), setting("instructions", None)))
mutant(
    "output-of-reasoning-only",
    "responses.says-something",
    change=plain(has("reasoning"), lambda body: body.update(output=[one for one in body["output"] if one["type"] != "message"])),
)
mutant(
    "verbosity-unknown",
    "responses.object-shape",
    change=plain(says_hi, lambda body: body["text"].update(verbosity="wordy")),
)
