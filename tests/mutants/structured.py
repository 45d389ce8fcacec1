"""Mutants of structured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerRequest
from harness.reference.faults.changing import any_chat, body_of, message, plain, rewriting
from tests.mutants.changing import mutant


def formatted(kind: str) -> Callable[[ServerRequest], bool]:
    return lambda asked: any_chat(asked) and (body_of(asked).get("response_format") or {}).get("type") == kind


def fence(m: Any) -> None:
    m["content"] = f"```json\n{m['content']}\n```"


mutant(
    "json-in-a-fence",
    "structured.json-object",
    change=plain(lambda a: formatted("json_object")(a) and "logprobs" not in body_of(a), message(fence)),
)
mutant(
    "schema-in-a-fence",
    "structured.json-object",
    "structured.loose-schema",
    "logprobs.tokens-are-the-text",
    change=plain(formatted("json_schema"), message(fence)),
)
mutant(
    "schema-ignored",
    "structured.strict-schema",
    "structured.loose-schema",
    ask=rewriting(
        formatted("json_schema"),
        lambda body: body.update(response_format={"type": "json_object"}) if "json_schema" in body["response_format"] else None,
    ),
)
