"""The ways of asking for a chat completion."""

from __future__ import annotations

import json
from typing import Any

from tests.ways.endpoint import (
    CALLING,
    IMPOSSIBLE,
    SILENT,
    STOP,
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

CUT, ENOUGH, ROOM = 4, 24, 48
"""Token limits: one that cuts, one for a short text, and one for a call or for JSON."""


def ask(chosen: Chosen) -> dict[str, Any]:
    """The body of a request."""
    body: dict[str, Any] = {"model": "$model", "max_tokens": _limit(chosen)}
    if chosen["framing"] != "plain":
        body["stream"] = True
    if chosen["framing"] == "streamed-with-usage":
        body["stream_options"] = {"include_usage": True}
    if chosen["choices"] == "two-choices":
        body["n"] = 2
    body |= _tools(chosen["tools"])
    if chosen["format"] == "object":
        body["response_format"] = {"type": "json_object"}
    if chosen["format"] == "schema":
        body["response_format"] = {"type": "json_schema", "json_schema": STRICT}
    if chosen["scores"] == "logprobs":
        body |= {"logprobs": True, "top_logprobs": 2}
    if chosen["stop"] == "stop":
        body["stop"] = [STOP]
    if chosen["reasoning"] == "effort":
        body["reasoning_effort"] = "low"
    return {**body, "messages": _messages(chosen)}


def _limit(chosen: Chosen) -> int:
    if chosen["limit"] == "cut":
        return CUT
    return ENOUGH if chosen["format"] == "free" and chosen["tools"] in SILENT else ROOM


def _tools(way: str) -> dict[str, Any]:
    if way == "no-tools":
        return {}
    choices: dict[str, dict[str, Any]] = {
        "auto": {},
        "required": {"tool_choice": "required"},
        "named": {"tool_choice": {"type": "function", "function": {"name": TOOL["name"]}}},
        "parallel": {"tool_choice": "required", "parallel_tool_calls": True},
        "none": {"tool_choice": "none"},
    }
    return {"tools": [{"type": "function", "function": TOOL}], **choices[way]}


def _messages(chosen: Chosen) -> list[dict[str, Any]]:
    """The conversation: its first turn, its third, or the result of a call."""
    if chosen["turn"] == "round-trip":
        asked = f"What is the weather in {word(chosen)}?"
        call = {"id": "call_1", "type": "function", "function": {"name": TOOL["name"], "arguments": json.dumps({"city": word(chosen)})}}
        return [
            {"role": "user", "content": _content(chosen, asked)},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": _content(chosen, result(chosen))},
        ]
    earlier = ["Hello.", f"Hello from {word(chosen)}", "Are you well?", "Yes."] if chosen["turn"] == "third" else []
    turns = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(earlier)]
    return [*turns, {"role": "user", "content": _content(chosen, prompt(chosen))}]


def _content(chosen: Chosen, text: str) -> Any:
    return parts("text", text) if chosen["content"] == "parts" else text


def expect(chosen: Chosen) -> list[dict[str, Any]]:
    """What only this request decides."""
    found: list[dict[str, Any]] = [{"chat.combination-taken": {}}]
    if chosen["tools"] == "named" and chosen["limit"] == "enough":
        found.append({"tools.named-means-that-one": {"name": TOOL["name"]}})
    if repeats(chosen) and chosen["limit"] == "cut":
        found.append({"chat.limit-ends-with-length": {"limit": CUT}})
    elif repeats(chosen) and chosen["stop"] == "stop":
        found.append({"chat.stop-left-out": {"stop": [STOP]}})
    elif repeats(chosen):
        found.append({"chat.text-survives": {"text": said(chosen)}})
    return found


