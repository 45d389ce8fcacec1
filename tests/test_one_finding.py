"""One cause gives one finding, and a requirement without grounds is not judged.

Each test breaks the reference in a way that once gave false alarms, or one cause under several names.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.checks import CHECKS, Reply
from harness.judging import absence, absence_by
from harness.model import Exchange, Level, Outcome, Request, UndecidedError
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import any_chat, body_of, chunks, events, headers, is_chat, is_stream, plain, rewriting, without
from harness.reference.faults.fault import Wrong
from tests.inprocess import Judged, judge

Play = Callable[..., Judged]
Change = Callable[[ServerRequest, ServerReply], ServerReply]


@pytest.fixture
def play(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Play:
    """Judge some cases of the reference with a change."""

    def played(change: Change, *cases: str) -> Judged:
        return loop.run_until_complete(judge(catalog, Wrong(name="wrong", change=change), cases=cases))

    return played


def reasons(judged: Judged, requirement: str) -> str:
    """Why a requirement is undecided."""
    return " ".join(
        f.reason for r in judged.results for f in r.findings if f.requirement == requirement and f.outcome is Outcome.INCONCLUSIVE
    )


def at(path: str, method: str = "POST") -> Callable[[ServerRequest], bool]:
    return lambda asked: asked.path.strip("/") == path and asked.method == method


def status(code: int, body: Any, where: Callable[[ServerRequest], bool]) -> Change:
    """Answer some requests with an error."""
    return lambda asked, reply: (
        ServerReply(code, {"content-type": "application/json", "x-request-id": "r"}, body) if where(asked) else reply
    )


def told(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def taking(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Accept whatever is asked, and give the model back as it was asked for."""
    if not is_chat(asked) or reply.status < 400:
        return reply
    right = replace(asked, body=json.dumps({"model": "reference", "messages": [{"role": "user", "content": "Say hi."}]}).encode())
    taken = answer(right)
    taken.body["model"] = body_of(asked).get("model")
    return taken


@pytest.mark.parametrize("case", ["errors/model/number", "errors/tools/required-without-tools", "errors/values/choices-above"])
def test_an_invalid_request_that_was_accepted_is_one_finding(case: str, play: Play, catalog: Catalog) -> None:
    assert case in catalog.cases
    assert play(taking, case).unmet() <= {"errors.client-fault-is-refused"}
    assert "errors.client-fault-is-refused" in play(taking, case).unmet()
    assert "was accepted" in reasons(play(taking, case), "errors.status")


def test_a_request_that_has_a_rule_of_its_own_is_told_under_that(play: Play) -> None:
    found = play(
        status(200, {"deleted": True, "id": "x", "object": "response"}, lambda a: a.method == "DELETE"), "errors/responses/unknown-deleted"
    )
    assert found.unmet() == {"responses-store.unknown-not-deleted"}


def test_one_unparsable_event_is_one_finding(play: Play) -> None:
    broken = events(is_stream, lambda listed: [*listed[:2], b"data: {\n\n", *listed[3:]])
    cases = ("responses-stream/basics/short-reply", "chat-stream/basics/short-reply", "tools/choice/auto-streamed")
    found = play(broken, *cases)
    assert found.unmet() == {"sse.data-is-json"}
    assert "rests on sse.data-is-json" in reasons(found, "chat-stream.ends-with-done")


def test_a_stream_that_was_not_asked_for_is_one_finding(play: Play) -> None:
    streaming = headers(lambda asked: is_chat(asked) and not is_stream(asked), content_type="text/event-stream")

    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        reply = streaming(asked, reply)
        if is_chat(asked) and reply.events is None and reply.status == 200:
            reply.body = b"data: " + json.dumps(reply.body).encode() + b"\n\ndata: [DONE]\n\n"
        return reply

    assert play(change, "chat/basics/short-reply").unmet() == {"http.json-content-type"}


def test_parts_without_annotations_are_one_finding(play: Play) -> None:
    def drop(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: drop(item) for key, item in value.items() if key != "annotations"}
        return [drop(item) for item in value] if isinstance(value, list) else value

    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        reply.body = drop(reply.body)
        reply.events = None if reply.events is None else [drop(event) for event in reply.events]
        return reply

    assert play(change, "responses/basics/short-reply", "responses-stream/basics/short-reply").unmet() == {"responses.part-shape"}


