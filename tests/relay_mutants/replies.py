"""Gateways that change what they give back."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from tests.relay_gateway import Given
from tests.relay_mutants.making import TOKEN, Body, messages, mutant, plainly, reheaded, without


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
