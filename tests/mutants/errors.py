"""Mutants of errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    HOUR,
    always,
    any_chat,
    body_of,
    error_body,
    error_member,
    headers,
    is_chat,
    is_stream,
    plain,
    refusals,
    rewriting,
    without,
)
from harness.reference.faults.refused import has_token_ids
from harness.reference.faults.where import answering, any_embedding, instead
from harness.reference.refusals import KEY
from tests.mutants.changing import mutant


def known_route(asked: ServerRequest) -> bool:
    """A request to an endpoint as such, not to a URL or with a method that does not exist."""
    methods = {"/chat/completions": "POST", "/completions": "POST", "/embeddings": "POST", "/models": "GET"}
    return methods.get(asked.path) == asked.method


def without_error_member(member: str) -> Callable[[ServerReply], None]:
    return lambda reply: without(member)(reply.body["error"])


mutant("error-as-text", "errors.envelope", change=refusals(known_route, error_body({"error": "no"})))
mutant(
    "error-as-detail",
    "errors.envelope",
    change=refusals(known_route, lambda reply: error_body({"detail": reply.body["error"]["message"]})(reply)),
)
mutant("error-is-no-json", "errors.is-json", change=refusals(known_route, error_body(b"Bad Request")))
mutant(
    "error-is-html",
    "errors.is-json",
    change=lambda a, r: (
        headers(lambda x: True, content_type="text/html")(a, refusals(known_route, error_body(b"<h1>No</h1>"))(a, r))
        if r.status >= 400 and known_route(a)
        else r
    ),
)
mutant("error-message-null", "errors.message", change=refusals(known_route, error_member("message", None)))
mutant("error-message-empty", "errors.message-not-empty", change=refusals(always, error_member("message", "")))
mutant("error-type-missing", "errors.type", change=refusals(known_route, without_error_member("type")))
mutant("error-type-other", "errors.type-as-documented", change=refusals(known_route, error_member("type", "BadRequestError")))
mutant("error-param-missing", "errors.param", change=refusals(known_route, without_error_member("param")))
mutant("error-code-integer", "errors.code", change=refusals(known_route, error_member("code", 400)))
mutant("error-code-missing", "errors.code", change=refusals(known_route, without_error_member("code")))
mutant("error-code-other", "errors.code-as-documented", change=refusals(known_route, error_member("code", "oops")))
mutant(
    "too-long-has-no-code",
    "errors.context-length",
    change=refusals(lambda asked: len(asked.body) > 40_000 and "input" not in body_of(asked), error_member("code", None)),
)
mutant("error-param-other", "errors.param-names-member", change=refusals(always, error_member("param", "oops")))
mutant(
    "error-as-plain-type",
    "errors.content-type",
    change=lambda a, r: headers(known_route, content_type="text/plain")(a, r) if r.status >= 400 else r,
)


def own_fault(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if b'"name":"ada"' in asked.body:
        return ServerReply(500, {**reply.headers, "content-type": "application/json"}, {"detail": "Internal Server Error"})
    return reply


mutant(
    "server-fault-without-envelope",
    "http.valid-request-succeeds",
    "errors.server-fault-envelope",
    change=own_fault,
)


def crash_on(marker: bytes) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if marker in asked.body and reply.status >= 400:
            reply.status = 500
        return reply

    return change


mutant("crash-on-empty-messages", "errors.client-fault-is-no-5xx", change=crash_on(b'"messages":[]'))
mutant("crash-on-broken-json", "errors.client-fault-is-no-5xx", change=crash_on(b'"Say hi."}], }'))
mutant("crash-on-unknown-role", "errors.client-fault-is-no-5xx", change=crash_on(b"wizard"))
mutant("crash-on-bad-prompt", "errors.client-fault-is-no-5xx", change=crash_on(b'"prompt":{"text"'))


def any_model(asked: ServerRequest) -> ServerRequest:
    return rewriting(
        lambda a: not is_stream(a), lambda body: body.update(model="reference") if body.get("model") == "wireproof-no-such-model" else None
    )(asked)


mutant("any-model-will-do", "errors.client-fault-is-refused", ask=any_model)
mutant(
    "temperature-clamped",
    "errors.client-fault-is-refused",
    ask=rewriting(is_chat, lambda body: body.update(temperature=2) if body.get("temperature") == 2.1 else None),
)


def streams_its_refusals(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if is_chat(asked) and is_stream(asked) and reply.status in (400, 404):
        return ServerReply(200, {**reply.headers, "content-type": "text/event-stream"}, events=[reply.body])
    return reply


mutant("refusal-in-stream", "errors.refused-before-stream", change=streams_its_refusals)
mutant(
    "refusal-typed-as-stream",
    "errors.refused-before-stream",
    "errors.content-type",
    change=lambda a, r: headers(lambda x: is_chat(x) and is_stream(x), content_type="text/event-stream")(a, r) if r.status >= 400 else r,
)


def error_in_success(body: Any) -> None:
    body["error"] = {"message": "The upstream failed.", "type": "server_error", "param": None, "code": None}


mutant("error-with-200", "errors.none-in-success", change=plain(is_chat, error_in_success))


def status_for(
    status: int, *instead_of: int, at: Callable[[ServerRequest], bool] = always
) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    def change(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked) and reply.status in instead_of:
            reply.status = status
        return reply

    return change


mutant("422-for-400", "errors.status", change=status_for(422, 400))
mutant("403-for-401", "errors.unauthorised-status", change=status_for(403, 401))
mutant(
    "any-key-will-do",
    "errors.client-fault-is-refused",
    "errors.unauthorised-status",
    ask=lambda asked: (
        replace(asked, headers={**asked.headers, "authorization": f"Bearer {KEY}"}) if "authorization" in asked.headers else asked
    ),
)
mutant("no-www-authenticate", "errors.says-how-to-authenticate", change=headers(always, www_authenticate=None))
mutant("400-for-unknown-url", "errors.unknown-url", change=status_for(400, 404, at=lambda asked: asked.path.startswith("/wireproof")))
mutant(
    "unknown-url-without-envelope",
    "errors.unknown-url-envelope",
    change=refusals(lambda asked: asked.path.startswith("/wireproof"), error_body({"detail": "Not Found"})),
)
mutant(
    "unknown-url-without-body",
    "errors.unknown-url-is-json",
    change=refusals(lambda asked: asked.path.startswith("/wireproof"), error_body(b"")),
)
mutant("404-for-wrong-method", "errors.wrong-method", change=status_for(404, 405))
mutant(
    "406-for-form",
    "errors.wrong-content-type",
    change=lambda a, r: status_for(406, 400)(a, r) if "form" in a.headers.get("content-type", "") else r,
)
mutant("unknown-member-taken", "errors.unknown-member", ask=rewriting(is_chat, without("wireproof_unknown_member")))


def says_more(text: str) -> Callable[[ServerReply], None]:
    def change(reply: ServerReply) -> None:
        reply.body["error"]["message"] += text

    return change


mutant(
    "error-with-traceback",
    "errors.no-internals",
    change=refusals(always, says_more(' Traceback (most recent call last):\n File "/app/a.py", line 3')),
)
mutant("error-with-address", "errors.no-internals", change=refusals(always, says_more(" upstream http://10.0.3.17:8000/v1 refused")))


def hangs(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if b"wizard" in asked.body and b'"n"' not in asked.body and is_stream(asked) and b'"max_tokens":8' in asked.body:
        reply.delay = HOUR
    return reply


mutant("refusal-never-comes", "errors.refusal-is-answered", change=hangs)
mutant("absence-as-detail", "errors.not-offered-envelope", change=answering(has_token_ids, 422, {"detail": "Token ids are not supported."}))
mutant(
    "absence-as-text",
    "errors.not-offered-envelope",
    change=lambda a, r: instead(r, 404, {"error": "no model"}) if any_embedding(a) else r,
)
mutant("one-message-for-all", "errors.messages-differ", change=refusals(is_chat, error_member("message", "Bad request")))


def answers_some_call(body: Any) -> None:
    for message in body["messages"]:
        if message.get("tool_call_id") == "wireproof-no-such-call":
            message["tool_call_id"] = "call_1"


mutant(
    "result-of-any-call",
    "errors.client-fault-is-refused",
    ask=rewriting(lambda a: any_chat(a) and "no-such-call" in str(body_of(a)), answers_some_call),
)
