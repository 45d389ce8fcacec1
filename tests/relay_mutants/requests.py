"""Gateways that change what they pass on to the upstream."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from tests.relay_gateway import HOP, Given
from tests.relay_mutants.making import Body, asking, dumps, loads, mutant


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
