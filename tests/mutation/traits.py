"""What is true of all that a mutation changes: from this a machine tells whether a survivor is legal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from harness.checks.shape import Schemas
from harness.reference.exchange import ServerReply
from tests.mutation.mutation import endpoint_of

GONE = object()
"""Where something was."""

IDS = ("id", "item_id", "call_id", "tool_call_id", "first_id", "last_id", "response_id", "previous_response_id", "encrypted_content")
COUNTS = ("reasoning_tokens", "cached_tokens", "cache_write_tokens")
"""Counts that no client can check: of what the endpoint does for itself."""

SCHEMAS = {
    "chat": ("chat-completion", "chat-chunk"),
    "completions": ("text-completion", "text-completion-chunk"),
    "responses": ("response", "response-event"),
    "embeddings": ("embedding-response", "embedding-response"),
}
"""The schema of a whole reply and of an event, by endpoint."""

Difference = tuple[str, Any, Any]
"""A place, what was there, and what is there now."""

OPTIONAL, ANOTHER_ID, UNCHECKED_COUNT = "optional-left-out", "another-id", "unchecked-count"
FEWER, NO_BYTES, NO_TEXT_YET = "fewer-alternatives", "bytes-null", "content-null-before-text"


def traits(pairs: Iterable[tuple[Any, ServerReply, ServerReply]], schemas: Schemas) -> tuple[str, ...]:
    """Of exchanges that come out changed, each with the good and the bad reply: what holds of all of them."""
    held: set[str] | None = None
    for asked, good, bad in pairs:
        one = set(_of_one(endpoint_of(asked), good, bad, schemas))
        held = one if held is None else held & one
    return tuple(sorted(held or ()))


def _of_one(endpoint: str, good: ServerReply, bad: ServerReply, schemas: Schemas) -> Iterator[str]:
    """The traits of one changed reply."""
    if (good.status, good.headers, good.breaks_off, good.delay) != (bad.status, bad.headers, bad.breaks_off, bad.delay):
        return
    documents = _paired(good, bad)
    if documents is None:
        return
    found = [difference for one, other in documents for difference in differences(one, other)]
    if not found:
        return
    if all(now is GONE for _, _, now in found) and _fit(endpoint, documents, good.events is not None, schemas):
        yield OPTIONAL
    if all(place.rpartition("/")[2] in IDS for place, _, _ in found) and _renamed(found, json.dumps([other for _, other in documents])):
        yield ANOTHER_ID
    if endpoint == "chat" and all(place.endswith("/bytes") and now is None for place, _, now in found):
        yield NO_BYTES
    if all(_is_unchecked(place, now) for place, _, now in found):
        yield UNCHECKED_COUNT
    if all(place.endswith("/delta/content") and before in ("", None) and now in ("", None) for place, before, now in found):
        yield NO_TEXT_YET
    if all("/top_logprobs" in place and now is GONE and place.rpartition("/")[2].isdigit() for place, _, now in found):
        yield FEWER


def _paired(good: ServerReply, bad: ServerReply) -> list[tuple[Any, Any]] | None:
    """The documents of two replies, one beside the other; ``None`` where they cannot be compared."""
    if (good.events is None) != (bad.events is None) or good.named != bad.named:
        return None
    if good.events is None or bad.events is None:
        return None if isinstance(bad.body, bytes) else [(_plain(good.body), _plain(bad.body))]
    if len(good.events) != len(bad.events) or any(isinstance(event, bytes) for event in bad.events):
        return None
    return [(_plain(one), _plain(other)) for one, other in zip(good.events, bad.events, strict=True)]


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, dict | list) else value


def differences(one: Any, other: Any, place: str = "") -> Iterator[Difference]:
    """Where two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            yield from differences(one.get(name, GONE), other.get(name, GONE), f"{place}/{name}")
    elif isinstance(one, list) and isinstance(other, list):
        for index in range(max(len(one), len(other))):
            yield from differences(
                one[index] if index < len(one) else GONE, other[index] if index < len(other) else GONE, f"{place}/{index}"
            )
    elif type(one) is not type(other) or one != other:
        yield place, one, other


def _fit(endpoint: str, documents: list[tuple[Any, Any]], streamed: bool, schemas: Schemas) -> bool:
    """Whether all changed documents still fit the endpoint's schema."""
    named = SCHEMAS.get(endpoint)
    changed = [other for one, other in documents if one != other]
    return named is not None and all(schemas.is_valid(named[streamed], document) for document in changed)


def _renamed(found: list[Difference], told: str) -> bool:
    """Whether each id became one other, everywhere, and no two the same."""
    names: dict[Any, Any] = {}
    for _, before, now in found:
        if not isinstance(before, str) or not isinstance(now, str) or not now or names.setdefault(before, now) != now:
            return False
    return len(set(names.values())) == len(names) and not any(json.dumps(before) in told for before in names)


def _is_unchecked(place: str, now: Any) -> bool:
    """Whether a count that nobody can check is still a count."""
    return "_details/" in place and place.rpartition("/")[2] in COUNTS and type(now) is int and now >= 0
