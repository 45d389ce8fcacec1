"""Strings are valid Unicode, without damaged characters."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..model import Json, Problem
from .registry import check
from .reply import Reply, few, show

REPLACEMENT = "\ufffd"
"""The character that decoders substitute for invalid bytes."""

DEEP = 64
"""Deeper than any reply of the protocol nests; anything deeper is ignored."""


def _strings(value: Json, at: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every string of a document, member names included, with its location."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict) and depth < DEEP:
        for name, item in value.items():
            yield at, name
            yield from _strings(item, f"{at}/{name}", depth + 1)
    elif isinstance(value, list) and depth < DEEP:
        for index, item in enumerate(value):
            yield from _strings(item, f"{at}/{index}", depth + 1)


def _documents(reply: Reply) -> list[tuple[str, Json]]:
    """The body, or the document in each event."""
    if reply.is_event_stream:
        return [(payload.where, payload.parsed.value) for payload in reply.payloads]
    return [("", reply.parsed.value)]


@check
def strings_are_whole(reply: Reply) -> list[Problem] | None:
    """No string contains half of a surrogate pair, which is not a character, unless the request has one to be repeated."""
    documents = _documents(reply)
    if "\\u" not in reply.text and "\\U" not in reply.text:  # a lone surrogate needs an escape
        return [] if any(value is not None for _, value in documents) else None
    if _has_half(reply.asked):
        return None
    return few(
        [
            Problem(f"{where} {at}".strip(), "whole characters", show(json.dumps(text)))
            for where, value in documents
            for at, text in _strings(value)
            if _is_half(text)
        ]
    )


def _is_half(text: str) -> bool:
    """Whether a text has half of a surrogate pair."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _has_half(value: Json) -> bool:
    """Whether a string of a document has half of a surrogate pair."""
    return any(_is_half(text) for _, text in _strings(value))


@check
def text_has_no_replacement_characters(reply: Reply) -> list[Problem] | None:
    """No text and no arguments contain a replacement character, unless the request has one or a limit cut the reply."""
    cut = {index for index, reasons in reply.finish_reasons.items() if any(reason == "length" for _, reason in reasons)}
    asked = reply.exchange.request.body.decode(errors="replace")
    if REPLACEMENT in asked or "\\ufffd" in asked.lower() or not reply.objects:
        return None
    texts = reply.texts
    if cut != set(texts) and not _may_hold_replacement(reply.text):
        return []
    found = [
        Problem(f"text of choice {index}", "the characters that were meant", show(text))
        for index, text in texts.items()
        if REPLACEMENT in text and index not in cut
    ]
    pieces = [(where, at, text) for where, value in _documents(reply) for at, text in _strings(value) if at.endswith("/arguments")]
    found += [
        Problem(f"{where} {at}".strip(), "the characters that were meant", show(text)) for where, at, text in pieces if REPLACEMENT in text
    ]
    return few(found) if cut != set(texts) or pieces else None


def _may_hold_replacement(text: str) -> bool:
    """Whether a JSON text can contain a replacement character, as it is or escaped."""
    return REPLACEMENT in text or ("\\u" in text and "\\ufffd" in text.lower())
