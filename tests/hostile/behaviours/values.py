"""One member of the right reply with another value: every kind of value at the members that checks read most."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

from harness.model import Data
from tests.hostile.server import Talk

from .kind import Behaviour, document, with_document

AT = (
    "id",
    "object",
    "created",
    "model",
    "choices",
    "usage",
    "data",
    "output",
    "status",
    "choices/0/index",
    "choices/0/finish_reason",
    "choices/0/message",
    "choices/0/message/role",
    "choices/0/message/content",
    "choices/0/message/tool_calls",
    "choices/0/logprobs",
    "choices/0/delta",
    "choices/0/delta/content",
    "usage/prompt_tokens",
    "usage/total_tokens",
    "data/0/embedding",
    "data/0/index",
    "output/0/type",
)

VALUES: dict[str, str] = {
    "null": "null",
    "list": "[]",
    "object": "{}",
    "true": "true",
    "text": '"x"',
    "empty": '""',
    "negative": "-1",
    "float": "1.5",
    "digits-400": "9" * 400,
    "digits-4300": "9" * 4301,
    "tiny": "5e-324",
    "huge": "1e308",
    "surrogate": '"\\ud800"',
    "controls": '"\\u001b[2J\\u001b]0;owned\\u0007\\u0000\\u202e\\u2066\\u009b31m"',
    "command": '"\\n::add-mask::x\\n::stop-commands::y\\n"',
    "markup": '"</script><img src=x onerror=alert(1)>|`[x](javascript:alert(1))"',
    "nested": '[[{"type":{},"id":[],"text":1,"function":7}]]',
    "long-text": json.dumps("x" * 100_000),
}

HARMLESS = {
    ("id", "text"),
    ("id", "long-text"),
    ("usage", "null"),
    ("choices/0/logprobs", "null"),
    ("choices/0/delta/content", "null"),
    ("choices/0/message/content", "null"),
    ("choices/0/message/content", "command"),
    ("choices/0/message/tool_calls", "list"),
    ("choices/0/delta/content", "controls"),
    ("choices/0/delta/content", "empty"),
    ("model", "text"),
    ("model", "markup"),
    ("model", "command"),
}
"""What breaks no MUST: ids and contents may be any text, and some members may be null."""


def replaced(value: Data, path: list[str], mark: str) -> Data:
    """The value with the member at a path replaced by a mark. A member that is not there is added to a message only."""
    if not path:
        return mark
    first, *rest = path
    if isinstance(value, list):
        return [replaced(one, rest, mark) if str(at) == first else one for at, one in enumerate(value)]
    if isinstance(value, dict) and first in value:
        return {name: replaced(one, rest, mark) if name == first else one for name, one in value.items()}
    if isinstance(value, dict) and not rest and "role" in value:
        return {**value, first: mark}  # a message need not have it, but may
    return value


def _with(at: str, text: str, talk: Talk) -> None:
    changed = json.dumps(replaced(document(talk), at.split("/"), "@@here@@"))
    if "@@here@@" not in changed:
        talk.respond()
        return
    with_document(talk, changed.replace('"@@here@@"', text))


def behaviours() -> Iterable[Behaviour]:
    """All of this family: every value at the first places, and a turn of them at the others."""
    names = list(VALUES)
    for number, at in enumerate(AT):
        chosen = (
            names
            if at in ("id", "choices", "choices/0/message", "choices/0/finish_reason")
            else [names[(number * 5 + k * 7) % len(names)] for k in range(6)]
        )
        for name in dict.fromkeys(chosen):
            harmless = (at, name) in HARMLESS or (
                at == "output/0/type" and VALUES[name].startswith('"')
            )  # unknown types of items are a SHOULD
            yield Behaviour(f"value-{at.replace('/0', '').replace('/', '-')}-{name}", partial(_with, at, VALUES[name]), harmless=harmless)
