"""Gateways with one fault each, and the requirements that it breaks."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.relay_gateway import HOP, OWN_KEY, Asked, Gateway, Given, Headers, error

Body = dict[str, Any]
_NUMBER = re.compile('"\ue000([^"]*)"')
TOKEN = re.compile(rb"wp[0-9a-f]{8}x[0-9]+z")


@dataclass(frozen=True)
class Mutant:
    """A faulty gateway: its name, what it breaks, and how it is made. ``slow`` ones need the cases that take time.

    So long, in seconds, a client waits for more: its ``patience``.
    """

    name: str
    breaks: frozenset[str]
    faults: dict[str, Any]
    slow: bool = False
    patience: float = 30


MUTANTS: list[Mutant] = []


def mutant(name: str, *breaks: str, slow: bool = False, patience: float = 30, **faults: Any) -> None:
    """Declare one."""
    MUTANTS.append(Mutant(name, frozenset(breaks), faults, slow, patience))


def gateway(upstream: str, faults: dict[str, Any]) -> Gateway:
    """A gateway with faults."""
    return Gateway(upstream, **faults)


def loads(text: bytes) -> Any:
    """JSON whose numbers are texts that ``dumps`` writes as they were."""
    return json.loads(text, parse_int=lambda n: f"\ue000{n}", parse_float=lambda n: f"\ue000{n}")


def dumps(value: Any) -> bytes:
    """The reverse of ``loads``."""
    return _NUMBER.sub(r"\1", json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()


def asking(change: Callable[[Body], None]) -> Callable[[Asked], Asked]:
    """Change what is asked."""

    def ask(asked: Asked) -> Asked:
        body = loads(asked.body)
        change(body)
        return replace(asked, body=dumps(body))

    return ask


def plainly(change: Callable[[Body], None]) -> Callable[[Given], Given]:
    """Change whole replies."""

    def plain(given: Given) -> Given:
        try:
            body = loads(given.body)
        except ValueError:
            return given
        change(body)
        return replace(given, body=dumps(body))

    return plain


def messages(body: Body) -> list[Body]:
    """The messages of a chat reply."""
    return [choice["message"] for choice in body.get("choices", []) if "message" in choice]


async def blocks(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """A stream event by event, as it was written."""
    rest = b""
    async for piece in pieces:
        *whole, rest = re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", rest + piece)
        for block in whole:
            if block:
                yield block
    if rest:
        yield rest


def streaming(change: Callable[[bytes], list[bytes]]) -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    """Change a stream event by event."""

    async def stream(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        async for block in blocks(pieces):
            for made in change(block):
                yield made

    return stream


def refusing(wanted: Callable[[Given], bool], change: Callable[[Given], Given]) -> Callable[[Given], Given]:
    """Change some refusals."""
    return lambda given: change(given) if wanted(given) else given


def has(*statuses: int) -> Callable[[Given], bool]:
    """Whether a refusal has one of these statuses."""
    return lambda given: given.status in statuses


def becomes(status: int) -> Callable[[Given], Given]:
    """Another status."""
    return lambda given: replace(given, status=status)


def wording(change: Callable[[Body], None]) -> Callable[[Given], Given]:
    """Change the error of all refusals."""

    def refuse(given: Given) -> Given:
        body = json.loads(given.body)
        change(body["error"])
        return replace(given, body=json.dumps(body).encode())

    return refuse


def without(*names: str) -> Callable[[Headers], Headers]:
    """Headers without some."""
    return lambda headers: [(name, value) for name, value in headers if not name.startswith(names)]


def reheaded(change: Callable[[Headers], Headers]) -> dict[str, Any]:
    """Other headers, in whole replies, refusals and streams alike."""

    def given(it: Given) -> Given:
        return replace(it, headers=change(it.headers))

    return {"plain": given, "refuse": given, "stream_headers": change}


def dropping_null(body: Body) -> None:
    for name in [name for name, value in body.items() if value is None]:
        del body[name]


def unknown(body: Body) -> None:
    for name in ("wireproof_unknown", "wireproof_extra", "top_k", "min_p"):
        body.pop(name, None)


def composed(body: Body) -> None:
    for message in body.get("messages", []):
        if isinstance(message.get("content"), str):
            message["content"] = unicodedata.normalize("NFC", message["content"])


def seed_as_double(body: Body) -> None:
    if str(body.get("seed", "")).startswith("\ue000"):
        body["seed"] = f"\ue000{int(float(body['seed'][1:]))}"


def without_fraction(body: Body) -> None:
    for name, value in body.items():
        if isinstance(value, str) and re.fullmatch("\ue000[0-9]+\\.0+", value):
            body[name] = value.split(".")[0]


def system_first(body: Body) -> None:
    if "messages" in body:
        body["messages"].sort(key=lambda message: message["role"] != "system")


def as_messages(text: bytes) -> bytes:
    body = loads(text)
    return dumps({"model": body["model"], "messages": [{"role": "user", "content": str(body["prompt"])}]})


def no_tools(body: Body) -> None:
    if "messages" in body:
        body.setdefault("tools", [])


def in_32_bits(body: Body) -> None:
    for name, value in body.items():
        if isinstance(value, str) and re.fullmatch("\ue000[0-9]+\\.[0-9]+", value):
            body[name] = f"\ue000{float(f'{float(value[1:]):.8g}')}"


CANNED = Given(200, [("content-type", "application/json")], b'{"id":"x","choices":[]}')

# Requests
mutant(
    "answers-by-itself",
    "relay-request.reaches-upstream",
    own_reply=lambda asked: (
        Given(200, [("content-type", "application/json")], b'{"id":"x","choices":[]}') if b'"seed":7' in asked.body else None
    ),
)
mutant(
    "endpoint-translated",
    "relay-request.keeps-its-endpoint",
    "relay-request.stays-valid",
    "relay-reply.stays-valid",
    ask=lambda asked: replace(asked, path="/chat/completions") if b'"prompt":["One' in asked.body else asked,
)
mutant(
    "sent-as-text",
    "relay-request.is-json",
    ask=lambda asked: replace(asked, headers=[(n, "text/plain" if n == "content-type" else v) for n, v in asked.headers]),
)
mutant("stream-options-removed", "relay-request.members-arrive", ask=asking(lambda body: body.pop("stream_options", None) and None))
mutant("unknown-members-removed", "relay-request.unknown-members-arrive", ask=asking(unknown))
mutant("nulls-removed", "relay-request.nulls-arrive", ask=asking(dropping_null))
mutant("text-composed", "relay-request.values-stay", ask=asking(composed))
mutant("seed-as-double", "relay-request.numbers-keep-their-value", ask=asking(seed_as_double))
mutant("fractions-of-zero-removed", "relay-request.numbers-stay-as-written", ask=asking(without_fraction))
mutant("system-messages-first", "relay-request.order-stays", ask=asking(system_first))
mutant(
    "half-translated",
    "relay-request.keeps-its-endpoint",
    "relay-reply.stays-valid",
    ask=lambda asked: replace(asked, path="/chat/completions", body=as_messages(asked.body)) if b'"prompt":["One' in asked.body else asked,
)
mutant("empty-tools-added", "relay-request.stays-valid", "relay-request.nothing-added", ask=asking(no_tools))
mutant("fractions-in-32-bits", "relay-request.numbers-stay-as-written", ask=asking(in_32_bits))
mutant("member-added", "relay-request.nothing-added", ask=asking(lambda body: body.setdefault("wireproof_added", True) and None))
mutant("client-key-passed-on", "relay-request.client-key-stays", hop=frozenset(HOP - {"authorization"}))
mutant("connection-ignored", "relay-request.connection-headers-stay", heeds_connection=False)


# Replies
def usage_lost(body: Body) -> None:
    body.pop("usage", None)


def reasoning_lost(body: Body) -> None:
    for message in messages(body):
        message.pop("reasoning_content", None)


def text_composed(body: Body) -> None:
    for message in messages(body):
        if isinstance(message.get("content"), str):
            message["content"] = unicodedata.normalize("NFC", message["content"])


def vectors_rounded(body: Body) -> None:
    for item in body.get("data", []):
        if isinstance(item.get("embedding"), list):
            item["embedding"] = [f"\ue000{float(n[1:]):.6f}" if "12345678" in n else n for n in item["embedding"]]


def vectors_shortened(body: Body) -> None:
    for item in body.get("data", []):
        if isinstance(item.get("embedding"), list):
            item["embedding"] = ["\ue000-1" if n == "\ue000-1.0" else n for n in item["embedding"]]


def choices_sorted(body: Body) -> None:
    if "choices" in body:
        body["choices"].sort(key=lambda choice: choice["index"])


def refusal_nulls_removed(body: Body) -> None:
    for message in messages(body):
        if message.get("refusal", "") is None:
            del message["refusal"]


def usage_invented(body: Body) -> None:
    if body.get("choices"):
        body.setdefault("usage", {"prompt_tokens": "\ue0000", "completion_tokens": "\ue0000", "total_tokens": "\ue0000"})


def id_replaced(body: Body) -> None:
    if "id" in body:
        body["id"] = "chatcmpl-of-the-gateway"


class Remembers:
    """Gives away what belongs to the request before."""

    def __init__(self) -> None:
        self.last = b""

    def __call__(self, given: Given) -> Given:
        """Change one reply."""
        before, self.last = self.last, b" ".join(TOKEN.findall(given.body)[:1])
        return replace(given, headers=[*given.headers, ("x-cache-key", before.decode())]) if before else given


mutant("reply-cut", "relay-reply.whole", cuts_replies=True)
mutant("success-is-201", "relay-reply.success-stays", plain=lambda given: replace(given, status=201))
mutant(
    "json-as-text",
    "relay-reply.media-type-stays",
    plain=lambda given: replace(given, headers=[("content-type", "text/plain"), *without("content-type")(given.headers)]),
)
mutant("terminator-behind-json", "relay-reply.is-json", plain=lambda given: replace(given, body=given.body + b"\n[DONE]"))
mutant("usage-lost", "relay-reply.members-arrive", plain=plainly(usage_lost))
mutant("reasoning-lost", "relay-reply.unknown-members-arrive", plain=plainly(reasoning_lost))
mutant("reply-composed", "relay-reply.values-stay", plain=plainly(text_composed))
mutant("vectors-rounded", "relay-reply.numbers-keep-their-value", plain=plainly(vectors_rounded))
mutant("vectors-shortened", "relay-reply.numbers-stay-as-written", plain=plainly(vectors_shortened))
mutant("choices-sorted", "relay-reply.order-stays", plain=plainly(choices_sorted))
mutant("reply-nulls-removed", "relay-reply.nulls-arrive", plain=plainly(refusal_nulls_removed))
mutant("usage-invented", "relay-reply.nothing-invented", "relay-reply.nothing-added", plain=plainly(usage_invented))
mutant("cost-added", "relay-reply.nothing-added", plain=plainly(lambda body: body.update(wireproof_cost="free")))
mutant(
    "id-replaced",
    "relay-reply.identity-stays",
    plain=plainly(lambda body: ("id" in body and body.update(id="chatcmpl-of-the-gateway")) or None),
)
mutant("request-id-twice", "relay-reply.headers-come-once", **reheaded(lambda headers: [*headers, ("x-request-id", "another")]))
mutant("request-id-lost", "relay-reply.request-id-kept", **reheaded(without("x-request-id")))
mutant("rate-limits-lost", "relay-reply.rate-limits-kept", **reheaded(without("x-ratelimit")))
mutant("compressed-unasked", "relay-reply.coding-was-offered", decodes=False)
mutant("address-told", "relay-reply.address-stays-behind", names_upstream=True)
mutant("replies-mixed", "relay-reply.stays-apart", plain=Remembers())


# Streams
def on(mark: bytes, change: Callable[[bytes], list[bytes]]) -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    """Change the events that hold a mark."""
    return streaming(lambda block: change(block) if mark in block else [block])


mutant(
    "unfinished-left-out",
    "relay-reply.stays-valid",
    "relay-reply.nulls-arrive",
    stream=on(b'"finish_reason":null', lambda block: [block.replace(b',"finish_reason":null', b"")]),
)
mutant(
    "empty-piece-left-out",
    "relay-reply.nulls-arrive",
    stream=on(b'"content":""', lambda block: [block.replace(b',"content":""', b"")]),
)
mutant(
    "empty-usage-in-chunks",
    "relay-reply.stays-valid",
    "relay-reply.nothing-invented",
    "relay-reply.nothing-added",
    stream=on(b'"choices"', lambda block: [block if b'"usage"' in block else block.replace(b'{"id"', b'{"usage":{},"id"', 1)]),
)


def role_first_and_no_usage(block: bytes) -> list[bytes]:
    """In a stream with usage, these are as many chunks as the upstream's, and none is the same."""
    told = b'"delta":{"role":"assistant",'
    if re.search(told + rb'"content":"[^{}]*\}', block):
        return [re.sub(told + rb"[^{}]*\}", b'"delta":{"role":"assistant"}', block), block.replace(told, b'"delta":{')]
    return [] if b'"choices":[],"usage"' in block else [block]