def test_errors_without_param_are_one_finding(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status >= 400:
            del reply.body["error"]["param"]
        return reply

    assert play(change, "errors/model/missing").unmet() == {"errors.param"}


def test_usage_that_is_always_zero_is_one_finding(play: Play) -> None:
    def zero(body: Any) -> None:
        if "usage" in body:
            body["usage"].update(input_tokens=0, output_tokens=0, total_tokens=0)
            body["usage"]["input_tokens_details"]["cached_tokens"] = 0
            body["usage"]["output_tokens_details"]["reasoning_tokens"] = 0

    found = play(plain(at("responses"), zero), "responses/basics/short-reply", "responses-store/continued/remembers")
    assert found.unmet() == {"usage.prompt-counted"}


def test_a_background_that_was_none_decides_nothing_about_cancelling_it(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        body = body_of(asked)
        if at("responses")(asked) and body.get("background"):
            return answer(replace(asked, body=json.dumps({**body, "background": False, "stream": False}).encode()))
        return reply

    found = play(change, "responses-store/background/cancelled", "responses-store/background/polled")
    assert found.unmet() == {"responses-store.background-begins"}
    assert "answered with completed at /status" in reasons(found, "responses-store.background-cancelled")


def test_cancelling_that_is_not_offered_is_a_feature_of_its_own(play: Play) -> None:
    change = status(501, told("Cancelling is not implemented."), lambda asked: asked.path.endswith("/cancel"))
    cases = ("responses-store/background/cancelled", "errors/responses/unknown-cancelled", "errors/responses/foreground-cancelled")
    found = play(change, *cases)
    assert found.unmet() == set()
    assert "Cancelling is not implemented." in found.verdict.absent["responses.cancel"]


def test_a_server_that_needs_no_key_is_not_blamed_for_it(play: Play, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    open_to_all = Wrong(name="open", ask=lambda asked: replace(asked, headers={**asked.headers, "authorization": "Bearer wireproof"}))
    found = loop.run_until_complete(judge(catalog, open_to_all, cases=[name for name in catalog.cases if name.startswith("errors/key/")]))
    assert found.unmet() == set()


def shown(catalog: Catalog, feature: str, *answers: tuple[int, Any]) -> str | None:
    """Why a feature is not offered, if its probes are answered so, one after the other."""
    left = iter(answers)

    def last(case: str) -> Exchange:
        code, body = next(left)
        step = catalog.cases[case].steps[-1]
        sent = Request(step.endpoint, step.method, f"/{step.endpoint}", (), json.dumps(step.send).encode())
        return Exchange("x", sent, code, (("content-type", "application/json"),), json.dumps(body).encode())

    probe = catalog.features[feature].probe
    probing = absence(catalog, feature, {})
    of_feature = probe.cases if probe is not None else ()
    return absence_by(lambda asked: last(asked.case) if asked.case in of_feature else None, probing)


@pytest.mark.parametrize(
    ("feature", "answers", "absent"),
    [
        ("responses.tools", [(400, told("Missing required parameter: 'tools[0].function'.", "tools[0].function"))] * 2, False),
        ("responses.tools", [(422, {"detail": [{"loc": ["body", "tools", 0, "function"], "msg": "Field required"}]})] * 2, False),
        ("responses.tools", [(400, told("This model does not support tools."))] * 2, True),
        ("chat.stop", [(422, {"detail": [{"loc": ["body", "stop"], "msg": "Input should be a valid list"}]}), (200, {})], False),
        ("chat.stop", [(400, told("Unknown parameter: 'stop'.", "stop"))] * 2, True),
        ("completions.echo", [(400, told("echo is not available"))], True),
        ("responses", [(400, told("Bad request."))], False),
        ("responses", [(404, told("Not found."))], True),
        ("embeddings", [(404, told("The model 'x' does not exist.", None, "model_not_found"))], True),
        ("responses", [(404, told("The model 'x' does not exist.", None, "model_not_found"))], False),
        ("chat", [(400, told("max_tokens: Extra inputs are not permitted", "max_tokens"))], False),
        ("chat", [(400, told("This model is not supported here.", "model"))], True),
        ("responses.stream", [(400, told("max_output_tokens: Extra inputs are not permitted", "max_output_tokens"))], False),
        ("responses.stream", [(400, told("stream: Extra inputs are not permitted", "stream"))], True),
        ("embeddings", [(403, told("Your account may not use embeddings."))], False),
        ("embeddings", [(501, {"detail": "no"})], True),
    ],
)
def test_absence_is_earned(feature: str, answers: list[tuple[int, Any]], absent: bool, catalog: Catalog) -> None:
    assert (shown(catalog, feature, *answers) is not None) is absent


def test_a_valid_request_that_is_refused_is_a_must(play: Play) -> None:
    change = status(400, told("Bad request."), at("responses"))
    found = play(change, "responses/basics/short-reply")
    assert found.unmet() == {"http.valid-request-succeeds"}
    assert "responses" not in found.verdict.absent


def test_a_prompt_that_is_too_long_is_told_as_that(play: Play) -> None:
    long = status(500, told("request exceeds worker admission limits"), lambda asked: len(asked.body) > 3000)
    found = play(long, "http/identity/two-replies")
    assert found.unmet() == set()
    assert "too long" in reasons(found, "http.valid-request-succeeds")


def test_an_account_that_may_not_stream_is_told_as_that(play: Play) -> None:
    refused = told("Your organization must be verified to stream this model.", "stream", "unsupported_value")
    found = play(status(400, refused, lambda asked: is_chat(asked) and is_stream(asked)), "chat-stream/basics/short-reply")
    assert found.unmet() == set()
    assert "this account" in reasons(found, "http.valid-request-succeeds")


def usage_of(tokens: int, text: str, finish: str = "stop") -> Change:
    def change(body: Any) -> None:
        body["choices"][0]["message"]["content"] = text
        body["choices"][0]["finish_reason"] = finish
        body["usage"].update(completion_tokens=tokens, total_tokens=body["usage"]["prompt_tokens"] + tokens)

    return plain(is_chat, change)


def test_a_whole_reply_of_exactly_the_limit_is_not_cut(play: Play) -> None:
    assert play(usage_of(8, "Hello! How can I help you today?"), "chat/limits/token-limit").unmet() == set()
    assert play(usage_of(8, "1 2 3 4"), "chat/limits/token-limit").unmet() == {"chat.limit-ends-with-length"}


def test_an_empty_prompt_costs_nothing(play: Play) -> None:
    def free(body: Any) -> None:
        body["usage"].update(prompt_tokens=0, total_tokens=body["usage"]["completion_tokens"])
        body["usage"].pop("prompt_tokens_details", None)

    assert "usage.prompt-counted" not in play(plain(is_chat, free), "chat/messages/empty-content").unmet()


def test_a_stream_from_the_background_may_end_completed(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        body = body_of(asked)
        if not (at("responses")(asked) and body.get("background")):
            return reply
        made = answer(replace(asked, body=json.dumps({**body, "background": False, "stream": True}).encode()))
        for event in made.events or []:
            if isinstance(event, dict) and event["type"] == "response.created":
                event["response"]["status"] = "queued"
        return made

    assert "responses-store.background-begins" not in play(change, "responses-store/background/begun").unmet()


def test_a_path_that_lists_stored_completions_is_no_fault(play: Play) -> None:
    listed: dict[str, Any] = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert play(status(200, listed, at("chat/completions", "GET")), "errors/routes/wrong-method").unmet() == set()


@pytest.mark.parametrize("case", ["http/methods/options", "http/methods/head"])
def test_what_browsers_ask_is_not_judged_as_a_call(case: str, play: Play) -> None:
    plainly = {"detail": "Method Not Allowed"}
    found = play(status(405, plainly, lambda asked: asked.method in ("OPTIONS", "HEAD")), case)
    assert found.unmet() == set()
    faulty = play(status(500, plainly, lambda asked: asked.method in ("OPTIONS", "HEAD")), case)
    assert faulty.unmet() - {"errors.server-fault-envelope"} == {"http.methods-are-no-fault"}


def test_a_reply_that_does_not_say_that_it_is_stored_claims_nothing(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if asked.method == "GET" and asked.path.strip("/").startswith("responses/"):
            return ServerReply(404, {"content-type": "application/json", "x-request-id": "r"}, told("Not found."))
        return plain(at("responses"), without("store"))(asked, reply)

    assert play(change, "responses-store/kept/retrieved").unmet() == set()


def test_tools_inside_a_namespace_are_declared() -> None:
    tool = {"type": "namespace", "name": "space", "tools": [{"type": "function", "name": "ping", "parameters": {}}]}
    request = Request("responses", "POST", "/responses", (), json.dumps({"model": "m", "input": "Ping.", "tools": [tool]}).encode())
    item = {"type": "function_call", "id": "f", "call_id": "c", "name": "ping", "arguments": "{}"}
    body = json.dumps({"id": "r", "object": "response", "output": [item]}).encode()
    reply = Reply(Exchange("x", request, 200, (("content-type", "application/json"),), body))
    assert CHECKS["calls_name_declared_tools"](reply) == []


def test_ids_that_repeat_are_no_mixed_streams(play: Play) -> None:
    same = chunks(is_chat, lambda chunk, n: chunk.update(id="chatcmpl-1"))
    assert "http.replies-stay-apart" not in play(same, "http/together/six-streams").unmet()


def test_half_a_character_that_was_sent_may_come_back(play: Play) -> None:
    def repeat(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if any_chat(asked) and b"\\ud83d hi" in asked.body:
            message: dict[str, Any] = {"role": "assistant", "content": "Say \ud83d hi.", "refusal": None, "annotations": []}
            choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            return ServerReply(
                200, reply.headers, {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            )
        return reply

    judged = play(repeat, "errors/json/not-utf-8")
    assert "http.strings-are-whole" not in judged.unmet(Level.MUST)


def test_a_method_that_a_server_does_not_know_is_no_fault_of_it(play: Play) -> None:
    judged = play(status(501, "Unsupported method", at("models", "PUT")), "errors/routes/wrong-method")
    assert judged.unmet(Level.MUST) == set()
    assert judged.unmet(Level.SHOULD) >= {"errors.wrong-method"}


def test_a_fault_of_the_server_in_plain_text_is_told(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        return ServerReply(500, {"content-type": "text/plain", "x-request-id": "r"}, b"Internal Server Error") if is_chat(asked) else reply

    assert "errors.server-fault-envelope" in play(change, "chat/basics/short-reply").unmet()


def of_characters(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Count a prompt as many servers do: four characters a token, texts alone, nothing for a message or a call."""
    parts = [m.get("content") or "" for m in body_of(asked).get("messages") or []] if any_chat(asked) and reply.status == 200 else []
    texts = [part if isinstance(part, str) else "".join(one.get("text", "") for one in part) for part in parts]
    for body in [reply.body] if reply.events is None else [event for event in reply.events if isinstance(event, dict)]:
        if parts and body.get("usage"):
            count = len("".join(texts)) // 4
            body["usage"].update(prompt_tokens=count, total_tokens=count + body["usage"]["completion_tokens"])
    return reply


def test_prompts_are_compared_with_their_own_beginnings(play: Play) -> None:
    assert "usage.all-is-read" not in play(of_characters, "chat/read/messages", "chat/read/messages-streamed").unmet()


def test_what_a_template_leaves_out_is_no_must(play: Play, catalog: Catalog) -> None:
    assert "usage.all-is-read" in play(of_characters, "chat/read/results").unmet()  # the arguments of a call cost nothing
    assert catalog.requirements["usage.all-is-read"].level is Level.SHOULD


@pytest.mark.parametrize("case", ["chat/limits/stop-of-several-tokens", "chat/limits/stop-of-several-tokens-streamed"])
def test_a_text_that_only_begins_like_a_stop_sequence_is_the_models(case: str, play: Play) -> None:
    def counts_on(body: Any, *_: int) -> None:
        for choice in body.get("choices") or []:
            for holder in (choice.get("message"), choice.get("delta")):
                if holder and holder.get("content"):
                    holder["content"] = holder["content"].replace("11", "11 12 13 15")

    assert play(plain(any_chat, counts_on), case).unmet() == set()
    assert play(chunks(any_chat, counts_on), case).unmet() == set()


def says(**members: Any) -> Callable[[Any], None]:
    """Answer with a message of text in place of calls."""

    def change(body: Any) -> None:
        choice = body["choices"][0]
        choice["finish_reason"] = members.get("reason", "stop")
        choice["message"] = {"role": "assistant", "content": members.get("content"), "refusal": members.get("refusal"), "annotations": []}

    return change


@pytest.mark.parametrize("reply", [{"refusal": "I cannot."}, {"content": "", "reason": "content_filter"}])
def test_a_model_that_refuses_need_not_call(reply: dict[str, Any], play: Play) -> None:
    cases = ("tools/choice/required", "tools/choice/named")
    found = play(plain(any_chat, says(**reply)), *cases)
    assert {"tools.required-means-a-call", "tools.named-means-that-one"}.isdisjoint(found.unmet())
    assert "the model refused" in reasons(found, "tools.required-means-a-call")


def test_a_tool_choice_that_is_ignored_is_one_finding(play: Play) -> None:
    cases = ("tools/choice/required", "tools/choice/named", "tools/choice/allowed-tools")
    assert play(plain(any_chat, says(content="Hi.")), *cases).unmet() == {"tools.required-means-a-call"}


def test_a_format_that_is_ignored_is_one_finding(play: Play) -> None:
    found = play(plain(any_chat, says(content="Hello there.")), "structured/json/object", "structured/schema/strict")
    assert found.unmet() == {"structured.json-object"}
    assert "rests on structured.json-object" in reasons(found, "structured.strict-schema")


def test_a_number_of_choices_that_is_ignored_is_one_finding(play: Play, loop: asyncio.AbstractEventLoop, catalog: Catalog) -> None:
    alone = Wrong(name="wrong", ask=rewriting(any_chat, without("n")))
    found = loop.run_until_complete(judge(catalog, alone, cases=("chat/choices/two", "chat/choices/two-streamed")))
    assert found.unmet() == {"chat.choices-as-asked"}


def test_usage_of_null_that_was_not_asked_for_warns_once(play: Play) -> None:
    def null(listed: list[Any]) -> list[Any]:
        return [{**event, "usage": None} if isinstance(event, dict) else event for event in listed]

    found = play(events(is_stream, null), "chat-stream/basics/short-reply", "chat-stream/options/no-usage")
    assert found.unmet() == {"chat-stream.usage-left-out"}


def test_a_limit_that_is_ignored_is_one_finding(play: Play) -> None:
    def longer(body: Any) -> None:
        body["choices"][0].update(finish_reason="stop")
        body["usage"].update(completion_tokens=40, total_tokens=body["usage"]["prompt_tokens"] + 40)

    found = play(plain(any_chat, longer), "chat/limits/token-limit", "chat/limits/smaller-limit")
    assert found.unmet() == {"usage.within-limit"}


def test_a_whole_text_without_usage_is_not_taken_for_a_cut_one(play: Play) -> None:
    def echo(body: Any) -> None:
        body["choices"][0].update(finish_reason="stop")
        body["choices"][0]["message"]["content"] = "Count from 1 to 100, separated by spaces."
        del body["usage"]

    assert play(plain(any_chat, echo), "chat/limits/token-limit").unmet() == {"usage.present"}

    def runs_on(body: Any) -> None:
        echo(body)
        body["choices"][0]["message"]["content"] = " ".join(map(str, range(1, 40)))

    assert play(plain(any_chat, runs_on), "chat/limits/token-limit").unmet() == {"usage.present", "chat.limit-ends-with-length"}


def test_a_stop_sequence_may_come_before_a_call(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    case = catalog.cases["tools/choice/required"]
    step = replace(case.steps[0], send={**case.steps[0].send, "stop": ["."]})
    asking = replace(catalog, cases={**catalog.cases, case.id: replace(case, steps=(step,))})
    mutant = Wrong(name="wrong", change=plain(any_chat, says(content="Hi")))
    found = loop.run_until_complete(judge(asking, mutant, cases=[case.id]))
    assert "tools.required-means-a-call" not in found.unmet()
    assert "stop sequence" in reasons(found, "tools.required-means-a-call")


def test_a_failed_response_calls_nothing(play: Play) -> None:
    def fails(body: Any) -> None:
        body.update(status="failed", output=[], error={"code": "server_error", "message": "It failed."})

    found = play(plain(at("responses"), fails), "responses-tools/choice/named")
    assert "responses-tools.required-means-a-call" not in found.unmet()


def test_calls_of_a_wrong_shape_are_told_by_their_shape(play: Play) -> None:
    def broken(body: Any) -> None:
        for choice in body["choices"]:
            for call in choice["message"].get("tool_calls") or []:
                del call["function"]["name"]

    found = play(plain(any_chat, broken), "tools/choice/named", "tools/choice/required")
    assert found.unmet() == {"tools.call-shape"}

    def mapped(body: Any) -> None:
        for choice in body["choices"]:
            if calls := choice["message"].get("tool_calls"):
                choice["message"]["tool_calls"] = calls[0]

    assert play(plain(any_chat, mapped), "tools/choice/required").unmet() == {"chat.message-shape"}


def test_a_body_in_chunks_is_judged_where_the_same_body_is_taken(play: Play) -> None:
    found = play(status(503, told("The model is loading."), is_chat), "http/bodies/chunked")
    assert "http.chunked-body-read" not in found.unmet()
    in_chunks = status(400, told("No body."), lambda asked: "transfer-encoding" in asked.headers)
    assert "http.chunked-body-read" in play(in_chunks, "http/bodies/chunked").unmet()


def test_a_server_that_always_says_the_same_says_nothing_about_seeds(play: Play) -> None:
    found = play(plain(any_chat, says(content="Hello! How can I help you today?")), "chat/parameters/seed-twice")
    assert "chat.seeds-differ" not in found.unmet()
    assert "without a seed too" in reasons(found, "chat.seeds-differ")


def test_counts_that_never_change_say_nothing_about_images(play: Play) -> None:
    def constant(body: Any) -> None:
        body["usage"].update(prompt_tokens=10, total_tokens=10 + body["usage"]["completion_tokens"])

    assert play(plain(any_chat, constant), "chat/images/data-uri").unmet() == set()


def test_a_server_that_crashes_on_what_it_may_refuse_is_one_finding(play: Play) -> None:
    crash = status(500, told("Oh."), lambda asked: is_chat(asked) and b"modalities" in asked.body)
    assert play(crash, "chat/members/identifiers").unmet() == {"http.valid-request-succeeds"}


def test_an_invalid_request_that_crashes_is_one_finding(play: Play) -> None:
    crash = status(500, told("Oh."), lambda asked: is_chat(asked) and asked.body.startswith(b"["))
    assert play(crash, "errors/json/array").unmet() == {"errors.client-fault-is-no-5xx"}


def test_scores_that_never_come_say_nothing_about_zero(play: Play) -> None:
    def unscored(body: Any) -> None:
        body["choices"][0]["logprobs"] = None

    assert play(plain(at("completions"), unscored), "completions/scores/two").unmet() == {"completions.logprobs-come"}


def test_a_parameter_that_is_said_to_be_unsupported_is_not_held_against_anyone(play: Play) -> None:
    refused = told("Validation: Unsupported parameter(s): `verbosity`")
    found = play(status(400, refused, lambda asked: b"verbosity" in asked.body), "chat/members/verbosity")
    assert "chat.parameter-taken" not in found.unmet()
    assert "lacks the parameter" in reasons(found, "chat.parameter-taken")
    found = play(status(400, told("Invalid value.", "verbosity"), lambda asked: b"verbosity" in asked.body), "chat/members/verbosity")
    assert "chat.parameter-taken" in found.unmet()


def test_a_member_that_is_said_to_be_not_implemented_is_no_server_fault(play: Play) -> None:
    refused = status(501, told("Not implemented."), lambda asked: is_chat(asked) and b"modalities" in asked.body)
    assert "http.valid-request-succeeds" not in play(refused, "chat/members/modalities").unmet()


def test_an_endpoint_that_deletes_no_responses_is_not_blamed_for_keeping_them(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        head = {"content-type": "application/json", "x-request-id": "r"}
        return ServerReply(405, head, told("No.")) if asked.method == "DELETE" else reply

    found = play(change, "responses-store/kept/deleted", "errors/responses/unknown-deleted")
    assert found.unmet() == set()
    assert "which had to be true" in reasons(found, "responses-store.deleted-is-gone")


def test_a_model_that_calls_once_more_may_not_be_thanked(play: Play) -> None:
    case = "responses-store/continued/third-turn"

    def again(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        body = body_of(asked)
        if at("responses")(asked) and body.get("tool_choice") == "none":
            return answer(replace(asked, body=json.dumps({**body, "tool_choice": "required"}).encode()))
        return reply

    found = play(again, case)
    assert "http.valid-request-succeeds" not in found.unmet()
    assert [sum(not exchange.is_clean_up for exchange in result.exchanges) for result in found.results] == [2]


def test_a_request_that_is_refused_within_its_stream_is_one_finding(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if not body_of(asked).get("stream") or reply.status < 400:
            return reply
        sent = ServerReply(200, {"content-type": "text/event-stream", "x-request-id": "r"}, None)
        sent.events = [{"type": "error", "sequence_number": 0, **reply.body}]
        return sent

    found = play(change, "errors/responses/unknown-role-streamed").unmet()
    assert {name for name in found if not name.startswith("http.")} == {"errors.refused-before-stream"}


def test_errors_without_param_and_code_everywhere_are_told_where_the_reference_describes_them(play: Play) -> None:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status >= 400:
            reply.body = {"error": {"message": "No.", "type": "not_found"}}
        return reply

    found = play(change, "errors/routes/unknown-url", "models/list/unknown")
    assert "errors.unknown-url-envelope" not in found.unmet()


def test_what_builds_on_a_change_that_failed_is_not_judged(play: Play) -> None:
    """Items that could not be added are missing from the list, and a response that could not be deleted is still there."""

    def refuse(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        adds = asked.method == "POST" and asked.path.endswith("/items")
        return status(404, told("no such route"), lambda _: adds)(asked, reply)

    judged = play(refuse, "conversations/items/whole-life")
    assert judged.unmet(Level.MUST) == {"http.valid-request-succeeds"}
    assert "what step added was to change is as before: it was answered with 404" in reasons(judged, "conversations.items-in-order")


@pytest.mark.parametrize(
    ("next_page", "whole", "problem"),
    [
        (["b"], ["a", "b", "c"], False),
        (["a"], ["a", "b", "c"], True),
        (["c"], ["a", "b", "c"], True),
        ([], ["a", "b"], True),
        (["b"], ["a", "c", "d"], None),
        (["b"], ["new", "a", "b"], None),
    ],
)
def test_page_is_judged_by_a_list_that_nobody_changed(next_page: list[str], whole: list[str], problem: bool | None) -> None:
    def listed(ids: list[str]) -> Reply:
        body = json.dumps({"object": "list", "data": [{"id": one} for one in ids]}).encode()
        return Reply(Exchange("x", Request("file-list", "GET", "/files", (), b""), 200, (("content-type", "application/json"),), body))

    asked = partial(CHECKS["page_follows"].function, listed(["a"]), listed(next_page), listed(whole))
    if problem is None:
        with pytest.raises(UndecidedError, match="changed meanwhile"):
            asked()
    else:
        assert bool(asked()) is problem


def test_an_empty_stream_is_one_finding(play: Play) -> None:
    assert play(events(is_stream, lambda listed: []), "chat-stream/basics/short-reply").unmet() == {"chat-stream.has-chunks"}


def test_a_system_message_that_replaces_a_default_prompt_was_read(play: Play) -> None:
    def change(body: Any) -> None:
        body["usage"].update(prompt_tokens=body["usage"]["prompt_tokens"] + 40, total_tokens=body["usage"]["total_tokens"] + 40)

    without_system = plain(lambda asked: is_chat(asked) and body_of(asked)["messages"][0]["role"] != "system", change)
    assert play(without_system, "chat/read/messages").unmet() == set()


def test_a_content_filter_may_come_before_a_stop_sequence(play: Play) -> None:
    filtered = plain(any_chat, lambda body: body["choices"][0].update(finish_reason="content_filter"))
    found = play(filtered, "chat/limits/stop-reason")
    assert "chat.stop-ends-with-stop" not in found.unmet()
    assert "content filter" in reasons(found, "chat.stop-ends-with-stop")


def test_another_form_of_all_errors_is_one_finding(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    """A server whose every error is a detail breaks the error object once, however many kinds of errors there are."""

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        if reply.status >= 400:
            reply.body = {"detail": reply.body["error"]["message"]}
        return reply

    cases = [name for name, case in catalog.cases.items() if case.area == "errors"]
    found = loop.run_until_complete(judge(catalog, respond, cases=cases))
    assert {s.requirement.id for s in found.verdict.standings if s.unmet and "envelope" in s.requirement.id} == {"errors.envelope"}
