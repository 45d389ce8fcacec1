"""Checks the flat tools and text formats of responses, and converts them to the nested form of chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .refusals import RefusalError

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
CHOICES = ("none", "auto", "required")


def check_tools(body: Mapping[str, Any]) -> None:
    """Refuse invalid tools and tool choices."""
    names: list[str] = []
    for index, tool in enumerate(body.get("tools") or []):
        where = f"tools[{index}]"
        if not isinstance(tool, dict) or tool.get("type") != "function":
            raise RefusalError(400, f"Invalid value for '{where}': expected a function tool.", "invalid_value", where)
        name = tool.get("name")
        if name is None:
            raise RefusalError(400, f"Missing required parameter: '{where}.name'.", "missing_required_parameter", f"{where}.name")
        if not isinstance(name, str) or not _NAME.match(name) or name in names:
            raise RefusalError(400, f"Invalid '{where}.name': {name!r}.", "invalid_value", f"{where}.name")
        names.append(name)
    choice = body.get("tool_choice")
    if choice is None or choice in ("none", "auto"):
        return
    named = choice.get("name") if isinstance(choice, dict) else None
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        named = (choice.get("tools") or [{}])[0].get("name")
    if not (choice == "required" and names) and named not in names:
        raise RefusalError(400, f"Invalid value for 'tool_choice': {choice!r}.", "invalid_value", "tool_choice")


def check_format(body: Mapping[str, Any]) -> None:
    """Refuse an invalid text format."""
    form = (body.get("text") or {}).get("format") or {"type": "text"}
    kind = form.get("type") if isinstance(form, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise RefusalError(400, f"Invalid value: {kind!r}.", "invalid_value", "text.format.type")
    for name in ("name", "schema") if kind == "json_schema" else ():
        if form.get(name) is None:
            raise RefusalError(
                400, f"Missing required parameter: 'text.format.{name}'.", "missing_required_parameter", f"text.format.{name}"
            )


def as_chat(body: Mapping[str, Any], last: str) -> dict[str, Any]:
    """Convert the tools and the text format to members of a chat request; ``last`` is the type of the last item."""
    tools = [{"type": "function", "function": tool} for tool in body.get("tools") or []]
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        choice = {"type": "function", "function": {"name": choice["name"]}}
    elif isinstance(choice, dict):
        allowed = [{"type": "function", "function": {"name": tool["name"]}} for tool in choice["tools"]]
        choice = {"type": "allowed_tools", "allowed_tools": {"mode": choice.get("mode"), "tools": allowed}}
    form = (body.get("text") or {}).get("format") or {}
    nested = {"type": form.get("type"), "json_schema": form}
    return {
        "messages": [{"role": "tool" if last == "function_call_output" else "user"}],
        "tools": tools,
        "tool_choice": choice,
        "parallel_tool_calls": body.get("parallel_tool_calls"),
        "response_format": nested,
    }
