"""The ways of asking for a response."""

from __future__ import annotations

import json
from typing import Any

from tests.ways.endpoint import (
    CALLING,
    IMPOSSIBLE,
    SILENT,
    STRICT,
    TOOL,
    TRANSPORT,
    Chosen,
    Endpoint,
    parts,
    prompt,
    repeats,
    result,
    said,
    word,
)

CUT, ENOUGH, ROOM, THOUGHT = 16, 24, 64, 96
"""Token limits: the least, which cuts a long text; for a short text; for a call or for JSON; and for a model that thinks."""


def ask(chosen: Chosen) -> dict[str, Any]:
    """The body of a request."""
    body: dict[str, Any] = {"model": "$model", "max_output_tokens": _limit(chosen)}
    if chosen["framing"] == "streamed":
        body["stream"] = True
    if chosen["keeping"] == "not-kept":
        body["store"] = False
    if chosen["instructions"] == "instructions":
        body["instructions"] = "Do what the user says."
    body |= _tools(chosen["tools"])
    if chosen["format"] == "object":
        body["text"] = {"format": {"type": "json_object"}}
    if chosen["format"] == "schema":
        body["text"] = {"format": {"type": "json_schema", **STRICT}}
    if chosen["scores"] == "logprobs":
        body |= {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    if chosen["reasoning"] == "effort":
        body["reasoning"] = {"effort": "low"}
    return {**body, "input": _input(chosen)}


def _limit(chosen: Chosen) -> int:
    if chosen["limit"] == "cut":
        return CUT
    if chosen["reasoning"] == "effort":
        return THOUGHT
    return ENOUGH if chosen["format"] == "free" and chosen["tools"] in SILENT else ROOM


def _tools(way: str) -> dict[str, Any]:
    if way == "no-tools":
        return {}
    choices: dict[str, dict[str, Any]] = {
        "auto": {},
        "required": {"tool_choice": "required"},
        "named": {"tool_choice": {"type": "function", "name": TOOL["name"]}},
        "parallel": {"tool_choice": "required", "parallel_tool_calls": True},
        "none": {"tool_choice": "none"},
    }
    return {"tools": [{"type": "function", "strict": True, **TOOL}], **choices[way]}


def _input(chosen: Chosen) -> Any:
    """The conversation: its first turn, its third, or the result of a call."""
    if chosen["turn"] == "round-trip":
        arguments = json.dumps({"city": word(chosen)})
        return [
            {"role": "user", "content": _content(chosen, f"What is the weather in {word(chosen)}?")},
            {"type": "function_call", "call_id": "call_1", "name": TOOL["name"], "arguments": arguments},
            {"type": "function_call_output", "call_id": "call_1", "output": _content(chosen, result(chosen))},
        ]
    if chosen["turn"] == "first" and chosen["content"] == "text":
        return prompt(chosen)
    earlier = ["Hello.", f"Hello from {word(chosen)}", "Are you well?", "Yes."] if chosen["turn"] == "third" else []
    turns = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(earlier)]
    return [*turns, {"role": "user", "content": _content(chosen, prompt(chosen))}]


def _content(chosen: Chosen, text: str) -> Any:
    return parts("input_text", text) if chosen["content"] == "parts" else text


def expect(chosen: Chosen) -> list[dict[str, Any]]:
    """What only this request decides."""
    found: list[dict[str, Any]] = [{"responses.combination-taken": {}}]
    if chosen["tools"] == "named" and chosen["limit"] == "enough":
        found.append({"responses-tools.named-means-that-one": {"name": TOOL["name"]}})
    if repeats(chosen) and chosen["limit"] == "cut":
        found.append({"responses.limit-makes-incomplete": {"limit": CUT}})
    elif repeats(chosen):
        found.append({"responses.text-repeated": {"text": said(chosen)}})
    return found


RESPONSES = Endpoint(
    name="responses",
    ways={
        "framing": ("plain", "streamed"),
        "content": ("text", "parts"),
        "tools": ("no-tools", "auto", "required", "named", "parallel", "none"),
        "format": ("free", "object", "schema"),
        "scores": ("unscored", "logprobs"),
        "limit": ("enough", "cut"),
        "reasoning": ("no-effort", "effort"),
        "turn": ("first", "round-trip", "third"),
        "script": ("ascii", "emoji", "less-than"),
        "instructions": ("uninstructed", "instructions"),
        "keeping": ("kept", "not-kept"),
        **TRANSPORT,
    },
    impossible=IMPOSSIBLE,
    ask=ask,
    expect=expect,
    needs={
        "streamed": "responses.stream",
        **dict.fromkeys(("auto", "none", *CALLING), "responses.tools"),
        "object": "responses.json-schema",
        "schema": "responses.json-schema",
        "logprobs": "responses.logprobs",
        "effort": "responses.reasoning",
    },
    replaced={
        "responses/combinations/plain": {},
        "responses/combinations/streamed-tool-json-logprobs-instructions": {
            "framing": "streamed",
            "tools": "auto",
            "format": "object",
            "scores": "logprobs",
            "instructions": "instructions",
        },
        "responses/combinations/streamed-required-tool-schema-instructions-not-kept": {
            "framing": "streamed",
            "tools": "required",
            "format": "schema",
            "instructions": "instructions",
            "keeping": "not-kept",
        },
        "responses/combinations/required-tool-json-logprobs-not-kept": {
            "tools": "required",
            "format": "object",
            "scores": "logprobs",
            "keeping": "not-kept",
        },
        "responses/combinations/tool-schema": {"tools": "auto", "format": "schema"},
        "responses/combinations/streamed-logprobs-instructions-not-kept": {
            "framing": "streamed",
            "scores": "logprobs",
            "instructions": "instructions",
            "keeping": "not-kept",
        },
        "responses/combinations/streamed-schema-logprobs-not-kept": {
            "framing": "streamed",
            "format": "schema",
            "scores": "logprobs",
            "keeping": "not-kept",
        },
        "responses/combinations/tool-logprobs-instructions-not-kept": {
            "tools": "auto",
            "scores": "logprobs",
            "instructions": "instructions",
            "keeping": "not-kept",
        },
        "responses/combinations/required-tool-logprobs-instructions": {
            "tools": "required",
            "scores": "logprobs",
            "instructions": "instructions",
        },
        "responses/combinations/json-instructions-not-kept": {"format": "object", "instructions": "instructions", "keeping": "not-kept"},
        "responses-tools/choice/named-streamed": {"framing": "streamed", "tools": "named"},
        "responses-tools/choice/required-streamed": {"framing": "streamed", "tools": "required"},
        "responses-tools/choice/none-streamed": {"framing": "streamed", "tools": "none"},
        "responses-tools/choice/auto-streamed": {"framing": "streamed", "tools": "auto"},
        "responses-tools/parallel/two-streamed": {"framing": "streamed", "tools": "parallel"},
        "responses-tools/round-trip/by-hand": {"turn": "round-trip", "tools": "auto"},
        "responses/format/strict-streamed": {"framing": "streamed", "format": "schema"},
        "responses/basics/accepts-event-stream": {"framing": "plain", "accepts": "json-or-events"},
        "responses-stream/basics/accepts-json": {"framing": "streamed", "accepts": "json"},
    },
)
