"""Wrapped texts: structured replies in a code fence, and content in a list of blocks."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerRequest
from .changing import any_chat, body_of, both, events, is_finish, message, plain
from .fault import fault
from .where import BREAKS, WRONG


def wants_json(asked: ServerRequest) -> bool:
    """Whether it is a chat request for a structured reply."""
    return any_chat(asked) and (body_of(asked).get("response_format") or {}).get("type") in ("json_object", "json_schema")


def fence(m: Any) -> None:
    """Put a text into a code fence."""
    if m["content"]:
        m["content"] = f"```json\n{m['content']}\n```"


def fenced(listed: list[Any]) -> list[Any]:
    """Open a code fence before the first text of each choice, and close it before the finish chunk."""
    opened: set[int] = set()
    out: list[Any] = []
    for event in listed:
        item = event["choices"][0] if isinstance(event, dict) and event["choices"] else None
        if item and item["delta"].get("content") and item["index"] not in opened:
            opened.add(item["index"])
            item["delta"]["content"] = "```json\n" + item["delta"]["content"]
        if item and is_finish(event) and item["index"] in opened:
            out.append({**event, "choices": [{**item, "finish_reason": None, "delta": {"content": "\n```"}}]})
        out.append(event)
    return out


fault(
    "B185",
    "apfel-json-in-a-code-fence",
    "A structured reply is wrapped in a Markdown code fence, streamed or not.",
    server="apfel; Kimi via 9router; DeepSeek via Genkit; Venice",
    seen="Arthur-Ficial/apfel/issues/101 decolua/9router/pull/288 genkit-ai/genkit/pull/4613 veniceai/api-docs/issues/264",
    severity=WRONG,
    change=both(plain(wants_json, message(fence)), events(wants_json, fenced)),
)


def blocks(m: Any) -> None:
    """Send a text as a list of blocks."""
    if isinstance(m["content"], str):
        m["content"] = [{"type": "text", "text": m["content"]}]


fault(
    "B149",
    "bifrost-content-as-blocks",
    "The content of a message is a list of blocks, not a string.",
    server="Bifrost",
    seen="maximhq/bifrost/issues/175",
    severity=BREAKS,
    change=plain(any_chat, message(blocks)),
)
