"""How the reference calls tools: which tools, with which arguments, and how a stream splits them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .language import tokens
from .refusals import RefusalError
from .state import State

_GIVEN = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
PIECE = 6


def check_tools(body: Mapping[str, Any]) -> None:
    """Refuse invalid tools and tool choices."""
    names: list[str] = []
    for index, tool in enumerate(body.get("tools") or []):
        where = f"tools[{index}]"
        if not isinstance(tool, dict) or tool.get("type") != "function" or not isinstance(tool.get("function"), dict):
            raise RefusalError(400, f"Invalid value for '{where}': expected a function tool.", "invalid_value", where)
        name = tool["function"].get("name")
        if not isinstance(name, str) or not _NAME.match(name) or name in names:
            raise RefusalError(400, f"Invalid '{where}.function.name': {name!r}.", "invalid_value", f"{where}.function.name")
        names.append(name)
    choice = body.get("tool_choice")
    named = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        named = _allowed(choice)[0]
    if choice is not None and choice not in ("none", "auto", "required") and named not in names:
        raise RefusalError(400, f"Invalid value for 'tool_choice': {choice!r}.", "invalid_value", "tool_choice")


def check_results(messages: list[Any]) -> None:
    """Refuse tool results without a call."""
    called: set[str] = set()
    for index, message in enumerate(messages):
        called |= {call["id"] for call in message.get("tool_calls") or [] if isinstance(call, dict) and "id" in call}
        where = f"messages[{index}]"
        if message["role"] == "tool" and message.get("tool_call_id") is None:
            raise RefusalError(400, f"Missing parameter '{where}.tool_call_id'.", "missing_required_parameter", f"{where}.tool_call_id")
        if message["role"] == "tool" and message["tool_call_id"] not in called:
            raise RefusalError(400, f"'{where}' answers no call before it.", "invalid_value", where)


def calls(body: Mapping[str, Any], prompt: str, state: State) -> list[dict[str, Any]]:
    """The calls that the model makes; empty if it answers with text."""
    tools = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or []}
    choice = body.get("tool_choice") or ("auto" if tools else "none")
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        tools = {name: tools[name] for name in _allowed(choice) if name in tools}
        choice = choice["allowed_tools"].get("mode", "auto")
    last = body["messages"][-1]["role"]
    mentioned = [name for name in tools if name in prompt]
    if not tools or choice == "none" or (choice == "auto" and (not mentioned or last == "tool")):
        return []
    name = choice["function"]["name"] if isinstance(choice, dict) else (mentioned or list(tools))[0]
    made = [_call(name, given, state) for given in _arguments(tools[name], prompt)]
    return made if body.get("parallel_tool_calls") is not False else made[:1]


def _allowed(choice: Mapping[str, Any]) -> list[Any]:
    """The names of the tools that a choice allows. The list has at least one entry, which may be ``None``."""
    listed = choice.get("allowed_tools", {}).get("tools") or [{}]
    return [tool.get("function", {}).get("name") for tool in listed]


def within(made: list[dict[str, Any]], limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    """The calls within a token limit, and whether the limit cut the arguments of the last one."""
    left = limit
    kept: list[dict[str, Any]] = []
    for call in made:
        text = tokens(call["function"]["arguments"])
        if left is not None and len(text) > left:
            arguments = "".join(text[:left])
            return [*kept, {**call, "function": {**call["function"], "arguments": arguments}}], True
        left = None if left is None else left - len(text)
        kept.append(call)
    return kept, False


def _call(name: str, arguments: Any, state: State) -> dict[str, Any]:
    text = json.dumps(arguments, ensure_ascii=False)
    return {"id": f"call_{state.digits()[:24]}", "type": "function", "function": {"name": name, "arguments": text}}


def _arguments(function: Mapping[str, Any], prompt: str) -> list[Any]:
    """The arguments of each call: the JSON objects in the prompt, or else an example of the schema."""
    given = []
    for text in _GIVEN.findall(prompt):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if function.get("strict") is not True or _fits(found, function.get("parameters") or {}):
            given.append(found)
    return given or [example(function.get("parameters") or {"type": "object"})]


def _fits(given: Any, schema: Mapping[str, Any]) -> bool:
    """Whether an object has exactly the schema's properties, all with string values."""
    return isinstance(given, dict) and set(given) == set(schema.get("properties", {})) and all(isinstance(v, str) for v in given.values())


def example(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """A small value that is valid against a schema; ``root`` resolves its references."""
    root = schema if root is None else root
    if "$ref" in schema:
        return example(_referred(schema["$ref"], root), root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if "anyOf" in schema:
        return example(schema["anyOf"][0], root)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    match kind:
        case "object":
            members = schema.get("properties", {})
            return {name: example(members.get(name, {"type": "string"}), root) for name in schema.get("required", list(members))}
        case "array":
            return [example(schema.get("items", {"type": "string"}), root) for _ in range(schema.get("minItems", 1))]
        case "integer":
            return int(schema.get("minimum", 7))
        case "number":
            return schema.get("minimum", 0.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _matching(schema["pattern"]) if "pattern" in schema else "x" * max(1, schema.get("minLength", 1))


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    """Resolve a reference within a schema."""
    found: Any = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        found = found[name] if name else found
    return found


def _matching(pattern: str) -> str:
    """A text that matches a pattern of plain letters and counted classes, such as ``^AB-[0-9]{4}$``."""
    return re.sub(r"\[(.)[^\]]*\]\{(\d+)\}", lambda found: found[1] * int(found[2]), pattern.strip("^$"))


def pieces(made: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the deltas that stream calls: for each call its id and name first, then pieces of its arguments."""
    for index, call in enumerate(made):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": function}]}
        text = call["function"]["arguments"]
        for start in range(0, len(text), PIECE):
            yield {"tool_calls": [{"index": index, "function": {"arguments": text[start : start + PIECE]}}]}
