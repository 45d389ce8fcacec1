"""Mutants of http."""

from __future__ import annotations

from harness.reference.exchange import ServerReply, ServerRequest, encode, frame
from harness.reference.faults.changing import HOUR, always, any_chat, body_of, events, headers, is_chat, plain, refusals, rewriting, setting
from harness.reference.faults.service import OneSlot
from harness.reference.faults.where import error, instead
from harness.reference.refusals import KEY, RefusalError
from tests.mutants.changing import mutant


def cut(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """End a stream's connection in the middle."""
    if is_chat(asked) and reply.events is not None and body_of(asked).get("n") is None:
        reply.events = reply.events[:3]
        reply.breaks_off = True
    return reply


def stall(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Let a stream hang after its first event."""
    if is_chat(asked) and reply.events is not None and body_of(asked).get("n") == 2:
        reply.pace = HOUR
    return reply


def flood(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send more than anybody wants."""
    if is_chat(asked) and reply.events is not None and body_of(asked).get("n") == 2:
        reply.events = [b": " + b"x" * 1_000_000 + b"\n\n"] * 12
    return reply


mutant("stream-cut", "http.reply-is-whole", change=cut)
mutant("stream-stalls", "http.reply-is-whole", change=stall)
mutant("stream-without-end", "http.reply-is-whole", change=flood)


def fails(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Fail on a rare but valid request."""
    if b'"name":"ada"' in asked.body:
        return ServerReply(500, {**reply.headers, "content-type": "application/json"}, RefusalError(500, "The server had an error.").body)
    return reply


def creates(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if is_chat(asked) and reply.status == 200:
        reply.status = 201
    return reply


mutant("valid-request-fails", "http.valid-request-succeeds", change=fails)
mutant("create-is-201", "http.valid-request-succeeds", "http.survives-hang-up", "chat.parameter-taken", change=creates)


def refuses_developer(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if b'"developer"' in asked.body:
        return ServerReply(
            400, {**reply.headers, "content-type": "application/json"}, RefusalError(400, "unknown role", "invalid_value", "messages").body
        )
    return reply


mutant(
    "crash-on-empty-content",
    "http.valid-request-succeeds",
    change=lambda a, r: ServerReply(500, r.headers, RefusalError(500, "oh").body) if b'"role":"user","content":""' in a.body else r,
)
mutant("developer-role-refused", "http.valid-request-succeeds", change=refuses_developer)
mutant(
    "json-as-text",
    "http.json-content-type",
    change=lambda a, r: headers(is_chat, content_type="text/plain")(a, r) if r.status == 200 and r.events is None else r,
)
mutant("terminator-glued-on", "http.json-object", change=plain(is_chat, lambda body: encode(body) + b"\ndata: [DONE]\n\n"))


def stream_anyway(asked: ServerRequest) -> ServerRequest:
    return rewriting(any_chat, setting("stream", True))(asked) if body_of(asked).get("stream", 0) is None else asked


mutant("null-streams", "http.json-content-type", ask=stream_anyway)
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


def waits_in_words(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if body_of(asked).get("n") == 2:
        body = {"error": {"message": "Rate limit reached.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
        return ServerReply(429, {**reply.headers, "content-type": "application/json", "retry-after": "soon"}, body)
    return reply


mutant("retry-after-in-words", "http.retry-after-readable", change=waits_in_words)


def compresses(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    import gzip

    if is_chat(asked) and reply.status == 200 and reply.events is None:
        reply.body = gzip.compress(encode(reply.body))
        reply.headers["content-encoding"] = "gzip"
    return reply


mutant("compressed-unasked", "http.not-compressed-unasked", change=compresses)
mutant("key-in-header", "http.key-not-echoed", change=headers(is_chat, x_debug=f"key={KEY}"))


def echo_key(reply: ServerReply) -> None:
    reply.body["error"]["message"] += f" You sent {KEY}."


mutant("key-in-error", "http.key-not-echoed", change=refusals(is_chat, echo_key))


class DiesAfterHangUp:
    """Fails once for each stream that may have been left."""

    def __init__(self) -> None:
        self.streams = 0

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if b"from 1 to 30" in asked.body:
            self.streams = 1
        elif self.streams and is_chat(asked) and reply.events is None:
            self.streams -= 1
            return ServerReply(500, {**reply.headers, "content-type": "application/json"}, RefusalError(500, "busy").body)
        return reply


mutant(
    "dead-on-head",
    "http.methods-are-no-fault",
    change=lambda a, r: ServerReply(500, r.headers, RefusalError(500, "oh").body) if a.method == "HEAD" else r,
)
mutant("dead-after-hang-up", "http.survives-hang-up", "http.valid-request-succeeds", remembers=True, change=DiesAfterHangUp())


class MixesReplies:
    """Gives some requests the text of the request before them."""

    def __init__(self) -> None:
        self.last: ServerRequest | None = None

    def __call__(self, asked: ServerRequest) -> ServerRequest:
        """Ask something else."""
        before, self.last = self.last, asked
        mixed = b"dulcimer" in asked.body and before is not None and b"Repeat three" in before.body
        return before if mixed and before is not None else asked


mutant("replies-mixed", "http.replies-stay-apart", remembers=True, ask=MixesReplies())
mutant("orphan-made-to-its-end", "http.nobody-waits-for-who-left", remembers=True, change=OneSlot())
mutant(
    "options-needs-a-key",
    "http.options-asks-nothing",
    change=lambda a, r: instead(r, 401, error("no key")) if a.method == "OPTIONS" else r,
)
mutant(
    "options-is-an-empty-request",
    "http.options-asks-nothing",
    change=lambda a, r: (
        instead(r, 200, error("messages: field required")) if a.method == "OPTIONS" and a.path == "/chat/completions" else r
    ),
)


def forgets_headers(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Allow the headers of a plain call, and not those of the official client."""
    if asked.method == "OPTIONS":
        reply.headers["access-control-allow-headers"] = "*"
    return reply


mutant("preflight-with-a-wildcard", "http.cors-headers-allowed", change=forgets_headers)
mutant(
    "refusals-closed-to-pages",
    "http.cors-on-every-reply",
    change=lambda asked, reply: headers(always, access_control_allow_origin=None)(asked, reply) if reply.status >= 400 else reply,
)
