"""Writes the files of combinations, in which every pair of request features meets in some case, for chat and for responses.

The cases are fixed lists to be read and reviewed; this only saves working them out by hand. ``python -m tests.combinations`` writes them
again after a feature was added here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from allpairspy import AllPairs

from harness.catalog.paths import SPEC

Features: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Features, each with its choices, and what a choice adds to the request."""

ABOUT = "Features that meet in one request, each pair of them at least once; made by tests/combinations.py."
PROMPT = 'Reply with the JSON object {"answer": "hi"}.'

_SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"], "additionalProperties": False}
_PING = {"name": "ping", "description": "Ping.", "parameters": {"type": "object", "properties": {}}}
_TOOL = {"type": "function", "function": _PING}
_FLAT = {"type": "function", **_PING}
_STRICT = {"name": "answer", "strict": True, "schema": _SCHEMA}

CHAT: Features = {
    "framing": {
        "plain": {},
        "streamed": {"stream": True},
        "streamed-with-usage": {"stream": True, "stream_options": {"include_usage": True}},
    },
    "choices": {"one-choice": {}, "two-choices": {"n": 2}},
    "tools": {"no-tool": {}, "tool": {"tools": [_TOOL]}, "required-tool": {"tools": [_TOOL], "tool_choice": "required"}},
    "format": {
        "free": {},
        "json": {"response_format": {"type": "json_object"}},
        "schema": {"response_format": {"type": "json_schema", "json_schema": _STRICT}},
    },
    "scores": {"unscored": {}, "logprobs": {"logprobs": True, "top_logprobs": 2}},
    "stop": {"no-stop": {}, "stop": {"stop": ["\u00a7\u00a7"]}},
    "sampling": {"sampled": {}, "seed": {"temperature": 0, "seed": 7}},
}
RESPONSES: Features = {
    "framing": {"plain": {}, "streamed": {"stream": True}},
    "tools": {"no-tool": {}, "tool": {"tools": [_FLAT]}, "required-tool": {"tools": [_FLAT], "tool_choice": "required"}},
    "format": {
        "free": {},
        "json": {"text": {"format": {"type": "json_object"}}},
        "schema": {"text": {"format": {"type": "json_schema", **_STRICT}}},
    },
    "scores": {"unscored": {}, "logprobs": {"include": ["message.output_text.logprobs"], "top_logprobs": 2}},
    "instructions": {"uninstructed": {}, "instructions": {"instructions": "Be brief."}},
    "keeping": {"kept": {}, "not-kept": {"store": False}},
}


@dataclass(frozen=True, slots=True)
class CaseAttempts:
    """A file of combinations: where it is, its features, and the request that they are added to."""

    file: Path
    feature: str
    features: Features
    head: Mapping[str, Any]
    tail: Mapping[str, Any]


SHEETS = (
    CaseAttempts(
        SPEC / "cases" / "chat" / "combinations.yaml",
        "chat",
        CHAT,
        {"model": "$model", "max_tokens": 48},
        {"messages": [{"role": "user", "content": PROMPT}]},
    ),
    CaseAttempts(
        SPEC / "cases" / "responses" / "combinations.yaml",
        "responses",
        RESPONSES,
        {"model": "$model", "max_output_tokens": 48},
        {"input": PROMPT},
    ),
)


def combinations(features: Features) -> list[dict[str, str]]:
    """The choices of each case: every two choices of two features stand together in at least one."""
    names = list(features)
    return [dict(zip(names, row, strict=True)) for row in AllPairs([list(features[name]) for name in names])]


def text(sheet: CaseAttempts) -> str:
    """A file's content."""
    lines = [f"about: {ABOUT}", f"feature: {sheet.feature}", f"endpoint: {sheet.feature}", "cases:"]
    for chosen in combinations(sheet.features):
        unusual = [choice for name, choice in chosen.items() if sheet.features[name][choice]]
        body: dict[str, Any] = dict(sheet.head)
        for name, choice in chosen.items():
            body |= sheet.features[name][choice]
        body |= sheet.tail
        lines += [
            f"  - id: {'-'.join(unusual) or 'plain'}",
            f"    title: A request with {', '.join(unusual) or 'nothing unusual'} is answered by every rule, or refused.",
            "    wants: either",
            f"    send: {json.dumps(body, ensure_ascii=False)}",
            f"    expect: [{sheet.feature}.combination-taken]",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the files."""
    for sheet in SHEETS:
        sheet.file.write_text(text(sheet), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
