"""How cases are played: features that are not offered, chains, and endpoints that go away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.checks.reply import Reply as Read
from harness.judging.verdict import Exit
from harness.model import Level, Outcome
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY, RefusalError
from harness.reference.serve import Server
from harness.runner.options import RunOptions
from harness.runner.run import Run
from harness.wire.transport import Limits
from tests.catalogs import read_once
from tests.inprocess import Judged, judge


def judged(catalog: Catalog, loop: asyncio.AbstractEventLoop, respond: Callable[[ServerRequest], ServerReply], *areas: str) -> Judged:
    """What a run comes to, with all cases, or with those of some areas where no others can show what is tested."""
    cases = [case.id for case in catalog.cases.values() if case.area in areas] if areas else None
    return loop.run_until_complete(judge(catalog, respond, limits=Limits(wait=1.0), cases=cases))


def not_found(path: str) -> Callable[[ServerRequest], ServerReply]:
    """The reference without one endpoint."""

    def respond(asked: ServerRequest) -> ServerReply:
        if asked.path.startswith(path):
            return ServerReply(404, {"content-type": "application/json", "x-request-id": "1"}, {"detail": "Not Found"})
        return answer(asked)

    return respond


def test_absent_feature_is_not_held_against_the_endpoint(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = judged(catalog, loop, not_found("/completions"))
    assert found.verdict.code == Exit.CONFORMS
    assert set(found.verdict.absent) == {name for name in catalog.features if name.startswith("completions")}
    assert "POST /completions was answered with 404" in found.verdict.absent["completions.stream"]
    areas = {
        s.requirement.area for s in found.verdict.standings if s.outcome is Outcome.NOT_APPLICABLE and s.reason.startswith("not offered")
    }
    assert areas == {"completions", "completions-stream"}


def test_absent_feature_costs_one_request(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    paths: list[str] = []

    def respond(asked: ServerRequest) -> ServerReply:
        paths.append(asked.path)
        return not_found("/completions")(asked)

    judged(catalog, loop, respond, "completions", "completions-stream")
    assert paths.count("/completions") == 1


def test_list_without_retrieval(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = judged(catalog, loop, not_found("/models/"), "models")
    assert set(found.verdict.absent) == {"models.retrieve"}
    assert "models.listed-is-retrievable" in found.unmet()


def test_expectation_about_a_refused_request_is_undecided(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        if b'"dimensions":16' in asked.body:
            return ServerReply(500, {"content-type": "application/json"}, RefusalError(500, "no").body)
        return answer(asked)

    found = judged(catalog, loop, respond, "embeddings")
    assert "embeddings.dimensions-as-asked" not in found.unmet()
    assert "http.valid-request-succeeds" in found.unmet()


def rate_limited(asked: ServerRequest) -> ServerReply:
    """The reference, except that every chat request is told to wait for an hour."""
    if asked.path == "/chat/completions" and answer(asked).status == 200:
        body = {"error": {"message": "Slow down.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
        return ServerReply(429, {"content-type": "application/json", "retry-after": "3600", "x-request-id": "1"}, body)
    return answer(asked)


def test_rate_limit_is_no_failure_and_no_pass(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = judged(catalog, loop, rate_limited)
    assert found.verdict.code == Exit.INCOMPLETE
    chunks = next(s for s in found.verdict.standings if s.requirement.id == "chat-stream.ends-with-done")
    assert chunks.outcome is Outcome.INCONCLUSIVE
    stop = next(s for s in found.verdict.standings if s.requirement.id == "chat.limit-ends-with-length")
    assert stop.reason.startswith("rate limited: ")


def test_silent_endpoint_is_given_up(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked_for: list[ServerRequest] = []

    def respond(asked: ServerRequest) -> ServerReply:
        asked_for.append(asked)
        return ServerReply(body={}, delay=10_000.0)

    found = judged(catalog, loop, respond)
    assert len(asked_for) <= 4
    assert found.verdict.code == Exit.INCOMPLETE
    assert found.verdict.sentence.startswith("incomplete: the endpoint gave no answer in 3 cases; ")
    assert found.verdict.sentence.endswith(" cases not tried, because the endpoint stopped answering")
    reasons = {finding.reason for result in found.results for finding in result.findings if finding.outcome is Outcome.BLOCKED}
    assert any("stopped answering" in reason for reason in reasons)


def test_endpoint_that_hangs_on_refusals_is_not_gone(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    """What hangs is named under its requirement, and everything else is judged."""

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        return replace(reply, delay=10_000.0) if reply.status >= 400 else reply

    found = judged(catalog, loop, respond, "errors", "models")
    blocked = [f for result in found.results for f in result.findings if f.outcome is Outcome.BLOCKED and "stopped" in f.reason]
    assert blocked == []
    assert "errors.refusal-is-answered" in found.unmet()


def test_endpoint_is_given_up_only_when_a_known_good_request_is_not_answered(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        return replace(answer(asked), delay=10_000.0) if asked.path == "/embeddings" else answer(asked)

    found = judged(catalog, loop, respond)
    assert {result.case for result in found.results if result.outcome is Outcome.BLOCKED} == set()
    silent = {result.case.split("/")[0] for result in found.results if result.outcome is Outcome.ERROR}
    assert silent == {"embeddings", "errors", "properties"}


@pytest.mark.parametrize("left", ["no reply within 60 s, not even to a request that it had answered before"])
def test_endpoint_that_goes_away_is_given_up(catalog: Catalog, loop: asyncio.AbstractEventLoop, left: str) -> None:
    answered: list[ServerRequest] = []

    def respond(asked: ServerRequest) -> ServerReply:
        answered.append(asked)
        return answer(asked) if len(answered) < 20 else ServerReply(body={}, delay=10_000.0)

    found = judged(catalog, loop, respond)
    assert len(answered) < 40
    reasons = {f.reason for result in found.results for f in result.findings if f.outcome is Outcome.BLOCKED}
    assert f"the endpoint stopped answering ({left})" in reasons
    assert found.verdict.code == Exit.INCOMPLETE


def test_server_that_fails_at_everything_fails(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    failed = ServerReply(500, {"content-type": "application/json"}, RefusalError(500, "no").body)
    found = judged(catalog, loop, lambda asked: replace(failed), "chat")
    assert found.verdict.code == Exit.UNMET
    assert "http.valid-request-succeeds" in found.unmet()


def test_no_more_requests_at_once_than_asked_for(catalog: Catalog) -> None:
    """Counted on a real socket, with a case that sends several requests together."""
    under_way: list[int] = [0, 0]

    class Counting(App):
        async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
            under_way[0] += 1
            under_way[1] = max(under_way)
            await asyncio.sleep(0.02)
            await super().__call__(scope, receive, send)
            under_way[0] -= 1

    server = Server(Counting())
    run = Run(catalog, RunOptions(server.base_url, KEY, "KEY", model="reference", concurrency=3))
    run.clear()
    cases = [case for case in catalog.cases.values() if case.together or case.area == "chat-stream"]
    run.start(cases)
    assert all(run.result(case).findings for case in cases)
    run.close()
    server.close()
    assert under_way[1] == 3


def test_endpoint_without_responses_is_not_failed(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = judged(catalog, loop, not_found("/responses"))
    assert found.verdict.code == Exit.CONFORMS
    assert set(found.verdict.absent) == {name for name in catalog.features if name.startswith("responses")}
    assert found.unmet(Level.MUST, Level.SHOULD) == set()


def test_required_feature_is_failed_where_it_is_missing(loop: asyncio.AbstractEventLoop) -> None:
    catalog = read_once(required=["responses.store"])
    assert {"core", "responses", "responses.store"} <= set(catalog.profile.demands)
    found = judged(catalog, loop, not_found("/responses"), "responses", "responses-store")
    assert found.verdict.code == Exit.UNMET
    assert "http.valid-request-succeeds" in found.unmet()


def test_what_chat_does_not_offer_is_judged_in_responses(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = judged(catalog, loop, not_found("/chat"))
    framing = [s for s in found.verdict.standings if s.requirement.area == "sse" and not s.requirement.occasional]
    assert {s.requirement.id for s in framing if not s.judged} <= {"sse.no-event-name", "sse.nothing-after-done"}
    assert "streams" not in found.verdict.absent


def test_embeddings_alone_can_be_judged(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        if asked.path.startswith(("/chat", "/responses", "/completions")):
            return not_found("/")(asked)
        return answer(asked)

    found = judged(catalog, loop, respond)
    assert {"streams", "generation"} <= set(found.verdict.absent)
    assert found.verdict.code == Exit.CONFORMS


def test_request_is_sent_again_until_its_reply_has_come(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = loop.run_until_complete(judge(catalog, cases=["responses-store/background/polled"]))
    statuses = [Read(exchange).object["status"] for exchange in found.results[0].exchanges if exchange.request.method != "DELETE"]
    assert statuses == ["queued", "in_progress", "completed"]


def test_request_is_not_sent_again_for_ever(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        if asked.method == "GET" and asked.path.startswith("/responses/"):
            reply.body = {**reply.body, "status": "in_progress"}
        return reply

    found = loop.run_until_complete(judge(catalog, respond, cases=["responses-store/background/polled"]))
    (until,) = [step.until for step in catalog.cases["responses-store/background/polled"].steps if step.until is not None]
    asked = [exchange for exchange in found.results[0].exchanges if exchange.request.method == "GET"]
    assert len(asked) == until.tries
    (finding,) = [one for one in found.results[0].findings if one.requirement == "responses-store.background-ends"]
    assert (finding.outcome, finding.reason) == (Outcome.INCONCLUSIVE, "it is still in_progress")


def test_items_of_an_earlier_reply_are_spread_into_a_list(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked_for: list[ServerRequest] = []

    def respond(asked: ServerRequest) -> ServerReply:
        asked_for.append(asked)
        return answer(asked)

    loop.run_until_complete(judge(catalog, respond, cases=["responses-tools/round-trip/own-call"]))
    assert [item.get("type", "message") for item in json.loads(asked_for[-1].body)["input"]] == [
        "message",
        "function_call",
        "function_call_output",
    ]


def out_of_tokens(asked: ServerRequest) -> ServerReply:
    """A model that reasons, and refuses a limit that leaves it nothing to answer with."""
    reply = answer(asked)
    if reply.status != 200 or _limit(asked) is None:
        return reply
    message = "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return ServerReply(400, {**reply.headers, "content-type": "application/json"}, {"error": error})


def nothing_but_thoughts(asked: ServerRequest) -> ServerReply:
    """A model that reasons until its limit, and answers nothing then."""
    reply, limit = answer(asked), _limit(asked)
    if reply.status != 200 or asked.path != "/chat/completions" or limit is None or b'"store":true' in asked.body:
        return reply
    documents = json.loads(json.dumps([reply.body] if reply.events is None else reply.events))
    choices = json.loads(asked.body).get("n") or 1
    kept = [document for document in documents if not isinstance(document, dict) or _is_thought(document, limit, choices)]
    reply.body, reply.events = (kept[0], None) if reply.events is None else (reply.body, kept)
    return reply


def _is_thought(document: dict[str, Any], limit: int, choices: int) -> bool:
    """Make a reply, or a chunk, say nothing; whether anything is left of it."""
    for choice in document["choices"]:
        said = choice.get("message") or choice["delta"]
        if "delta" in choice and (said.get("content") or said.get("tool_calls")):
            return False
        said.pop("tool_calls", None)
        said.update({"content": ""} if "content" in said else {})
        choice.update({"finish_reason": "length"} if choice["finish_reason"] else {})
        choice.update({"logprobs": {"content": [], "refusal": None}} if choice.get("logprobs") else {})
    usage = document.get("usage")
    if usage:
        spent = limit * choices
        usage.update(completion_tokens=spent, total_tokens=usage["prompt_tokens"] + spent)
        usage["completion_tokens_details"]["reasoning_tokens"] = spent
    return True


def _limit(asked: ServerRequest) -> int | None:
    """The token limit of a request that models answer."""
    try:
        body = json.loads(asked.body)
    except ValueError:
        return None
    names = ("max_completion_tokens", "max_tokens", "max_output_tokens")
    return next((body[name] for name in names if isinstance(body.get(name), int)), None) if isinstance(body, dict) else None


def fixed_sampling(asked: ServerRequest) -> ServerReply:
    """A model that reasons, and takes no temperature, penalties or stop strings but its own; it says so as the reference provider does."""
    reply = answer(asked)
    own = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {}, "stop": None, "logprobs": False}
    if reply.status == 200 and asked.method == "POST" and asked.path in ("/chat/completions", "/responses"):
        body = json.loads(asked.body)
        for name in [name for name, value in own.items() if body.get(name) not in (None, value)]:
            refusal = RefusalError(400, f"Unsupported value: '{name}' is not supported with this model.", "unsupported_value", name)
            return ServerReply(400, {"content-type": "application/json", "x-request-id": "1"}, refusal.body)
    return reply


def test_model_with_fixed_sampling_conforms_without_a_warning(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = judged(catalog, loop, fixed_sampling)
    assert found.unmet(Level.MUST, Level.SHOULD) == set()
    assert found.verdict.code == Exit.CONFORMS
    assert {"chat.stop", "logprobs"} <= set(found.verdict.absent)


@pytest.mark.parametrize("model", [out_of_tokens, nothing_but_thoughts])
def test_model_that_reasons_is_not_held_against_the_endpoint(
    model: Callable[[ServerRequest], ServerReply], catalog: Catalog, loop: asyncio.AbstractEventLoop
) -> None:
    found = judged(catalog, loop, model)
    assert found.unmet(Level.MUST, Level.SHOULD) == set()
    assert found.verdict.code == Exit.INCOMPLETE
    assert found.verdict.absent == {}


def test_token_limit_is_no_excuse_before_it_is_reached(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def always_length(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        if reply.status == 200 and reply.events is None and b'"stop":[" "]' in asked.body:
            reply.body["choices"][0]["finish_reason"] = "length"
        return reply

    assert "chat.stop-ends-with-stop" in judged(catalog, loop, always_length, "chat").unmet(Level.MUST)


def test_refusal_that_does_not_name_what_the_model_lacks_is_held_against_the_endpoint(
    catalog: Catalog, loop: asyncio.AbstractEventLoop
) -> None:
    def unnamed(asked: ServerRequest) -> ServerReply:
        reply = fixed_sampling(asked)
        if reply.status == 400 and isinstance(reply.body, dict) and reply.body["error"]["code"] == "unsupported_value":
            reply.body["error"].update(param=None, code=None, message="This cannot be done with this model.")
        return reply

    assert "chat.parameter-taken" in judged(catalog, loop, unnamed, "chat").unmet(Level.SHOULD)


def test_error_with_a_code_of_any_kind_is_judged(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def strange(asked: ServerRequest) -> ServerReply:
        error = {"message": "No.", "type": "t", "param": ["p"], "code": {"a": []}}
        return (
            ServerReply(400, {"content-type": "application/json", "x-request-id": "1"}, {"error": error})
            if asked.method == "POST"
            else answer(asked)
        )

    assert "http.valid-request-succeeds" in judged(catalog, loop, strange, "chat").unmet(Level.MUST)


def test_endpoint_that_goes_away_hides_nothing_that_was_unmet(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    answered: list[ServerRequest] = []

    def respond(asked: ServerRequest) -> ServerReply:
        answered.append(asked)
        reply = answer(asked)
        if reply.status == 200 and reply.events is None and isinstance(reply.body, dict):
            reply.body.pop("object", None)
        return reply if len(answered) < 60 else ServerReply(body={}, delay=10_000.0)

    found = judged(catalog, loop, respond)
    assert found.verdict.code == Exit.UNMET
    assert found.verdict.sentence.endswith(" cases not tried, because the endpoint stopped answering")
