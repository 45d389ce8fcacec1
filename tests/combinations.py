"""Writes ``spec/cases/chat/combinations.yaml``: every pair of features of a chat request meets in some case.

The cases are a fixed list to be read and reviewed; this only saves working it out by hand. ``python -m tests.combinations`` writes it
again after a feature was added here.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from allpairspy import AllPairs

from harness.catalog import SPEC

FILE = SPEC / "cases" / "chat" / "combinations.yaml"
ABOUT = "Features that meet in one request, each pair of them at least once; made by tests/combinations.py."

_SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"], "additionalProperties": False}
_TOOL = {"type": "function", "function": {"name": "ping", "description": "Ping.", "parameters": {"type": "object", "properties": {}}}}

FEATURES: dict[str, dict[str, dict[str, Any]]] = {
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
        "schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": _SCHEMA}}},
    },
    "scores": {"unscored": {}, "logprobs": {"logprobs": True, "top_logprobs": 2}},
    "stop": {"no-stop": {}, "stop": {"stop": ["\u00a7\u00a7"]}},
    "sampling": {"sampled": {}, "seed": {"temperature": 0, "seed": 7}},
}
"""Each feature with its choices, and what a choice adds to the request."""


def combinations() -> list[dict[str, str]]:
    """The choices of each case: every two choices of two features stand together in at least one."""
    names = list(FEATURES)
    return [dict(zip(names, row, strict=True)) for row in AllPairs([list(FEATURES[name]) for name in names])]


def text() -> str:
    """The file's content."""
    lines = [f"about: {ABOUT}", "feature: chat", "cases:"]
    for chosen in combinations():
        unusual = [choice for name, choice in chosen.items() if FEATURES[name][choice]]
        body: dict[str, Any] = {"model": "$model", "max_tokens": 48}
        for name, choice in chosen.items():
            body |= FEATURES[name][choice]
        body["messages"] = [{"role": "user", "content": 'Reply with the JSON object {"answer": "hi"}.'}]
        lines += [
            f"  - id: {'-'.join(unusual) or 'plain'}",
            f"    title: A request with {', '.join(unusual) or 'nothing unusual'} is answered by every rule, or refused.",
            "    wants: either",
            f"    send: {json.dumps(body, ensure_ascii=False)}",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
