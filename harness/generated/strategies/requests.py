"""Valid requests: members from the schema, and groups of members that only make sense together.

Every request has a small token limit, because requests can cost money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

from ...catalog import REQUEST_SCHEMAS
from ...checks import Schemas
from .texts import texts
from .tools import chat_form, forms, offers

TOKENS = 16
WHOLE = 48
"""The limit where a reply that is cut shows little: a call, or JSON."""

SELDOM, OFTEN = 1, 3
"""The number of requests in ten that have a member or group."""

Group = st.SearchStrategy[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RequestKind:
    """The parts of requests to one endpoint.

    ``base`` holds the members of every request, ``plain`` optional members with values from the schema, ``groups`` combined members.
    """

    base: Group
    plain: Mapping[str, int]
    groups: Mapping[str, tuple[int, Group]]


def valid(endpoint: str, schemas: Schemas) -> st.SearchStrategy[dict[str, Any]]:
    """Valid requests to an endpoint."""
    kind = KINDS[endpoint]
    schema = schemas.documents[REQUEST_SCHEMAS[endpoint]]
    plain = {name: (weight, _values(name, schema["properties"][name])) for name, weight in kind.plain.items()}

    @st.composite
    def request(draw: st.DrawFn) -> dict[str, Any]:
        body = dict(draw(kind.base))
        for name, (weight, values) in plain.items():
            if draw(st.integers(0, 9)) >= 10 - weight:
                body[name] = draw(values)
        for weight, group in kind.groups.values():
            if draw(st.integers(0, 9)) >= 10 - weight:
                body |= draw(group)
        if endpoint == "chat" and body.get("store"):
            body["store"] = False  # a stored chat would have to be deleted, with a request that no budget has
        return body

    return request().filter(lambda body: schemas.is_valid(REQUEST_SCHEMAS[endpoint], body))


def _values(name: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a member: our own if the schema allows too much or too costly values, else the schema's, with bounds more often."""
    if name in OWN:
        return OWN[name]
    drawn = from_schema(dict(schema))
    bounds = [schema[bound] for bound in ("minimum", "maximum") if bound in schema]
    rounded = drawn.map(lambda value: round(value, 2) if isinstance(value, float) else value)
    return st.sampled_from(bounds) | rounded if bounds else rounded


OWN: dict[str, st.SearchStrategy[Any]] = {
    "n": st.integers(1, 3),
    "best_of": st.integers(1, 3),
    "seed": st.integers(-(2**31), 2**53),
    "stop": st.none() | texts(1) | st.lists(texts(1), min_size=1, max_size=4),
    "logit_bias": st.dictionaries(st.integers(0, 50).map(str), st.integers(-1, 1), max_size=3),
    "metadata": st.dictionaries(st.text("abcdefgh_", min_size=1, max_size=16), texts(2), max_size=16),
    "user": texts(3),
    "safety_identifier": texts(2).map(lambda text: text[:64]),
    "prompt_cache_key": texts(1),
    "instructions": texts(),
    "dimensions": st.integers(1, 64),
    "service_tier": st.sampled_from(["auto", "default"]),
}


@st.composite
def turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages in a legal order; the last is the user's."""
    messages: list[dict[str, Any]] = []
    if draw(st.integers(0, 9)) >= 10 - OFTEN:
        messages.append({"role": draw(st.sampled_from(["system", "developer"])), "content": draw(texts())})
    for _ in range(draw(st.integers(0, 3))):
        messages += [{"role": "user", "content": draw(texts())}, {"role": "assistant", "content": draw(texts())}]
    return [*messages, {"role": "user", "content": draw(texts())}]


