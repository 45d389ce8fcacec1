"""The reference, broken on purpose: each mutant with the requirements that it breaks, exactly.

A mutant changes what is asked before the reference answers, or what it answered before that goes out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from harness.reference.answers import answer
from harness.reference.exchange import Asked, Reply, encode, frame
from harness.reference.refusals import KEY, Refusal

HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A way to be wrong. ``breaks`` are the MUST and SHOULD requirements that it breaks, and may name MAY ones too.

    One that ``remembers`` answers the same request differently at another time.
    """

    name: str
    breaks: frozenset[str]
    ask: Callable[[Asked], Asked] = field(default=lambda asked: asked)
    change: Callable[[Asked, Reply], Reply] = field(default=lambda asked, reply: reply)
    remembers: bool = False

    def __call__(self, asked: Asked) -> Reply:
        """Answer wrongly."""
        return self.change(asked, answer(self.ask(asked)))


MUTANTS: list[Mutant] = []


def mutant(name: str, *breaks: str, **how: Any) -> None:
    """Add a mutant."""
    MUTANTS.append(Mutant(name, frozenset(breaks), **how))


# What a mutant touches ------------------------------------------------------------------------------------------------


def body_of(asked: Asked) -> dict[str, Any]:
    """The request's body; empty when it is no object."""
    try:
        body = json.loads(asked.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def any_chat(asked: Asked) -> bool:
    return asked.path == "/chat/completions"


def is_chat(asked: Asked) -> bool:
    """A chat request for plain text: the features that build on chat have mutants of their own."""
    return any_chat(asked) and {"tools", "response_format", "logprobs"}.isdisjoint(body_of(asked))


def any_text(asked: Asked) -> bool:
    return asked.path == "/completions"


def is_text(asked: Asked) -> bool:
    """A text completion without the features that have mutants of their own."""
    return any_text(asked) and {"echo", "logprobs"}.isdisjoint(body_of(asked))


def always(asked: Asked) -> bool:
    return True


def taken(at: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    """Only those of the requests that deserve no refusal."""
    return lambda asked: at(asked) and answer(asked).status == 200


Change = Callable[[Any], Any]


def plain(at: Callable[[Asked], bool], change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change the body of whole replies; what ``change`` returns takes its place unless it is ``None``."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and reply.status == 200 and reply.events is None:
            changed = change(reply.body)
            reply.body = reply.body if changed is None else changed
        return reply

    return apply


def choice(change: Change) -> Change:
    """Change each choice of a body or chunk in place."""

    def apply(body: Any) -> None:
        for item in body["choices"]:
            change(item)

    return apply


def events(at: Callable[[Asked], bool], change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change the list of a stream's events."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and reply.events is not None:
            reply.events = change(json.loads(json.dumps(reply.events)))
        return reply

    return apply


def chunks(at: Callable[[Asked], bool], change: Callable[[Any, int], Any]) -> Callable[[Asked, Reply], Reply]:
    """Change each chunk in place, given its number from 0."""

    def over(listed: list[Any]) -> list[Any]:
        for number, chunk in enumerate(listed):
            if isinstance(chunk, dict):
                change(chunk, number)
        return listed

    return events(at, over)


def refusals(at: Callable[[Asked], bool], change: Callable[[Reply], Any]) -> Callable[[Asked, Reply], Reply]:
    """Change error replies."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and 400 <= reply.status < 500:
            change(reply)
        return reply

    return apply


def headers(at: Callable[[Asked], bool], **changes: str | None) -> Callable[[Asked, Reply], Reply]:
    """Set headers, or remove those that are ``None``; underscores stand for dashes."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if at(asked):
            merged: dict[str, str | None] = {**reply.headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
            reply.headers = {name: value for name, value in merged.items() if value is not None}
        return reply

    return apply


def rewriting(at: Callable[[Asked], bool], change: Callable[[dict[str, Any]], Any]) -> Callable[[Asked], Asked]:
    """Change the request's JSON before the reference sees it."""

    def apply(asked: Asked) -> Asked:
        body = body_of(asked)
        if not at(asked) or not body:
            return asked
        changed = change(body)
        return replace(asked, body=encode(body if changed is None else changed))

    return apply


def without(*members: str) -> Callable[[dict[str, Any]], None]:
    """Take members out of an object."""

    def change(body: dict[str, Any]) -> None:
        for member in members:
            body.pop(member, None)

    return change


def setting(member: str, value: Any) -> Callable[..., None]:
    """Set a member of an object."""

    def change(body: dict[str, Any], *_: Any) -> None:
        body[member] = value

    return change


def chunk_choice(change: Callable[[Any, int], Any], *, finish: bool | None = None) -> Callable[[Any, int], Any]:
    """Change each choice of a chunk; ``finish`` picks those with, or without, a finish reason."""

    def apply(chunk: Any, number: int) -> None:
        for item in chunk["choices"]:
            if finish is None or finish == (item["finish_reason"] is not None):
                change(item, number)

    return apply


# http -----------------------------------------------------------------------------------------------------------------


def cut(asked: Asked, reply: Reply) -> Reply:
    """End a stream's connection in the middle."""
    if is_chat(asked) and reply.events is not None and body_of(asked).get("n") is None:
        reply.events = reply.events[:3]
        reply.breaks_off = True
    return reply


def stall(asked: Asked, reply: Reply) -> Reply:
    """Let a stream hang after its first event."""
    if is_chat(asked) and reply.events is not None and body_of(asked).get("n") == 2:
        reply.pace = HOUR
    return reply


def flood(asked: Asked, reply: Reply) -> Reply:
    """Send more than anybody wants."""
    if is_chat(asked) and reply.events is not None and body_of(asked).get("n") == 2:
        reply.events = [b": " + b"x" * 1_000_000 + b"\n\n"] * 12
    return reply


mutant("stream-cut", "http.reply-is-whole", change=cut)
mutant("stream-stalls", "http.reply-is-whole", change=stall)
mutant("stream-without-end", "http.reply-is-whole", change=flood)


def fails(asked: Asked, reply: Reply) -> Reply:
    """Fail on a rare but valid request."""
    if b'"name":"ada"' in asked.body:
        return Reply(500, {**reply.headers, "content-type": "application/json"}, Refusal(500, "The server had an error.").body)
    return reply


def creates(asked: Asked, reply: Reply) -> Reply:
    if is_chat(asked) and reply.status == 200:
        reply.status = 201
    return reply


mutant("valid-request-fails", "http.valid-request-succeeds", change=fails)
mutant("create-is-201", "http.valid-request-succeeds", "http.survives-hang-up", "chat.parameter-taken", change=creates)


def refuses_developer(asked: Asked, reply: Reply) -> Reply:
    if b'"developer"' in asked.body:
        return Reply(
            400, {**reply.headers, "content-type": "application/json"}, Refusal(400, "unknown role", "invalid_value", "messages").body
        )
    return reply


mutant(
    "crash-on-empty-content",
    "http.no-server-fault",
    change=lambda a, r: Reply(500, r.headers, Refusal(500, "oh").body) if b'"role":"user","content":""' in a.body else r,
)
mutant("developer-role-refused", "http.valid-request-succeeds", change=refuses_developer)
mutant(
    "json-as-text",
    "http.json-content-type",
    change=lambda a, r: headers(is_chat, content_type="text/plain")(a, r) if r.status == 200 and r.events is None else r,
)
mutant("terminator-glued-on", "http.json-object", change=plain(is_chat, lambda body: encode(body) + b"\ndata: [DONE]\n\n"))


def stream_anyway(asked: Asked) -> Asked:
    return rewriting(is_chat, setting("stream", True))(asked) if body_of(asked).get("stream", 0) is None else asked


mutant("null-streams", "http.json-object", "http.json-content-type", ask=stream_anyway)
mutant("blank-lines-first", "http.json-at-once", change=plain(is_chat, lambda body: b"\n\n" + encode(body)))
mutant(
    "member-twice",
    "http.members-once",
    change=plain(is_chat, lambda body: encode(body)[:-1] + b',"model":"' + body["model"].encode() + b'"}'),
)
mutant(
    "member-twice-in-chunk",
    "http.members-once",
    change=events(is_chat, lambda listed: [frame(e)[:-3] + b',"x":1,"x":2}\n\n' if isinstance(e, dict) else e for e in listed]),
)
mutant("integer-with-fraction", "http.integers-plain", change=plain(is_chat, setting("created", 1_800_000_000.0)))
mutant("no-request-id", "http.request-id", change=headers(always, x_request_id=None))
mutant("one-request-id", "http.request-ids-differ", change=headers(always, x_request_id="req_1"))
mutant("no-rate-limits", "http.rate-limit-headers", change=headers(always, x_ratelimit_remaining_requests=None))
mutant("rate-limit-in-words", "http.rate-limit-headers-parse", change=headers(always, x_ratelimit_limit_tokens="unlimited"))
mutant(
    "rate-limit-reset-as-date", "http.rate-limit-headers-parse", change=headers(always, x_ratelimit_reset_requests="2026-11-22T10:00:00Z")
)


def waits_in_words(asked: Asked, reply: Reply) -> Reply:
    if body_of(asked).get("n") == 2:
        body = {"error": {"message": "Rate limit reached.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
        return Reply(429, {**reply.headers, "content-type": "application/json", "retry-after": "soon"}, body)
    return reply


mutant("retry-after-in-words", "http.retry-after-readable", change=waits_in_words)


def compresses(asked: Asked, reply: Reply) -> Reply:
    import gzip

    if is_chat(asked) and reply.status == 200 and reply.events is None:
        reply.body = gzip.compress(encode(reply.body))
        reply.headers["content-encoding"] = "gzip"
    return reply


mutant("compressed-unasked", "http.not-compressed-unasked", change=compresses)
mutant("key-in-header", "http.key-not-echoed", change=headers(is_chat, x_debug=f"key={KEY}"))


def echo_key(reply: Reply) -> None:
    reply.body["error"]["message"] += f" You sent {KEY}."


mutant("key-in-error", "http.key-not-echoed", change=refusals(is_chat, echo_key))


class DiesAfterHangUp:
    """Fails once for each stream that may have been left."""

    def __init__(self) -> None:
        self.streams = 0

    def __call__(self, asked: Asked, reply: Reply) -> Reply:
        """Change one reply."""
        if b"from 1 to 30" in asked.body:
            self.streams += 1
        elif self.streams and is_chat(asked) and reply.events is None:
            self.streams -= 1
            return Reply(500, {**reply.headers, "content-type": "application/json"}, Refusal(500, "busy").body)
        return reply


mutant("dead-after-hang-up", "http.survives-hang-up", "http.no-server-fault", remembers=True, change=DiesAfterHangUp())


class MixesReplies:
    """Gives some requests the text of the request before them."""

    def __init__(self) -> None:
        self.last: Asked | None = None

    def __call__(self, asked: Asked) -> Asked:
        """Ask something else."""
        before, self.last = self.last, asked
        mixed = b"dulcimer" in asked.body and before is not None and b"Repeat three" in before.body
        return before if mixed and before is not None else asked


mutant("replies-mixed", "http.replies-stay-apart", remembers=True, ask=MixesReplies())

# sse ------------------------------------------------------------------------------------------------------------------


def is_stream(asked: Asked) -> bool:
    return body_of(asked).get("stream") is True


def framed(change: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of each event."""
    return lambda listed: [change(frame(event)) for event in listed]


def chat_stream_header(value: str | None) -> Callable[[Asked, Reply], Reply]:
    return lambda asked, reply: headers(is_chat, content_type=value)(asked, reply) if reply.events is not None else reply


mutant("stream-as-json-type", "sse.content-type", change=chat_stream_header("application/json"))
mutant("stream-without-type", "sse.content-type", change=chat_stream_header(None))


def answers_whole(asked: Asked) -> Asked:
    return rewriting(lambda a: is_chat(a) and body_of(a).get("stream") is True, without("stream", "stream_options"))(asked)


mutant("stream-ignored", "sse.content-type", ask=answers_whole)
mutant("broken-utf8", "sse.utf8", change=events(is_chat, framed(lambda raw: raw.replace(b'"logprobs"', b'"x":"\xe4\xbd","logprobs"'))))
mutant(
    "single-newlines",
    "sse.events-apart",
    "sse.last-event-complete",
    "sse.arrives-over-time",
    change=events(is_chat, framed(lambda raw: raw[:-1])),
)
mutant("no-last-blank-line", "sse.last-event-complete", change=events(is_stream, lambda listed: [*listed[:-1], b"data: [DONE]\n"]))
mutant("broken-json", "sse.data-is-json", change=events(is_chat, lambda listed: [*listed[:2], '{"id": ', *listed[2:]]))
mutant("comment-as-data", "sse.data-is-json", change=events(is_chat, lambda listed: [": PROCESSING", *listed]))
mutant("data-is-array", "sse.data-is-json", change=events(is_chat, lambda listed: [*listed[:2], [1], *listed[2:]]))
mutant("line-without-field", "sse.only-fields", change=events(is_chat, lambda listed: [b'{"id":"x"}\n\n', *listed]))
mutant(
    "event-without-data",
    "sse.data-in-every-event",
    "sse.no-event-name",
    change=events(is_chat, lambda listed: [b"event: ping\n\n", *listed]),
)
mutant("empty-data", "sse.data-in-every-event", change=events(is_chat, lambda listed: [b"data:\n\n", *listed]))
mutant("named-events", "sse.no-event-name", change=events(is_chat, framed(lambda raw: b"event: message\n" + raw)))
mutant("byte-order-mark", "sse.no-byte-order-mark", change=events(is_chat, lambda listed: [b"\xef\xbb\xbf", *listed]))
mutant("carriage-returns", "sse.line-feeds", change=events(is_stream, framed(lambda raw: raw.replace(b"\n", b"\r\n"))))
mutant("no-space", "sse.space-after-data", change=events(is_chat, framed(lambda raw: raw.replace(b"data: ", b"data:"))))
mutant("ping-after-done", "sse.nothing-after-done", change=events(is_chat, lambda listed: [*listed, b": ping\n\n", "[DONE]"]))
mutant(
    "error-in-stream",
    "sse.no-error-event",
    change=events(is_chat, lambda listed: [*listed[:-1], {"error": {"message": "oh no"}}, "[DONE]"]),
)
mutant(
    "error-without-message",
    "sse.no-error-event",
    "sse.error-event-tells-why",
    change=events(is_chat, lambda listed: [*listed[:-1], {"error": "oh no"}, "[DONE]"]),
)
mutant(
    "error-passed-over",
    "sse.no-error-event",
    "sse.error-ends-stream",
    change=events(is_chat, lambda listed: [*listed[:1], {"error": {"message": "oh no"}}, *listed[1:]]),
)


def lumps(asked: Asked, reply: Reply) -> Reply:
    if reply.events is not None and is_chat(asked):
        reply.delay, reply.pace = 0.5, 0.0
    return reply


mutant("all-at-the-end", "sse.arrives-over-time", change=lumps)


def lumps_compressed(asked: Asked, reply: Reply) -> Reply:
    return lumps(asked, reply) if asked.headers.get("accept-encoding") == "gzip" else reply


mutant("all-at-the-end-when-compressed", "sse.arrives-over-time", change=lumps_compressed)

# errors ---------------------------------------------------------------------------------------------------------------


def error_body(body: Any) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        reply.body = body

    return change


def error_member(member: str, value: Any) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        reply.body["error"][member] = value

    return change


def known_route(asked: Asked) -> bool:
    """A request to an endpoint as such, not to a URL or with a method that does not exist."""
    methods = {"/chat/completions": "POST", "/completions": "POST", "/embeddings": "POST", "/models": "GET"}
    return methods.get(asked.path) == asked.method


def without_error_member(member: str) -> Callable[[Reply], None]:
    return lambda reply: without(member)(reply.body["error"])


mutant("error-as-text", "errors.envelope", change=refusals(known_route, error_body({"error": "no"})))
mutant("error-as-detail", "errors.envelope", change=refusals(known_route, error_body({"detail": "no"})))
mutant("error-is-no-json", "errors.is-json", change=refusals(known_route, error_body(b"Bad Request")))
mutant(
    "error-is-html",
    "errors.is-json",
    "errors.content-type",
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
mutant("error-param-missing", "errors.param", "errors.param-names-member", change=refusals(known_route, without_error_member("param")))
mutant("error-code-integer", "errors.code", change=refusals(known_route, error_member("code", 400)))
mutant("error-code-missing", "errors.code", change=refusals(known_route, without_error_member("code")))
mutant("error-code-other", "errors.code-as-documented", change=refusals(known_route, error_member("code", "oops")))
mutant("error-param-other", "errors.param-names-member", change=refusals(always, error_member("param", "oops")))
mutant(
    "error-as-plain-type",
    "errors.content-type",
    change=lambda a, r: headers(known_route, content_type="text/plain")(a, r) if r.status >= 400 else r,
)


def own_fault(asked: Asked, reply: Reply) -> Reply:
    if b'"name":"ada"' in asked.body:
        return Reply(500, {**reply.headers, "content-type": "application/json"}, {"detail": "Internal Server Error"})
    return reply


mutant("server-fault-without-envelope", "errors.server-fault-envelope", "http.valid-request-succeeds", change=own_fault)


def crash_on(marker: bytes) -> Callable[[Asked, Reply], Reply]:
    def change(asked: Asked, reply: Reply) -> Reply:
        if marker in asked.body and reply.status >= 400:
            reply.status = 500
        return reply

    return change


mutant("crash-on-empty-messages", "errors.client-fault-is-no-5xx", "errors.status", change=crash_on(b'"messages":[]'))
mutant("crash-on-broken-json", "errors.client-fault-is-no-5xx", "errors.status", change=crash_on(b'"Say hi."}], }'))
mutant("crash-on-unknown-role", "errors.client-fault-is-no-5xx", "errors.status", change=crash_on(b"wizard"))
mutant("crash-on-bad-prompt", "errors.client-fault-is-no-5xx", "errors.status", change=crash_on(b'"prompt":{'))


def any_model(asked: Asked) -> Asked:
    return rewriting(
        lambda a: not is_stream(a), lambda body: body.update(model="reference") if body.get("model") == "wireproof-no-such-model" else None
    )(asked)


mutant("any-model-will-do", "errors.client-fault-is-refused", "errors.status", ask=any_model)
mutant(
    "temperature-clamped",
    "errors.client-fault-is-refused",
    "errors.status",
    ask=rewriting(is_chat, lambda body: body.update(temperature=2) if body.get("temperature") == 2.1 else None),
)


def streams_its_refusals(asked: Asked, reply: Reply) -> Reply:
    if is_chat(asked) and is_stream(asked) and reply.status in (400, 404):
        return Reply(200, {**reply.headers, "content-type": "text/event-stream"}, events=[reply.body])
    return reply


mutant("refusal-in-stream", "errors.refused-before-stream", "errors.client-fault-is-refused", "errors.status", change=streams_its_refusals)
mutant(
    "refusal-typed-as-stream",
    "errors.refused-before-stream",
    "errors.content-type",
    change=lambda a, r: headers(lambda x: is_chat(x) and is_stream(x), content_type="text/event-stream")(a, r) if r.status >= 400 else r,
)


def error_in_success(body: Any) -> None:
    body["error"] = {"message": "The upstream failed.", "type": "server_error", "param": None, "code": None}


mutant("error-with-200", "errors.none-in-success", change=plain(is_chat, error_in_success))


def status_for(status: int, *instead_of: int, at: Callable[[Asked], bool] = always) -> Callable[[Asked, Reply], Reply]:
    def change(asked: Asked, reply: Reply) -> Reply:
        if at(asked) and reply.status in instead_of:
            reply.status = status
        return reply

    return change


mutant("422-for-400", "errors.status", change=status_for(422, 400))
mutant("403-for-401", "errors.unauthorised-status", change=status_for(403, 401))
mutant(
    "no-key-needed",
    "errors.unauthorised-status",
    "errors.client-fault-is-refused",
    "errors.refused-before-stream",
    ask=lambda asked: replace(asked, headers={**asked.headers, "authorization": f"Bearer {KEY}"}),
)
mutant("no-www-authenticate", "errors.says-how-to-authenticate")
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

# models ---------------------------------------------------------------------------------------------------------------


def is_list(asked: Asked) -> bool:
    return asked.path == "/models"


def is_model(asked: Asked) -> bool:
    return asked.path.startswith("/models/")


def each_model(change: Change) -> Change:
    def apply(body: Any) -> None:
        for item in body["data"]:
            change(item)

    return apply


mutant("list-of-models-object", "models.list-shape", change=plain(is_list, setting("object", "models")))
mutant("bare-list", "http.json-object", change=plain(is_list, lambda body: body["data"]))
mutant("owner-is-list", "models.item-shape", change=plain(is_list, each_model(setting("owned_by", ["wireproof"]))))
mutant("model-without-created", "models.item-shape", change=plain(is_list, each_model(without("created"))))
mutant("retrieved-without-object", "models.retrieved-shape", change=plain(is_model, without("object")))
mutant("no-models", "models.list-not-empty", change=plain(is_list, setting("data", [])))
mutant("models-twice", "models.ids-unique", change=plain(is_list, lambda body: body["data"].append(body["data"][0])))
mutant("model-without-name", "models.ids-not-empty", change=plain(is_list, lambda body: body["data"].append({**body["data"][0], "id": ""})))
mutant("model-unlisted", "models.lists-model-under-test", change=plain(is_list, lambda body: body["data"].pop(0) and None))
mutant("list-paged", "models.not-paged", change=plain(is_list, setting("has_more", True)))
mutant("model-in-milliseconds", "models.created-in-seconds", change=plain(is_list, each_model(setting("created", 1_735_689_600_000))))
mutant("other-model-retrieved", "models.retrieved-is-the-one", change=plain(is_model, setting("id", "other")))


def unknown_model(asked: Asked, reply: Reply) -> Reply:
    if is_model(asked) and reply.status == 200:
        return Reply(404, {**reply.headers}, Refusal(404, "There is no such model.", "model_not_found", "model").body)
    return reply


mutant("model-not-retrievable", "models.listed-is-retrievable", change=unknown_model)
mutant("unknown-model-400", "models.unknown-is-404", change=status_for(400, 404, at=is_model))

# chat -----------------------------------------------------------------------------------------------------------------


def message(change: Change) -> Change:
    return choice(lambda item: change(item["message"]))


mutant("chat-without-id", "chat.object-shape", change=plain(is_chat, without("id")))
mutant("chat-without-model", "chat.object-shape", change=plain(is_chat, without("model")))
mutant("chat-object-other", "chat.object-shape", change=plain(is_chat, setting("object", "completion")))
mutant("chat-created-text", "chat.object-shape", change=plain(is_chat, setting("created", "now")))
mutant("chat-index-text", "chat.choice-shape", change=plain(is_chat, choice(setting("index", "0"))))
mutant("chat-message-null", "chat.choice-shape", change=plain(is_chat, choice(setting("message", None))))
mutant("chat-role-other", "chat.message-shape", change=plain(is_chat, message(setting("role", "bot"))))
mutant(
    "chat-content-list",
    "chat.message-shape",
    change=plain(is_chat, message(lambda m: m.update(content=[{"type": "text", "text": m["content"]}]))),
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
    "chat-stream.agrees-with-plain",
    change=plain(is_chat, choice(lambda item: item.update(index=item["index"] + 1))),
)
mutant("chat-content-missing", "chat.content-present", "chat-stream.agrees-with-plain", change=plain(is_chat, message(without("content"))))
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
    "chat.limit-ends-with-length",
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
mutant("chat-stop-as-length", "chat.stop-ends-with-stop", change=plain(is_chat, choice(setting("finish_reason", "length"))))


def garble(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("?", "\ufffd")


mutant("chat-text-garbled", "chat.text-survives", change=plain(is_chat, message(lambda m: m.update(content=garble(m["content"])))))
mutant(
    "chat-thinks-aloud",
    "chat.no-think-tags",
    "chat-stream.text-is-the-same",
    change=plain(is_chat, message(lambda m: m.update(content="<think>hm</think>" + m["content"]))),
)

# chat-stream ----------------------------------------------------------------------------------------------------------


def delta(change: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
    return chunk_choice(lambda item, number: change(item["delta"], number))


def drop_finish(listed: list[Any]) -> list[Any]:
    return [e for e in listed if not (isinstance(e, dict) and e["choices"] and e["choices"][0]["finish_reason"])]


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
    "chat-stream.ends-with-done",
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
    "chat-stream.agrees-with-plain",
    "chat-stream.every-choice-finishes",
    "chat-stream.role-given",
    "chat-stream.says-something",
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
mutant("no-finish", "chat-stream.every-choice-finishes", change=events(is_chat, drop_finish))
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


def asks_usage(asked: Asked) -> bool:
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


def usage_unasked(at: Callable[[Asked], bool]) -> Callable[[Asked, Reply], Reply]:
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
    "chat-stream.usage-not-when-declined",
    change=usage_unasked(lambda asked: is_chat(asked) and (body_of(asked).get("stream_options") or {}).get("include_usage") is False),
)
mutant("obfuscation-stays", "chat-stream.obfuscation-off", change=chunks(is_chat, setting("obfuscation", "xyz")))
mutant("chunk-tier-other", "chat-stream.service-tier-known", change=chunks(is_chat, setting("service_tier", "on_demand")))
mutant("delta-role-null", "chat-stream.optional-not-null", change=chunks(is_chat, delta(lambda d, n: d.setdefault("role", None))))
mutant("delta-calls-null", "chat-stream.optional-not-null", change=chunks(is_chat, delta(setting("tool_calls", None))))

# usage ----------------------------------------------------------------------------------------------------------------


def counts(**values: Any) -> Change:
    return lambda body: body["usage"].update(values)


mutant("usage-missing", "usage.present", change=plain(is_chat, without("usage")))
mutant("usage-text-missing", "usage.present", change=plain(is_text, without("usage")))
mutant("usage-without-total", "usage.shape", change=plain(is_chat, lambda body: without("total_tokens")(body["usage"])))
mutant("usage-null-count", "usage.shape", "usage.same-when-streamed", change=plain(is_chat, counts(prompt_tokens=None)))
mutant(
    "usage-sum-wrong",
    "usage.adds-up",
    change=plain(is_chat, lambda body: body["usage"].update(total_tokens=body["usage"]["total_tokens"] + 1)),
)
mutant(
    "usage-sum-wrong-in-stream",
    "usage.adds-up",
    change=chunks(asks_usage, lambda chunk, n: chunk["usage"].update(total_tokens=1) if chunk["usage"] else None),
)
mutant(
    "usage-negative",
    "usage.not-negative",
    change=plain(is_chat, lambda body: body["usage"].update(completion_tokens=-387, total_tokens=body["usage"]["prompt_tokens"] - 387)),
)
mutant(
    "usage-prompt-free",
    "usage.prompt-counted",
    "usage.same-when-streamed",
    change=plain(is_chat, lambda body: body["usage"].update(prompt_tokens=0, total_tokens=body["usage"]["completion_tokens"])),
)
mutant(
    "usage-cached-too-many",
    "usage.details-fit",
    change=plain(is_chat, lambda body: body["usage"]["prompt_tokens_details"].update(cached_tokens=10_000)),
)
mutant("usage-details-null", "usage.details-not-null", change=plain(is_chat, counts(prompt_tokens_details=None)))
mutant(
    "usage-too-many",
    "usage.within-limit",
    "chat.limit-ends-with-length",
    change=plain(is_chat, lambda body: body["usage"].update(completion_tokens=999, total_tokens=body["usage"]["prompt_tokens"] + 999)),
)
mutant(
    "usage-dearer-in-stream",
    "usage.same-when-streamed",
    change=chunks(
        asks_usage,
        lambda chunk, n: (
            chunk["usage"].update(prompt_tokens=chunk["usage"]["prompt_tokens"] + 1, total_tokens=chunk["usage"]["total_tokens"] + 1)
            if chunk["usage"]
            else None
        ),
    ),
)

# completions ----------------------------------------------------------------------------------------------------------

mutant("text-object-chat", "completions.object-shape", change=plain(is_text, setting("object", "chat.completion")))
mutant("text-without-id", "completions.object-shape", change=plain(is_text, without("id")))
mutant("text-missing", "completions.choice-shape", "completions-stream.agrees-with-plain", change=plain(is_text, choice(without("text"))))
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


def scored(change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change the log probabilities of whole texts."""
    return plain(any_text, choice(lambda item: change(item["logprobs"]) if item["logprobs"] else None))


mutant(
    "text-logprobs-ignored",
    "completions.logprobs-come",
    ask=rewriting(lambda asked: any_text(asked) and not is_stream(asked), without("logprobs")),
)
mutant("text-logprobs-uneven", "completions.logprobs-aligned", change=scored(lambda scores: scores["token_logprobs"].append(-1.0)))
mutant("text-offsets-fall", "completions.logprobs-aligned", change=scored(lambda scores: scores["text_offset"].reverse()))
mutant(
    "text-alternatives-many",
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

# completions-stream ---------------------------------------------------------------------------------------------------


def text_asks_usage(asked: Asked) -> bool:
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
    "completions-stream.agrees-with-plain",
    change=chunks(is_text, chunk_choice(setting("index", 5))),
)
mutant("text-no-finish", "completions-stream.every-choice-finishes", change=events(is_text, drop_finish))
mutant(
    "text-finish-twice",
    "completions-stream.finishes-once",
    change=events(lambda asked: is_text(asked) and not text_asks_usage(asked), lambda listed: [*listed[:-1], listed[-2], listed[-1]]),
)
mutant(
    "text-after-finish",
    "completions-stream.nothing-after-finish",
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


def refuses(member: str, value: Any) -> Callable[[Asked, Reply], Reply]:
    """Refuse a value that is right."""

    def change(asked: Asked, reply: Reply) -> Reply:
        if is_chat(asked) and body_of(asked).get(member) == value and reply.status == 200:
            kind = {"content-type": "application/json"}
            return Reply(400, reply.headers | kind, Refusal(400, f"Invalid '{member}'.", "invalid_value", member).body)
        return reply

    return change


mutant("largest-temperature-refused", "chat.parameter-taken", change=refuses("temperature", 2))
mutant("user-refused", "chat.parameter-taken", change=refuses("user", "wireproof"))


class NeverTheSame:
    """Adds another word to each text."""

    def __init__(self) -> None:
        self.texts = 0

    def __call__(self, asked: Asked, reply: Reply) -> Reply:
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

    def __call__(self, asked: Asked, reply: Reply) -> Reply:
        """Change one reply."""
        if asked.body.startswith(b'{"model": "x", }'):
            self.seen += 1
            reply.status = 404 if self.seen % 2 == 0 else reply.status
        return reply


mutant("other-refusal-the-second-time", "errors.refusal-is-steady", remembers=True, change=RefusesOnce())

# tools ----------------------------------------------------------------------------------------------------------------


def offers_tools(asked: Asked) -> bool:
    return any_chat(asked) and "tools" in body_of(asked)


def each_call(change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change each call of whole replies."""

    def over(body: Any) -> None:
        for item in body["choices"]:
            for call in item["message"].get("tool_calls", []):
                change(call)

    return plain(offers_tools, over)


def each_piece(change: Callable[[Any, int], Any]) -> Callable[[Asked, Reply], Reply]:
    """Change each piece of streamed calls, given how many pieces came before in the stream."""

    def over(listed: list[Any]) -> list[Any]:
        number = 0
        for chunk in listed:
            for item in chunk["choices"] if isinstance(chunk, dict) else []:
                for piece in item["delta"].get("tool_calls", []):
                    change(piece, number)
                    number += 1
        return listed

    return events(offers_tools, over)


def later(change: Change) -> Callable[[Any, int], Any]:
    """Change the pieces that are not the first of a call."""
    return lambda piece, number: change(piece) if "id" not in piece else None


def both(*changes: Callable[[Asked, Reply], Reply]) -> Callable[[Asked, Reply], Reply]:
    """Several changes, one after the other."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        for change in changes:
            reply = change(asked, reply)
        return reply

    return apply


def arguments(change: Callable[[str], str]) -> Change:
    def apply(call: Any) -> None:
        call["function"]["arguments"] = change(call["function"]["arguments"])

    return apply


def chooses(value: Any) -> Callable[[Asked], bool]:
    return lambda asked: offers_tools(asked) and body_of(asked).get("tool_choice") == value


def names_a_tool(asked: Asked) -> bool:
    return offers_tools(asked) and isinstance(body_of(asked).get("tool_choice"), dict)


mutant("call-without-type", "tools.call-shape", change=each_call(without("type")))
mutant(
    "call-arguments-object",
    "tools.call-shape",
    "tools.arguments-are-json",
    change=each_call(lambda call: call["function"].update(arguments={"city": "Paris"})),
)
mutant(
    "call-arguments-missing",
    "tools.call-shape",
    "tools.arguments-are-json",
    change=each_call(lambda call: without("arguments")(call["function"])),
)
mutant(
    "piece-without-index",
    "tools.delta-shape",
    "tools.arguments-are-json",
    "tools.identity-once",
    change=each_piece(lambda piece, n: without("index")(piece)),
)
mutant("piece-type-upper-case", "tools.delta-shape", change=each_piece(lambda piece, n: piece.update(type="FUNCTION")))
mutant("pieces-without-id", "tools.streamed-calls-identified", "tools.ids-differ", change=each_piece(lambda piece, n: without("id")(piece)))
mutant("pieces-without-type", "tools.streamed-calls-identified", change=each_piece(lambda piece, n: without("type")(piece)))


def name_late(listed: list[Any]) -> list[Any]:
    """Move the name of a call from its first piece to its second."""
    pieces = [p for e in listed if isinstance(e, dict) for c in e["choices"] for p in c["delta"].get("tool_calls", [])]
    for first, second in pairwise(pieces):
        if "name" in first["function"] and "name" not in second["function"]:
            second["function"]["name"] = first["function"].pop("name")
    return listed


mutant("name-in-second-piece", "tools.first-piece-identifies", change=events(offers_tools, name_late))
mutant("id-in-every-piece", "tools.identity-once", change=each_piece(lambda piece, n: piece.setdefault("id", "call_1")))
mutant("empty-name-in-every-piece", "tools.identity-once", change=each_piece(later(lambda piece: piece["function"].update(name=""))))
mutant("id-changes-with-pieces", "tools.identity-once", change=each_piece(lambda piece, n: piece.update(id=f"call_{n}")))
mutant("call-index-from-one", "tools.indexes-count-up", change=each_piece(lambda piece, n: piece.update(index=piece["index"] + 1)))
mutant("call-index-always-0", "tools.arguments-are-json", "tools.identity-once", change=each_piece(lambda piece, n: piece.update(index=0)))
mutant("no-arguments-as-nothing", "tools.arguments-are-json", change=each_call(arguments(lambda text: "" if text == "{}" else text)))
mutant(
    "arguments-cut-in-silence",
    "tools.arguments-are-json",
    change=each_call(arguments(lambda text: text[:-1])),
)
mutant(
    "cut-call-passed-off-as-whole",
    "tools.arguments-are-json",
    change=plain(lambda a: offers_tools(a) and body_of(a).get("max_tokens") == 4, choice(setting("finish_reason", "tool_calls"))),
)
mutant("strict-arguments-wrong", "tools.strict-arguments-fit", change=each_call(arguments(lambda text: text.replace("-1.5", '"-1.5"'))))
mutant(
    "call-of-unknown-tool",
    "tools.declared-names",
    "tools.named-means-that-one",
    change=each_call(lambda call: call["function"].update(name="other")),
)
mutant("call-ids-alike", "tools.ids-differ", change=each_call(setting("id", "call_1")))
mutant("empty-list-of-calls", "tools.no-empty-list", change=plain(any_chat, message(lambda m: m.setdefault("tool_calls", []))))
mutant(
    "calls-end-with-stop",
    "tools.finish-reason",
    change=both(plain(lambda a: offers_tools(a) and body_of(a).get("tool_choice") == "auto", choice(setting("finish_reason", "stop")))),
)
mutant(
    "call-in-text-too",
    "tools.not-in-text",
    change=plain(
        lambda a: offers_tools(a) and {"response_format", "logprobs"}.isdisjoint(body_of(a)),
        message(lambda m: m.update(content=f"<tool_call>{m['tool_calls'][0]['function']['arguments']}") if m.get("tool_calls") else None),
    ),
)
mutant("none-ignored", "tools.none-means-none", ask=rewriting(chooses("none"), setting("tool_choice", "auto")))
mutant(
    "required-ignored",
    "tools.required-means-a-call",
    ask=rewriting(chooses("required"), setting("tool_choice", "none")),
)
mutant(
    "named-ignored",
    "tools.named-means-that-one",
    ask=rewriting(taken(names_a_tool), setting("tool_choice", "none")),
)
mutant(
    "auto-never-calls",
    "tools.auto-can-call",
    ask=rewriting(lambda a: offers_tools(a) and body_of(a).get("tool_choice", "auto") == "auto", setting("tool_choice", "none")),
)
mutant("parallel-off-ignored", "tools.parallel-off", ask=rewriting(offers_tools, without("parallel_tool_calls")))


def refuses_null_content(asked: Asked, reply: Reply) -> Reply:
    if b'"role":"assistant","content":null' in asked.body:
        return Reply(
            400,
            reply.headers | {"content-type": "application/json"},
            Refusal(400, "content must be a string", "invalid_type", "messages").body,
        )
    return reply


mutant("null-content-refused-on-replay", "http.valid-request-succeeds", change=refuses_null_content)

# logprobs -------------------------------------------------------------------------------------------------------------


def entries(change: Change) -> Callable[[Asked, Reply], Reply]:
    """Change each scored token of whole replies."""

    def over(body: Any) -> None:
        for item in body["choices"]:
            for entry in (item["logprobs"] or {}).get("content") or []:
                change(entry)

    return plain(any_chat, over)


mutant(
    "logprobs-unasked",
    "logprobs.only-when-asked",
    change=plain(any_chat, choice(lambda item: item.update(logprobs=item["logprobs"] or {"content": [], "refusal": None}))),
)
mutant(
    "logprobs-ignored",
    "logprobs.come-when-asked",
    ask=rewriting(taken(lambda a: any_chat(a) and not is_stream(a)), without("logprobs", "top_logprobs")),
)
mutant(
    "alternatives-too-many",
    "logprobs.alternatives-as-asked",
    change=entries(lambda e: e.update(top_logprobs=[{"token": "a", "logprob": -1.0, "bytes": None}] * 3)),
)
mutant(
    "alternatives-never",
    "logprobs.alternatives-given",
    change=both(
        entries(setting("top_logprobs", [])),
        chunks(any_chat, chunk_choice(lambda item, n: [e.update(top_logprobs=[]) for e in (item["logprobs"] or {}).get("content", [])])),
    ),
)
mutant(
    "alternatives-null",
    "chat.logprobs-shape",
    change=entries(lambda e: e.update(top_logprobs=e["top_logprobs"] or None)),
)
mutant("alternatives-rising", "logprobs.alternatives-sorted", change=entries(lambda e: e["top_logprobs"].reverse()))
mutant(
    "logprobs-without-refusal",
    "logprobs.refusal-present",
    change=plain(any_chat, choice(lambda item: without("refusal")(item["logprobs"] or {}))),
)
mutant("logprobs-positive", "logprobs.not-positive", change=entries(setting("logprob", 0.5)))
mutant("logprobs-of-other-tokens", "logprobs.tokens-are-the-text", change=entries(lambda e: e.update(token="x", bytes=None)))
mutant(
    "logprobs-lost-in-stream",
    "logprobs.tokens-are-the-text",
    change=chunks(any_chat, chunk_choice(lambda item, n: item.update(logprobs=None) if n == 2 else None)),
)
mutant(
    "logprobs-lose-the-finish",
    "chat-stream.every-choice-finishes",
    change=events(lambda a: any_chat(a) and body_of(a).get("logprobs") is True, drop_finish),
)

# structured -----------------------------------------------------------------------------------------------------------


def formatted(kind: str) -> Callable[[Asked], bool]:
    return lambda asked: any_chat(asked) and (body_of(asked).get("response_format") or {}).get("type") == kind


def fence(m: Any) -> None:
    m["content"] = f"```json\n{m['content']}\n```"


mutant(
    "json-in-a-fence",
    "structured.json-object",
    change=plain(lambda a: formatted("json_object")(a) and "logprobs" not in body_of(a), message(fence)),
)
mutant("schema-in-a-fence", "structured.strict-schema", "structured.loose-schema", change=plain(formatted("json_schema"), message(fence)))
mutant(
    "schema-ignored",
    "structured.strict-schema",
    "structured.loose-schema",
    ask=rewriting(
        formatted("json_schema"),
        lambda body: body.update(response_format={"type": "json_object"}) if "json_schema" in body["response_format"] else None,
    ),
)

# embeddings -----------------------------------------------------------------------------------------------------------


def is_embedding(asked: Asked) -> bool:
    return asked.path == "/embeddings"


def several(asked: Asked) -> bool:
    given = body_of(asked).get("input")
    return is_embedding(asked) and isinstance(given, list) and len(given) == 3 and isinstance(given[0], str)


def two_texts(asked: Asked) -> bool:
    given = body_of(asked).get("input")
    return is_embedding(asked) and isinstance(given, list) and len(given) == 2 and isinstance(given[0], str)


def in_base64(asked: Asked) -> bool:
    return is_embedding(asked) and body_of(asked).get("encoding_format") == "base64"


def reorder(body: Any) -> None:
    body["data"].reverse()


def swap_vectors(body: Any) -> None:
    first, second = body["data"][0], body["data"][1]
    first["embedding"], second["embedding"] = second["embedding"], first["embedding"]


mutant("embeddings-object", "embeddings.object-shape", change=plain(is_embedding, setting("object", "embedding_response")))
mutant("embedding-item-object", "embeddings.item-shape", change=plain(is_embedding, each_model(setting("object", "vector"))))
mutant("embeddings-usage", "embeddings.usage-shape", change=plain(is_embedding, lambda body: without("prompt_tokens")(body["usage"])))
mutant("embeddings-out-of-order", "embeddings.one-for-each-input", change=plain(several, reorder))
mutant("embeddings-index-zero", "embeddings.one-for-each-input", change=plain(several, each_model(setting("index", 0))))
mutant("base64-ignored", "embeddings.format-as-asked", ask=rewriting(in_base64, without("encoding_format")))
mutant(
    "embeddings-of-two-lengths", "embeddings.vectors-alike", change=plain(several, lambda body: body["data"][0]["embedding"].pop() and None)
)
mutant(
    "dimensions-ignored",
    "embeddings.dimensions-as-asked",
    ask=rewriting(lambda a: is_embedding(a) and body_of(a).get("dimensions") != 0, without("dimensions")),
)
mutant(
    "base64-big-endian",
    "embeddings.base64-agrees",
    change=plain(in_base64, each_model(lambda item: item.update(embedding=swapped(item["embedding"])))),
)
mutant(
    "vectors-swapped",
    "embeddings.batch-agrees",
    change=plain(two_texts, swap_vectors),
)


def swapped(text: str) -> str:
    """A base64 vector with the bytes of each number the other way round."""
    import base64

    raw = base64.b64decode(text)
    return base64.b64encode(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))).decode()
