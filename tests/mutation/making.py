"""Makes all mutations: operators crossed with the places in the reference's replies and with conditions; the same in every run."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from tests.mutation import operators_http as http
from tests.mutation import operators_replies as replies
from tests.mutation import operators_requests as requests
from tests.mutation import operators_streams as streams
from tests.mutation.conditions import CONDITIONS
from tests.mutation.mutation import Mutation, endpoint_of
from tests.mutation.places import kind_of, walk

SNAPSHOTS = ("response.created", "response.queued", "response.in_progress", "response.incomplete")
"""Events whose response is told again by the last one: a part of their places is enough."""

PARAMETERS: dict[str, tuple[str, ...]] = {
    "chat": (
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "n",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "response_format",
        "response_format.json_schema.strict",
        "stream",
        "stream_options",
        "stream_options.include_usage",
        "stream_options.include_obfuscation",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "user",
        "metadata",
        "reasoning_effort",
        "verbosity",
        "prediction",
        "service_tier",
        "prompt_cache_key",
        "safety_identifier",
        "functions",
        "function_call",
        "modalities",
        "store",
    ),
    "completions": (
        "max_tokens",
        "temperature",
        "top_p",
        "n",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "echo",
        "best_of",
        "suffix",
        "stream",
        "stream_options",
        "stream_options.include_usage",
        "user",
    ),
    "embeddings": ("dimensions", "encoding_format", "user"),
    "responses": (
        "max_output_tokens",
        "temperature",
        "top_p",
        "instructions",
        "metadata",
        "truncation",
        "store",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "parallel_tool_calls",
        "text",
        "text.format",
        "text.verbosity",
        "include",
        "top_logprobs",
        "reasoning",
        "reasoning.effort",
        "reasoning.summary",
        "tools",
        "tool_choice",
        "previous_response_id",
        "background",
        "stream",
        "stream_options",
        "conversation",
        "max_tool_calls",
        "service_tier",
        "prompt",
    ),
}
"""The documented parameters of each endpoint."""

LISTS = ("stop", "tools", "prompt", "input", "include")
CLAMPS = {
    "temperature": 1.0,
    "max_tokens": 4,
    "max_completion_tokens": 4,
    "max_output_tokens": 4,
    "n": 1,
    "top_logprobs": 1,
    "dimensions": 8,
}

Exchanges = Iterable[tuple[ServerRequest, ServerReply]]


def share(name: str, of: int) -> bool:
    """Whether a name is among every so many; the same in every run."""
    return zlib.crc32(name.encode()) % of == 0


def mutations(exchanges: Exchanges) -> list[Mutation]:
    """Every mutation that changes some of these exchanges, in a steady order."""
    known = list(exchanges)
    made = {one.id: one for one in (*_of_replies(known), *_of_streams(known), *_of_requests(), *_of_http(known))}
    return [made[name] for name in sorted(made, key=lambda name: (zlib.crc32(name.encode()), name))]


def forms(asked: ServerRequest, reply: ServerReply) -> str:
    """The column of an exchange: its endpoint, and whether it is a stream, or a refusal."""
    if reply.status >= 400:
        return "errors"
    name = endpoint_of(asked)
    return f"{name}-stream" if reply.events is not None and name != "stored" else name


def _places(exchanges: Exchanges) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Every place of the replies, by endpoint and kind of event, with the values seen there, by their JSON."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for asked, reply in exchanges:
        endpoint = forms(asked, reply)
        documents = [("", reply.body)] if reply.events is None else [(kind_of(event), event) for event in reply.events]
        for kind, document in documents:
            for place, holder, key in walk(document):
                seen = found.setdefault((endpoint, kind, place), {})
                if len(seen) < 12:
                    seen.setdefault(json.dumps(holder[key], sort_keys=True), holder[key])
    return found


def _of_replies(exchanges: Exchanges) -> Iterator[Mutation]:
    """What is wrong with one member."""
    for (endpoint, kind, place), seen in _places(exchanges).items():
        name = place.rpartition("/")[2]
        where = f"{kind} {place}".strip()
        if endpoint in ("other", "stored-stream") or (kind in SNAPSHOTS and not share(where, 5)):
            continue
        operators = {**replies.MEMBER, "another legal value": replies.another_of(seen.values())}
        if name in replies.TEXTS or name.startswith("*"):
            operators |= replies.TEXT
        if name in replies.IDS:
            operators["constant"] = replies.constant
        for operator, change in operators.items():
            if operator in replies.TEXT and not any(isinstance(value, str) for value in seen.values()):
                continue
            yield from _crossed(endpoint, kind, operator, where, place, change)
        if name in (*replies.IDS, "content", "text", "created", "created_at", "model", "finish_reason", "arguments"):
            yield Mutation(
                "value of the reply before", where, endpoint, "always",
                make=lambda kind=kind, place=place: replies.Previous(kind or None, place),  # type: ignore[misc]
            )  # fmt: skip
        if name in replies.IDS and kind:
            yield Mutation("new in each event", where, endpoint, "always", make=lambda kind=kind, place=place: replies.Counted(kind, place))  # type: ignore[misc]


def _crossed(endpoint: str, kind: str, operator: str, where: str, place: str, change: replies.At) -> Iterator[Mutation]:
    """One operator at one place: always, and under some of the conditions."""
    for which in ("each", "first", "last", "second"):
        name = operator if which == "each" else f"{operator}, {which} only"
        if which in ("first", "last") and not (kind and share(f"{name}{where}", 6)):
            continue
        if which == "second" and not (place.startswith(("/choices/*", "/data/*", "/output/*")) and share(f"{name}{where}", 3)):
            continue
        how = replies.in_events(kind, place, change, which) if kind else replies.in_body(place, change, which, error=endpoint == "errors")
        whole = Mutation(name, where, endpoint, "always", change=how)
        yield whole
        if which == "each":
            yield from _conditioned(whole, 24)


def _conditioned(whole: Mutation, of: int) -> Iterator[Mutation]:
    """The same under some of the conditions."""
    for condition in CONDITIONS:
        if condition != "always" and share(f"{whole.id}{condition}", of):
            yield replace(whole, condition=condition)


def _of_streams(exchanges: Exchanges) -> Iterator[Mutation]:
    """What is wrong with events and their order."""
    kinds: dict[tuple[str, str], None] = {}
    for asked, reply in exchanges:
        for event in reply.events or []:
            kinds[(forms(asked, reply), kind_of(event))] = None
    for endpoint, kind in kinds:
        for operator, on_kind in streams.KIND.items():
            whole = Mutation(f"event {operator}", kind, endpoint, "always", change=streams.on_kind(kind, on_kind))
            yield whole
            yield from _conditioned(whole, 8)
        yield Mutation("connection lost before", kind, endpoint, "always", change=streams.cut(kind, behind=False))
        yield Mutation("connection lost behind", kind, endpoint, "always", change=streams.cut(kind, behind=True))
        yield Mutation("held back to the end", kind, endpoint, "always", change=streams.held(kind))
        yield Mutation("white space of deltas lost", kind, endpoint, "always", change=streams.swallowed(kind, "delta"))
        yield Mutation("white space of deltas lost", kind, endpoint, "always", change=streams.swallowed(kind, "content"))
    for endpoint in dict.fromkeys(endpoint for endpoint, _ in kinds):
        for operator, change in streams.WHOLE.items():
            whole = Mutation(operator, "stream", endpoint, "always", change=change)
            yield whole
            yield from (replace(whole, condition=condition) for condition in CONDITIONS if condition != "always")
        for shape in streams.ERRORS:
            yield Mutation("fails in mid-stream", shape, endpoint, "always", change=streams.fails(shape))
        for name in streams.INDEXES:
            for how in ("from one", "always zero", "counting events"):
                yield Mutation(f"indexes {how}", name, endpoint, "always", change=streams.indexes(name, how))
    yield Mutation("usage of one choice", "/usage", "chat", "always", change=streams.only_first_choice_counted)
    yield Mutation("usage of one choice", "/usage", "completions", "always", change=streams.only_first_choice_counted)


def _of_requests() -> Iterator[Mutation]:
    """What is misread of a request."""
    for endpoint, names in PARAMETERS.items():
        both = (endpoint,) if endpoint == "embeddings" else (endpoint, f"{endpoint}-stream")
        for column in both:
            for name in names:
                changes = {"ignored": requests.ignored(name), "unset when 0": requests.unset_when_zero(name)}
                if name in LISTS:
                    changes["first of the list only"] = requests.first_only(name)
                if name in CLAMPS:
                    changes["clamped"] = requests.clamped(name, CLAMPS[name])
                for operator, change in changes.items():
                    whole = Mutation(f"parameter {operator}", name, column, "always", ask=requests.rewriting(change))
                    yield whole
                    yield from _conditioned(whole, 6)
            for operator, change in requests.MESSAGES.items():
                whole = Mutation(operator, "conversation", column, "always", ask=requests.rewriting(change))
                yield whole
                yield from _conditioned(whole, 4)
            for form, pick in requests.FORMS.items():
                for status in (400, 500):
                    yield Mutation(f"refused with {status}", form, column, "always", change=requests.refusing(pick, status))


def _of_http(exchanges: Exchanges) -> Iterator[Mutation]:
    """What is wrong with statuses, errors and headers."""
    refusals = sorted({reply.status for _, reply in exchanges if reply.status >= 400})
    for status in refusals:
        for other in http.STATUSES:
            if other != status:
                yield Mutation(
                    "refused with another status", f"{status} as {other}", "errors", "always", change=http.refusal_status(status, other)
                )
        for shape in http.SHAPES:
            whole = Mutation("refused in another form", f"{status} {shape}", "errors", "always", change=http.refusal_shape(status, shape))
            yield whole
            yield from _conditioned(whole, 8)
    yield Mutation("refused with another status", "error under 200", "errors", "always", change=http.error_as_success)
    for column in ("chat", "chat-stream", "completions", "completions-stream", "embeddings", "models", "responses", "responses-stream"):
        for name, change in http.REPLIES.items():
            whole = Mutation(name, "reply", column, "always", change=change)
            yield whole
            yield from _conditioned(whole, 12)