@st.composite
def chat_messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Chat messages; a user message may have a list of parts as content, and a name."""
    messages = draw(turns())
    for message in messages:
        if message["role"] == "user" and draw(st.integers(0, 9)) >= 10 - OFTEN:
            parts = draw(st.lists(texts(2), min_size=1, max_size=3))
            message["content"] = [{"type": "text", "text": text} for text in parts]
        if message["role"] == "user" and draw(st.integers(0, 9)) >= 10 - SELDOM:
            message["name"] = "ada"
    return messages


@st.composite
def input_items(draw: st.DrawFn) -> Any:
    """The input of a response: a text, or messages, some with parts as content."""
    messages = draw(turns())
    if len(messages) == 1 and draw(st.booleans()):
        return messages[0]["content"]
    for message in messages:
        if message["role"] == "user" and draw(st.integers(0, 9)) >= 10 - OFTEN:
            message["content"] = [{"type": "input_text", "text": message["content"]}]
    return messages


USAGE = st.fixed_dictionaries({}, optional={"include_usage": st.booleans(), "include_obfuscation": st.booleans()})
PADDING = st.fixed_dictionaries({}, optional={"include_obfuscation": st.booleans()})
STREAMS = st.just({"stream": True})


def _streamed(options: st.SearchStrategy[dict[str, Any]]) -> Group:
    """Members that ask for a stream, sometimes with options."""
    return STREAMS | options.map(lambda found: {"stream": True, "stream_options": found})


def _limited(name: str, **base: st.SearchStrategy[Any]) -> Group:
    """The members of every request, including its token limit."""
    least = 16 if name == "max_output_tokens" else 1
    return st.fixed_dictionaries({"model": st.just("$model"), name: st.integers(least, TOKENS), **base})


SAMPLING = {"temperature": OFTEN, "top_p": OFTEN, "seed": OFTEN, "stop": OFTEN, "presence_penalty": SELDOM, "frequency_penalty": SELDOM}
KINDS: dict[str, RequestKind] = {
    "chat": RequestKind(
        _limited("max_tokens", messages=chat_messages()),
        {**SAMPLING, "n": OFTEN, "user": OFTEN, "metadata": SELDOM, "store": SELDOM, "logit_bias": SELDOM, "service_tier": SELDOM},
        {
            "stream": (4, _streamed(USAGE)),
            "tools": (OFTEN, offers(flat=False).map(lambda offer: {"max_tokens": WHOLE, **offer})),
            "format": (OFTEN, forms().map(lambda form: {"max_tokens": WHOLE, "response_format": chat_form(form)})),
            "scores": (OFTEN, st.integers(0, 5).map(lambda top: {"logprobs": True, "top_logprobs": top})),
        },
    ),
    "completions": RequestKind(
        st.fixed_dictionaries(
            {
                "model": st.just("$completions_model"),
                "max_tokens": st.integers(1, TOKENS),
                "prompt": texts() | st.lists(texts(2), min_size=1, max_size=3) | st.lists(st.integers(0, 999), min_size=1, max_size=4),
            }
        ),
        {**SAMPLING, "n": OFTEN, "user": OFTEN, "echo": OFTEN, "logprobs": OFTEN, "logit_bias": SELDOM, "best_of": SELDOM},
        {"stream": (4, _streamed(USAGE))},
    ),
    "embeddings": RequestKind(
        st.fixed_dictionaries(
            {
                "model": st.just("$embeddings_model"),
                "input": texts() | st.lists(texts(2), min_size=1, max_size=6) | st.lists(st.integers(0, 999), min_size=1, max_size=4),
            }
        ),
        {"encoding_format": OFTEN, "dimensions": OFTEN, "user": OFTEN},
        {},
    ),
    "responses": RequestKind(
        _limited("max_output_tokens", input=input_items()),
        {
            "instructions": OFTEN,
            "temperature": OFTEN,
            "top_p": OFTEN,
            "metadata": OFTEN,
            "store": OFTEN,
            "user": SELDOM,
            "safety_identifier": SELDOM,
            "prompt_cache_key": SELDOM,
            "truncation": SELDOM,
            "service_tier": SELDOM,
        },
        {
            "stream": (4, _streamed(PADDING)),
            "tools": (OFTEN, offers(flat=True).map(lambda offer: {"max_output_tokens": WHOLE, **offer})),
            "format": (OFTEN, forms().map(lambda form: {"max_output_tokens": WHOLE, "text": {"format": form}})),
            "scores": (SELDOM, st.integers(0, 5).map(lambda top: {"include": ["message.output_text.logprobs"], "top_logprobs": top})),
            "reasoning": (SELDOM, st.sampled_from(["low", "high"]).map(lambda effort: {"reasoning": {"effort": effort}})),
        },
    ),
}
"""The parts of requests to each endpoint."""
