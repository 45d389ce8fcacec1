"""The input of a response: reads and checks its items, gives them ids, and counts their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .language import IMAGE_TOKENS, tokens
from .refusals import RefusalError, check_data_uri
from .state import State

ROLES = ("user", "assistant", "system", "developer")
PARTS = {"input_text": "text", "output_text": "text", "refusal": "refusal", "input_image": "", "input_file": ""}
NEEDED = {
    "function_call": ("call_id", "name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "reasoning": ("summary",),
    "item_reference": ("id",),
    "compaction": ("encrypted_content",),
}
PREFIXES = {"message": "msg", "function_call": "fc", "function_call_output": "fco", "reasoning": "rs", "compaction": "cmp"}
_MESSAGE_TOKENS = 4


def read_items(given: Any, state: State) -> list[dict[str, Any]]:
    """Read the input as complete items; a string is a user message."""
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise RefusalError(400, "Invalid type for 'input': expected a string or an array.", "invalid_type", "input")
    return [_read_item(item, f"input[{index}]", state) for index, item in enumerate(given)]


def _read_item(item: Any, where: str, state: State) -> dict[str, Any]:
    """Read one item and add its defaults."""
    if not isinstance(item, dict):
        raise RefusalError(400, f"Invalid type for '{where}': expected an object.", "invalid_type", where)
    kind = item.get("type", "message" if "role" in item else None)
    if kind == "message":
        return _read_message(item, where, state)
    if not isinstance(kind, str) or kind not in NEEDED:
        raise RefusalError(400, f"Invalid value: {kind!r}.", "invalid_value", where)
    for name in NEEDED[kind]:
        if item.get(name) is None:
            raise RefusalError(400, f"Missing required parameter: '{where}.{name}'.", "missing_required_parameter", f"{where}.{name}")
    if isinstance(item.get("output"), list):
        for index, part in enumerate(item["output"]):
            _check_part(part, f"{where}.output[{index}]")
    return {"id": state.new_id(f"{PREFIXES.get(kind, 'item')}_"), "status": "completed", **item}


def _read_message(item: Mapping[str, Any], where: str, state: State) -> dict[str, Any]:
    """Read a message, with its content as parts."""
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise RefusalError(400, f"Invalid value: {role!r}. Supported values are: {', '.join(ROLES)}.", "invalid_value", f"{where}.role")
    if content is None:
        raise RefusalError(400, f"Missing required parameter: '{where}.content'.", "missing_required_parameter", f"{where}.content")
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    if not isinstance(content, list):
        raise RefusalError(400, f"Invalid type for '{where}.content': expected a string or an array.", "invalid_type", f"{where}.content")
    for index, part in enumerate(content):
        _check_part(part, f"{where}.content[{index}]")
    identity = item.get("id") or state.new_id("msg_")
    return {"id": identity, "type": "message", "status": "completed", "role": role, "content": content}


def _check_part(part: Any, where: str) -> None:
    """Refuse an invalid content part."""
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(kind, str) or kind not in PARTS:
        raise RefusalError(400, f"Invalid value: {kind!r}.", "invalid_value", where)
    if PARTS[kind] and not isinstance(part.get(PARTS[kind]), str):
        raise RefusalError(400, f"Missing required parameter: '{where}.{PARTS[kind]}'.", "missing_required_parameter", where)
    if kind == "input_image":
        url = part.get("image_url")
        if not isinstance(url, str):
            raise RefusalError(400, f"Invalid type for '{where}.image_url': expected a string.", "invalid_type", f"{where}.image_url")
        check_data_uri(url, f"{where}.image_url")


def check_results(items: list[dict[str, Any]]) -> None:
    """Refuse results without a call, and calls without a result."""
    called = {item["call_id"] for item in items if item["type"] == "function_call"}
    answered = {item["call_id"] for item in items if item["type"] == "function_call_output"}
    for identity in sorted(answered - called):
        raise RefusalError(400, f"No tool call found for function call output with call_id {identity}.", None, "input")
    for identity in sorted(called - answered):
        raise RefusalError(400, f"No tool output found for function call {identity}.", None, "input")


def text_of(item: Mapping[str, Any]) -> str:
    """The text of an item."""
    if item["type"] == "message":
        return "".join(part.get("text", "") for part in item["content"])
    told = item.get("output", item.get("arguments", ""))
    return "".join(part.get("text", "") for part in told) if isinstance(told, list) else str(told)


def cost(items: list[dict[str, Any]], instructions: str | None) -> int:
    """The number of tokens in an input."""
    said = [text_of(item) for item in items] + ([instructions] if instructions else [])
    parts = [part for item in items if item["type"] == "message" for part in item["content"]]
    images = [part for part in parts if part["type"] == "input_image"]
    return sum(len(tokens(text)) + _MESSAGE_TOKENS for text in said) + len(images) * IMAGE_TOKENS
