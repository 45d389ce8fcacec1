"""The ways in which one endpoint can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Chosen: TypeAlias = Mapping[str, str]
"""A way for each respect in which requests differ."""


@dataclass(frozen=True, eq=False)
class Endpoint:
    """``ways`` lists them by respect, the plain one first. ``impossible`` says what cannot meet, and when a choice has it.

    ``ask`` makes the body of a request, ``expect`` what only this request decides, and ``needs`` names the feature that a way needs.
    ``replaced`` holds the ids of earlier cases, each with the ways that it was made for.
    """

    name: str
    ways: Mapping[str, tuple[str, ...]]
    impossible: Mapping[str, Callable[[Chosen], bool]]
    ask: Callable[[Chosen], dict[str, Any]]
    expect: Callable[[Chosen], list[dict[str, Any]]]
    needs: Mapping[str, str]
    replaced: Mapping[str, Chosen]

    def is_possible(self, chosen: Chosen) -> bool:
        """Whether these ways can meet; some respects may be open."""
        return not any(has(chosen) for has in self.impossible.values())

    def plain(self, respect: str) -> str:
        """The way that has nothing unusual."""
        return self.ways[respect][0]


TRANSPORT: Mapping[str, tuple[str, ...]] = {
    "size": ("small", "large"),
    "coding": ("identity", "gzip"),
    "accepts": ("anything", "json", "json-or-events"),
    "media-type": ("bare", "charset"),
}
"""How a request is sent, whatever it asks."""

PAD = 70_000
"""A body of more than 64 KiB, whose prompt is as short as ever."""

_HEADERS = {
    "gzip": ("accept-encoding", "gzip"),
    "json": ("accept", "application/json"),
    "json-or-events": ("accept", "application/json, text/event-stream"),
    "charset": ("content-type", "application/json; charset=utf-8"),
}


def headers(chosen: Chosen) -> dict[str, str]:
    """The headers that these ways set."""
    return dict(_HEADERS[way] for way in chosen.values() if way in _HEADERS)


WORDS = {"ascii": "Paris", "emoji": "Paris 👋🏽", "less-than": "Paris <"}
"""What is said, by the script it is written in. What is like markup, or of several bytes, may be held back or cut."""

STOP = "§§"
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"], "additionalProperties": False}
STRICT = {"name": "answer", "strict": True, "schema": SCHEMA}
TOOL = {
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
}
CALLING = ("required", "named", "parallel")
SILENT = ("no-tools", "none")
"""Choices of tools that force a call, and that allow none."""

IMPOSSIBLE: Mapping[str, Callable[[Chosen], bool]] = {
    "a round trip declares its tools": lambda c: c.get("turn") == "round-trip" and c.get("tools") == "no-tools",
    "two calls do not fit a limit that cuts": lambda c: c.get("tools") == "parallel" and c.get("limit") == "cut",
    "a model that thinks needs room to say anything": lambda c: c.get("reasoning") == "effort" and c.get("limit") == "cut",
    "JSON that is cut is none": lambda c: c.get("format", "free") != "free" and c.get("limit") == "cut",
    "where a call is forced no text is said to be JSON": lambda c: c.get("tools") in CALLING and c.get("format", "free") != "free",
    "where a call is forced no text is scored": lambda c: c.get("tools") in CALLING and c.get("scores") == "logprobs",
}
"""What cannot meet at endpoints with tools, or shows nothing where it meets."""


def word(chosen: Chosen) -> str:
    """What the model is to say, or to call a tool with."""
    return WORDS[chosen["script"]]


def prompt(chosen: Chosen) -> str:
    """What a request says at its end."""
    given = said(chosen) if chosen["limit"] == "cut" else word(chosen)
    if chosen.get("tools") == "parallel":
        return f'Call get_weather twice in parallel: with {{"city": "{given}"}} and with {{"city": "Rome"}}.'
    if chosen.get("tools") in ("auto", *CALLING):
        return f'Call get_weather with the arguments {{"city": "{given}"}}.'
    if chosen.get("format", "free") != "free":
        return f'Reply with the JSON object {{"answer": "{given}"}}.'
    return f"Repeat exactly this text and nothing else: {said(chosen)}"


def said(chosen: Chosen) -> str:
    """The text to repeat: longer than a small limit, and with the stop sequence in it if there is one."""
    if chosen["limit"] == "cut":
        return " ".join([word(chosen)] * 24)
    return f"{word(chosen)} {STOP} Rome" if chosen.get("stop") == "stop" else word(chosen)


def repeats(chosen: Chosen) -> bool:
    """Whether the reply is the text itself, as far as limits and stop sequences let it."""
    free = chosen.get("format", "free") == "free" and chosen.get("tools", "no-tools") in SILENT
    return free and chosen.get("turn") != "round-trip"


def result(chosen: Chosen) -> str:
    """What a tool tells: where a limit cuts, it asks for as much as the user would."""
    return prompt(chosen) if chosen["limit"] == "cut" else f"Sunny in {word(chosen)}"


def parts(kind: str, text: str) -> list[dict[str, str]]:
    """A text as two parts."""
    at = text.index(" ")
    return [{"type": kind, "text": text[:at]}, {"type": kind, "text": text[at:]}]