def named_away(block: bytes) -> list[bytes]:
    return [re.sub(rb"event: [^\n]*\n", b"", block)]


def no_comment(block: bytes) -> list[bytes]:
    return [] if block.startswith(b": ") and b"\ndata:" not in block else [block]


def as_latin(block: bytes) -> list[bytes]:
    return [block.replace("ü".encode(), b"\xfc")]


async def stripped_at_the_end(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    last = b""
    async for block in blocks(pieces):
        if last:
            yield last
        last = block
    yield last.rstrip()


def held_until_the_end() -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    async def stream(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        yield b"".join([piece async for piece in pieces])

    return stream


def late_at_the_end() -> Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]:
    async def stream(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        async for block in blocks(pieces):
            if b'"finish_reason":"stop"' in block or b"response.completed" in block:
                await asyncio.sleep(1.5)
            yield block

    return stream


mutant(
    "chunk-doubled",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    stream=on(b'"content":"from "', lambda block: [block, block]),
)
mutant(
    "cut-in-other-pieces",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    stream=streaming(role_first_and_no_usage),
)
mutant("chunk-without-choices-lost", "relay-stream.chunk-for-chunk", stream=on(b"prompt_filter_results", lambda block: []))
mutant(
    "terminator-lost", "relay-stream.terminator-once", stream=streaming(lambda block: [] if block.startswith(b"data: [DONE]") else [block])
)
mutant("terminator-twice", "relay-stream.terminator-once", stream=on(b"data: [DONE]\n\n", lambda block: [block, block]))
mutant("event-names-lost", "relay-stream.event-names-stay", stream=on(b"event: response", named_away))
mutant("comments-lost", "relay-stream.comments-pass", stream=streaming(no_comment))
mutant(
    "stream-in-latin-1",
    "relay-stream.utf8",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    stream=on("Grüße".encode(), as_latin),
)
mutant("last-line-end-lost", "relay-stream.last-event-ends", stream=stripped_at_the_end)

# Failures
FAILED = "relay-failure."
INVENTED = (
    b'{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}'
)


def as_json(headers: Headers) -> Headers:
    return [("content-type", "application/json"), *without("content-type")(headers)]


mutant(
    "reply-invented",
    FAILED + "is-no-success",
    plain=lambda given: given if given.body.startswith(b"{") else Given(200, as_json(given.headers), INVENTED),
)
mutant(
    "client-faults-as-500",
    FAILED + "client-faults-stay",
    FAILED + "client-faults-keep-their-status",
    refuse=refusing(has(400, 404, 422), becomes(500)),
)
mutant("422-as-400", FAILED + "client-faults-keep-their-status", refuse=refusing(has(422), becomes(400)))
mutant("conflict-as-400", FAILED + "conflicts-stay", refuse=refusing(has(409), becomes(400)))
mutant("rate-limit-as-503", FAILED + "rate-limits-stay", refuse=refusing(has(429), becomes(503)))
mutant("retry-after-lost", FAILED + "retry-after-stays", **reheaded(without("retry-after")))
mutant("key-as-400", FAILED + "keys-of-the-gateway", refuse=refusing(has(401), becomes(400)))
mutant(
    "server-fault-as-400",
    FAILED + "server-faults-stay",
    FAILED + "server-faults-keep-their-status",
    refuse=refusing(has(500), becomes(400)),
)
mutant("500-as-501", FAILED + "server-faults-keep-their-status", refuse=refusing(has(500), becomes(501)))
mutant("death-as-404", FAILED + "death-is-5xx", death=lambda: error(404, "No such model."))
mutant("other-errors-passed-on", FAILED + "error-object", passes_error=lambda body: body.startswith(b"{"))
mutant("web-pages-passed-on", FAILED + "is-json", passes_error=lambda body: body.startswith(b"<"))
mutant("code-is-a-number", FAILED + "members-are-right", FAILED + "members-stay", refuse=wording(lambda told: told.update(code=1234)))
mutant("message-replaced", FAILED + "message-stays", refuse=wording(lambda told: told.update(message="Something went wrong.")))
mutant("param-lost", FAILED + "members-stay", refuse=wording(lambda told: told.update(param=None)))
mutant(
    "address-shown",
    FAILED + "shows-no-internals",
    refuse=wording(lambda told: told.update(message=told["message"] + " (http://127.0.0.1:9000/v1)")),
)
mutant("key-shown", FAILED + "key-not-shown", refuse=wording(lambda told: told.update(message=f"{told['message']} ({OWN_KEY})")))
mutant("error-events-lost", FAILED + "error-event-arrives", FAILED + "is-no-success", stream=on(b'"error"', lambda block: []))
mutant("hangs-when-the-upstream-dies", FAILED + "told-in-time", hangs=True, patience=12)
mutant("death-finished-neatly", FAILED + "death-shows-in-the-stream", FAILED + "is-no-success", swallows_death=True)

# Time
mutant(
    "held-until-the-end",
    "relay-time.not-held-back",
    "relay-time.each-in-time",
    "relay-time.leaving-ends-the-work",
    slow=True,
    stream=held_until_the_end(),
)
mutant("late-at-the-end", "relay-time.each-in-time", slow=True, stream=late_at_the_end())
mutant("leaving-unnoticed", "relay-time.leaving-ends-the-work", slow=True, listens_for_leaving=False)
mutant(
    "stream-begun-again",
    "relay-time.begun-stream-not-repeated",
    "relay-stream.content-adds-up",
    "relay-stream.chunk-for-chunk",
    begins_again=True,
)
mutant("asked-twice", "relay-time.good-reply-not-repeated", "relay-time.refusal-not-repeated", asks_twice=True)
mutant("refusal-repeated", "relay-time.refusal-not-repeated", retries=1, retry_on=lambda status: status == 400)
