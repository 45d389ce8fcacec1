"""Requests that are wrong in one place: a valid one with a single member broken, or with a body that is no JSON of this kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from ...catalog import REQUEST_SCHEMAS, compact
from ...checks import Schemas
from ...model import Data
from .requests import KINDS, valid
from .sound import LIMITS

WRONG: tuple[Any, ...] = (7, -1, 1.5, "hot", "", True, [], {}, ["x"], {"x": 1}, [[]], 10**12, -(10**12), "x" * 300)
"""Values of every JSON type; which of them are wrong in a place, the schema says."""

DEEP = 200
HUGE = 20_000
SPARED = frozenset({"model", "service_tier", "logit_bias"})
"""Members that are not broken: a model's name is what it is, and of the others the reference says too little."""

FORGIVEN = frozenset({"prompt"})
"""Required members without which the reference has a default all the same."""

UNHEEDED: Mapping[str, tuple[str, ...]] = {
    "chat": ("user", "metadata", "store"),
    "completions": ("user",),
    "embeddings": ("user",),
    "responses": ("user", "safety_identifier", "prompt_cache_key"),
}
"""Members that change nothing in a reply: an endpoint may ignore them as it ignores those it does not know."""

SPOILT: Mapping[str, Callable[[str], str]] = {
    "trailing-comma": lambda text: text[:-1] + ",}",
    "nan": lambda text: text[:-1] + ', "temperature": NaN}',
    "infinity": lambda text: text[:-1] + ', "temperature": Infinity}',
    "single-quotes": lambda text: text[:-1] + ", 'user': 'x'}",
    "one-brace-more": lambda text: text + "}",
    "latin-1": lambda text: text[:-1] + ', "user": "\udce4\udc80"}',
    "utf-16": lambda text: "\udcff\udcfe" + "".join(letter + "\0" for letter in text if letter.isascii()),
    "array": lambda text: f"[{text}]",
    "text": lambda text: '"text"',
    "null": lambda text: "null",
    "nothing": lambda text: "",
    "cut-in-the-middle": lambda text: text[: len(text) // 2],
    "cut-at-the-end": lambda text: text[:-1],
}
"""Ways to make a body no JSON, or none in UTF-8, or no object. Lone low surrogates stand for bytes that are no UTF-8."""

DOUBTFUL: Mapping[str, Callable[[str], str]] = {
    "unknown-member": lambda text: text[:-1] + ', "wireproof_unknown": 1}',
    "member-twice": lambda text: text[:-1] + ', "user": "a", "user": "b"}',
    "lone-surrogate": lambda text: text[:-1] + ', "user": "\\ud800"}',
    "nul": lambda text: text[:-1] + ', "user": "\\u0000"}',
    "deep": lambda text: text[:-1] + f', "metadata": {{"deep": {"[" * DEEP}{"]" * DEEP}}}}}',
    "huge": lambda text: text[:-1] + f', "user": "{"x" * HUGE}"}}',
    "overflow": lambda text: text[:-1] + ', "seed": 1e400}',
    "many-digits": lambda text: text[:-1] + ', "seed": 123456789012345678901234567890}',
    "byte-order-mark": lambda text: "\ufeff" + text,
}
"""Bodies that may be taken or refused, and must not break anything."""


MOST_CHOICES = 20
DEPENDENT: Mapping[str, tuple[str, ...]] = {
    "stream": ("stream_options", "best_of"),
    "tools": ("tool_choice", "parallel_tool_calls"),
    "logprobs": ("top_logprobs",),
    "include": ("top_logprobs",),
    "n": ("best_of",),
    "best_of": ("n",),
}
"""Members that are right only beside another."""

GROUPED: Mapping[str, tuple[str, ...]] = {
    "chat": ("messages", "max_tokens", "stream", "stream_options", "tools", "tool_choice", "response_format", "logprobs", "top_logprobs"),
    "completions": ("prompt", "max_tokens", "stream", "stream_options"),
    "embeddings": ("input",),
    "responses": (
        "input",
        "max_output_tokens",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "text",
        "include",
        "top_logprobs",
        "reasoning",
    ),
}
"""Members beside those that stand alone."""

MANNERS = ("member", "member", "inside", "inside", "missing", "spoilt", "spoilt", "spoilt")
"""How a request is broken, each as often as it stands here."""


def broken(endpoint: str, schemas: Schemas) -> st.SearchStrategy[dict[str, Data]]:
    """What is broken: a valid ``body``, and what is done to it: a ``value`` put at a ``path``, a ``path`` left out, or its text spoilt."""
    sound = valid(endpoint, schemas)
    schema = REQUEST_SCHEMAS[endpoint]
    members = [name for name in (*KINDS[endpoint].plain, *GROUPED[endpoint]) if name not in SPARED]

    @st.composite
    def seed(draw: st.DrawFn) -> dict[str, Data]:
        body = draw(sound)
        manner = draw(st.sampled_from(MANNERS))
        if manner == "spoilt":
            return {"body": body, "how": draw(st.sampled_from([*SPOILT, *DOUBTFUL]))}
        if manner == "missing":
            return {"body": body, "path": [draw(st.sampled_from(schemas.documents[schema]["required"]))]}
        places = [place for name in body if name not in SPARED for place in _places(body[name], name)]
        path: list[str | int] = [draw(st.sampled_from(members))] if manner == "member" or not places else draw(st.sampled_from(places))
        wrong = [value for value in WRONG if not is_dear(path, value) and not schemas.is_valid(schema, put(body, path, value))]
        return {"body": body, "path": path, "value": draw(st.sampled_from(wrong or [{"x": [1]}]))}

    return seed()


def is_dear(path: list[str | int], value: Data) -> bool:
    """Whether an endpoint that takes a wrong number may work for long: it asks for many choices, or for no limit of tokens."""
    if len(path) != 1 or type(value) not in (int, float):
        return False
    return bool(value > MOST_CHOICES if path[0] in ("n", "best_of") else path[0] in LIMITS and value <= 0)


def named_for(seed: Mapping[str, Data]) -> list[str | None]:
    """The members that an error may name for what was broken, or none: those that depend on the broken one are then wrong too."""
    broken_one = seed["path"][0]
    return [broken_one, *(name for name in DEPENDENT.get(broken_one, ()) if name in seed["body"]), None]


def _places(value: Data, *before: str | int) -> list[list[str | int]]:
    """The places inside a value, by their paths; what a user's own schema or map says is his."""
    if isinstance(value, dict):
        inner: list[tuple[str | int, Data]] = [
            (name, item) for name, item in value.items() if name not in ("parameters", "schema", "metadata")
        ]
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    return [place for name, item in inner for place in ([*before, name], *_places(item, *before, name))]


def put(value: Data, path: list[str | int], new: Data) -> Data:
    """A copy of a value with something else at a place."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new) if len(path) > 1 else new
    return copy


def text_of(seed: Mapping[str, Data]) -> str:
    """The body of a broken request as it goes over the wire."""
    body = seed["body"]
    if "how" in seed:
        return {**SPOILT, **DOUBTFUL}[seed["how"]](compact(body))
    if "value" in seed:
        return compact(put(body, seed["path"], seed["value"]))
    return compact({name: value for name, value in body.items() if name != seed["path"][0]})


def deserves_refusal(seed: Mapping[str, Data], endpoint: str, schemas: Schemas) -> bool:
    """Whether what was broken is wrong for certain. A member that endpoints may ignore is not, nor an unknown one wherever it stands."""
    if "how" in seed:
        return seed["how"] in SPOILT
    if seed["path"][0] in UNHEEDED.get(endpoint, ()) or ("value" not in seed and seed["path"][0] in FORGIVEN):
        return False
    return not schemas.tolerant().is_valid(REQUEST_SCHEMAS[endpoint], json.loads(text_of(seed)))