CHAT = Endpoint(
    name="chat",
    ways={
        "framing": ("plain", "streamed", "streamed-with-usage"),
        "choices": ("one-choice", "two-choices"),
        "content": ("text", "parts"),
        "tools": ("no-tools", "auto", "required", "named", "parallel", "none"),
        "format": ("free", "object", "schema"),
        "scores": ("unscored", "logprobs"),
        "stop": ("no-stop", "stop"),
        "limit": ("enough", "cut"),
        "reasoning": ("no-effort", "effort"),
        "turn": ("first", "round-trip", "third"),
        "script": ("ascii", "emoji", "less-than"),
        **TRANSPORT,
    },
    impossible={
        **IMPOSSIBLE,
        "scores may go beyond the text that is stopped": lambda c: c.get("scores") == "logprobs" and c.get("stop") == "stop",
        "where a call is forced no text is stopped": lambda c: c.get("tools") in CALLING and c.get("stop") == "stop",
    },
    ask=ask,
    expect=expect,
    needs={
        "streamed": "chat.stream",
        "streamed-with-usage": "chat.stream",
        "two-choices": "chat.n",
        **dict.fromkeys(("auto", "none", *CALLING), "tools"),
        "object": "json-object",
        "schema": "json-schema",
        "logprobs": "logprobs",
        "stop": "chat.stop",
    },
    replaced={
        "chat/combinations/plain": {},
        "chat/combinations/streamed-two-choices-tool-json-logprobs-stop": {
            "framing": "streamed",
            "choices": "two-choices",
            "tools": "auto",
            "format": "object",
            "scores": "logprobs",
            "stop": "stop",
        },
        "chat/combinations/streamed-with-usage-two-choices-required-tool-schema-stop-seed": {
            "framing": "streamed-with-usage",
            "choices": "two-choices",
            "tools": "required",
            "format": "schema",
            "stop": "stop",
        },
        "chat/combinations/streamed-with-usage-tool-schema-logprobs-seed": {
            "framing": "streamed-with-usage",
            "tools": "auto",
            "format": "schema",
            "scores": "logprobs",
        },
        "chat/combinations/streamed-required-tool-logprobs-seed": {"framing": "streamed", "tools": "required", "scores": "logprobs"},
        "chat/combinations/required-tool-json-stop": {"tools": "required", "format": "object", "stop": "stop"},
        "chat/combinations/streamed-with-usage-two-choices-logprobs-stop": {
            "framing": "streamed-with-usage",
            "choices": "two-choices",
            "scores": "logprobs",
            "stop": "stop",
        },
        "chat/combinations/streamed-two-choices-schema-stop": {
            "framing": "streamed",
            "choices": "two-choices",
            "format": "schema",
            "stop": "stop",
        },
        "chat/combinations/two-choices-tool-schema-stop": {"choices": "two-choices", "tools": "auto", "format": "schema", "stop": "stop"},
        "chat/combinations/streamed-with-usage-two-choices-tool-stop": {
            "framing": "streamed-with-usage",
            "choices": "two-choices",
            "tools": "auto",
            "stop": "stop",
        },
        "chat/combinations/streamed-with-usage-two-choices-tool-json-stop": {
            "framing": "streamed-with-usage",
            "choices": "two-choices",
            "tools": "auto",
            "format": "object",
            "stop": "stop",
        },
        "tools/choice/required-streamed": {"framing": "streamed-with-usage", "tools": "required"},
        "tools/choice/none-streamed": {"framing": "streamed-with-usage", "tools": "none"},
        "tools/choice/auto-streamed": {"framing": "streamed-with-usage", "tools": "auto"},
        "tools/parallel/two-streamed": {"framing": "streamed", "tools": "parallel"},
        "tools/round-trip/content-null": {"turn": "round-trip"},
        "structured/json/object-streamed": {"framing": "streamed", "format": "object"},
        "structured/schema/strict-streamed": {"framing": "streamed-with-usage", "format": "schema"},
        "chat/basics/accepts-event-stream": {"framing": "plain", "accepts": "json-or-events"},
        "chat/basics/accepts-json": {"framing": "plain", "accepts": "json"},
        "chat-stream/basics/accepts-json": {"framing": "streamed", "accepts": "json"},
    },
)
