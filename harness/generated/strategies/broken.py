"""Requests that are wrong in one place: a valid request with one broken member, or with a malformed body."""

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
"""Values of every JSON type; the schema decides where they are wrong."""

DEEP = 200
HUGE = 20_000
SPARED = frozenset({"model", "service_tier", "logit_bias"})
"""Members that are never broken: the model's name, and members that the API reference hardly specifies."""

FORGIVEN = frozenset({"prompt"})
"""Required members for which the API reference nevertheless has a default."""

UNHEEDED: Mapping[str, tuple[str, ...]] = {
    "chat": ("user", "metadata", "store"),
    "completions": ("user",),
    "embeddings": ("user",),
    "responses": ("user", "safety_identifier", "prompt_cache_key"),
}
"""Members without effect on the reply: an endpoint may ignore them, like unknown members."""

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
"""Ways to make a body that is not JSON, not UTF-8, or not an object. Lone low surrogates stand for bytes that are not UTF-8."""

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
"""Bodies that an endpoint may accept or refuse, but that must not break it."""


MOST_CHOICES = 20
DEPENDENT: Mapping[str, tuple[str, ...]] = {
    "stream": ("stream_options", "best_of"),
    "tools": ("tool_choice", "parallel_tool_calls"),
    "logprobs": ("top_logprobs",),
    "include": ("top_logprobs",),
    "n": ("best_of",),
    "best_of": ("n",),
}
"""Members whose validity depends on another member."""

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
"""Members to break in addition to the plain ones."""

MANNERS = ("member", "member", "inside", "inside", "missing", "spoilt", "spoilt", "spoilt")
"""Ways to break a request; a repeated one is chosen more often."""


def broken(endpoint: str, schemas: Schemas) -> st.SearchStrategy[dict[str, Data]]:
    """A valid ``body`` and a way to break it: a ``value`` put at a ``path``, a ``path`` removed, or malformed text (``how``)."""
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
    """Whether a wrong number is costly if the endpoint accepts it: many choices, or no token limit."""
    if len(path) != 1 or type(value) not in (int, float):
        return False
    return bool(value > MOST_CHOICES if path[0] in ("n", "best_of") else path[0] in LIMITS and value <= 0)


def named_for(seed: Mapping[str, Data]) -> list[str | None]:
    """The members that an error may name, or none: the broken one, and those that depend on it."""
    broken_one = seed["path"][0]
    return [broken_one, *(name for name in DEPENDENT.get(broken_one, ()) if name in seed["body"]), None]


def _places(value: Data, *before: str | int) -> list[list[str | int]]:
    """The paths of the places inside a value, except inside schemas and maps that are the user's own."""
    if isinstance(value, dict):
        inner: list[tuple[str | int, Data]] = [
            (name, item) for name, item in value.items() if name not in ("parameters", "schema", "metadata")
        ]
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    return [place for name, item in inner for place in ([*before, name], *_places(item, *before, name))]


def put(value: Data, path: list[str | int], new: Data) -> Data:
    """A copy of a value with a new value at a path."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new) if len(path) > 1 else new
    return copy


def text_of(seed: Mapping[str, Data]) -> str:
    """The body of a broken request as sent."""
    body = seed["body"]
    if "how" in seed:
        return {**SPOILT, **DOUBTFUL}[seed["how"]](compact(body))
    if "value" in seed:
        return compact(put(body, seed["path"], seed["value"]))
    return compact({name: value for name, value in body.items() if name != seed["path"][0]})


def deserves_refusal(seed: Mapping[str, Data], endpoint: str, schemas: Schemas) -> bool:
    """Whether the broken request is certainly invalid. A member that endpoints may ignore does not count, nor does an unknown member."""
    if "how" in seed:
        return seed["how"] in SPOILT
    if seed["path"][0] in UNHEEDED.get(endpoint, ()) or ("value" not in seed and seed["path"][0] in FORGIVEN):
        return False
    return not schemas.tolerant().is_valid(REQUEST_SCHEMAS[endpoint], json.loads(text_of(seed)))
