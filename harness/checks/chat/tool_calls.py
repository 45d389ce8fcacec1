"""Tool calls, whole or assembled from a stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...model import Json, Problem
from .. import pointer
from ..registry import check
from ..reply import NOT_READ, Reply, few, parse_json, show
from ..shape import is_schema, schema_errors

BRINGING_TOOLS = frozenset({"additional_tools", "tool_search_output", "mcp_list_tools", "item_reference"})
"""Input items of a response that add tools, or may add them."""


DEEPEST_NAMESPACE = 4
"""The deepest nesting of tool namespaces that is searched."""


@dataclass(slots=True)
class ToolCall:
    """One call as a client assembles it. ``ids``, ``names`` and ``types`` list all that came for it, in order of arrival."""

    choice: int
    index: int
    where: str
    ids: list[tuple[str, Json]] = field(default_factory=list)
    names: list[tuple[str, Json]] = field(default_factory=list)
    types: list[tuple[str, Json]] = field(default_factory=list)
    arguments: str = ""
    pieces: int = 0

    @property
    def name(self) -> str:
        """The first name that is neither null nor empty."""
        return next((str(name) for _, name in self.names if name), "")


def calls_of(reply: Reply) -> list[ToolCall]:
    """The calls of a reply, joined by choice and index, in order of first appearance."""
    if reply.is_response:
        return [_item_call(index, where, item) for index, (where, item) in enumerate(reply.items) if item.get("type") == "function_call"]
    found: dict[tuple[int, int], ToolCall] = {}
    for where, choice_index, choice in reply.choices:
        holder = choice.get("message") or choice.get("delta")
        listed = holder.get("tool_calls") if isinstance(holder, dict) else None
        for position, piece in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(piece, dict):
                index = piece.get("index", position) if reply.is_event_stream else position
                key = (choice_index, index if isinstance(index, int) else position)
                call = found.setdefault(key, ToolCall(*key, where))
                _add(call, f"{where}/tool_calls/{position}", piece)
    return list(found.values())


def _item_call(index: int, where: str, item: dict[str, Any]) -> ToolCall:
    """The call in an output item of a response."""
    arguments = item.get("arguments")
    return ToolCall(
        0,
        index,
        where,
        ids=[(where, item.get("call_id"))],
        names=[(where, item.get("name"))],
        arguments=arguments if isinstance(arguments, str) else "",
        pieces=1,
    )


def _add(call: ToolCall, where: str, piece: dict[str, Any]) -> None:
    """Add one piece to its call."""
    call.pieces += 1
    function = piece.get("function")
    function = function if isinstance(function, dict) else {}
    for kept, holder, name in ((call.ids, piece, "id"), (call.types, piece, "type"), (call.names, function, "name")):
        if name in holder:
            kept.append((where, holder[name]))
    if isinstance(function.get("arguments"), str):
        call.arguments += function["arguments"]


def _declared(reply: Reply) -> dict[str, dict[str, Any]]:
    """The function tools that the request declares, by name; empty if its input adds further tools."""
    tools = reply.asked.get("tools")
    given = reply.asked.get("input")
    if isinstance(given, list) and any(isinstance(item, dict) and item.get("type") in BRINGING_TOOLS for item in given):
        return {}
    functions = [tool.get("function", tool) for tool in _each_tool(tools)]
    return {function["name"]: function for function in functions if isinstance(function, dict) and "name" in function}


def _each_tool(tools: Json, depth: int = 0) -> list[dict[str, Any]]:
    """The tools of a list, including those in namespaces."""
    listed = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) and depth < DEEPEST_NAMESPACE else []
    return [one for tool in listed for one in (tool, *_each_tool(tool.get("tools"), depth + 1))]


def _cut(reply: Reply, call: ToolCall) -> bool:
    """Whether the token limit, or a content filter, cut the call's choice."""
    return any(reason in ("length", "content_filter") for _, reason in reply.finish_reasons.get(call.choice, []))


@check
def arguments_are_a_json_object(reply: Reply) -> list[Problem] | None:
    """The arguments of each call are a string with a JSON object, unless the token limit cut them.

    Those of a strict tool are judged by ``strict_arguments_fit_their_schema``.
    """
    declared = _declared(reply)
    calls = [call for call in reply.once(calls_of) if not _cut(reply, call) and declared.get(call.name, {}).get("strict") is not True]
    problems = []
    for call in calls:
        parsed = parse_json(call.arguments)
        if parsed.error in NOT_READ:
            continue
        if parsed.error is not None or not isinstance(parsed.value, dict):
            problems.append(Problem(f"{call.where} call {call.index}", "arguments: a JSON object", show(call.arguments)))
    return problems if calls else None


@check
def strict_arguments_fit_their_schema(reply: Reply) -> list[Problem] | None:
    """The arguments of a strict tool's call fit the tool's schema."""
    declared = _declared(reply)
    problems: list[Problem] = []
    judged = False
    for call in reply.once(calls_of):
        tool = declared.get(call.name, {})
        parsed = parse_json(call.arguments)
        if tool.get("strict") is not True or parsed.error in NOT_READ or _cut(reply, call):
            continue
        judged = True
        if parsed.error is not None:
            problems.append(
                Problem(f"{call.where} call {call.index}", "arguments: a JSON object that fits the schema", show(call.arguments))
            )
            continue
        problems += _misfits(f"{call.where} call {call.index} arguments ", tool.get("parameters", {}), parsed.value)
    return problems if judged else None


def _misfits(where: str, schema: Json, value: Json) -> list[Problem]:
    """The errors of a value under a schema from the request."""
    if not is_schema(schema):
        return []
    errors = schema_errors(schema, value)
    return few(
        [Problem(f"{where}{pointer.text(tuple(e.absolute_path)) or '/'}", show(str(e.validator)), show(e.message, 120)) for e in errors]
    )


@check
def calls_name_declared_tools(reply: Reply) -> list[Problem] | None:
    """Each call names a tool that the request declared."""
    calls, declared = reply.once(calls_of), _declared(reply)
    known = " or ".join(sorted(declared))
    return [Problem(c.where, known, show([n for _, n in c.names])) for c in calls if c.name not in declared] if calls and declared else None


@check
def call_ids_differ(reply: Reply) -> list[Problem] | None:
    """Each call has an id that is unique within its choice."""
    calls = reply.once(calls_of)
    problems: list[Problem] = []
    seen: set[tuple[int, str]] = set()
    for call in calls:
        identity = next((str(identity) for _, identity in call.ids if identity), "")
        if not identity or (call.choice, identity) in seen:
            problems.append(Problem(f"{call.where} call {call.index}", "an id of its own", show(identity)))
        seen.add((call.choice, identity))
    return problems if calls else None


@check
def finish_reason_tells_of_calls(reply: Reply) -> list[Problem] | None:
    """A choice with calls ends with tool_calls; with stop only if the request forced a call; with length if it was cut."""
    calls = reply.once(calls_of)
    forced = reply.asked.get("tool_choice") == "required" or isinstance(reply.asked.get("tool_choice"), dict)
    allowed = {"tool_calls", "length", "content_filter", *(["stop"] if forced else [])}
    problems = []
    for choice in sorted({call.choice for call in calls}):
        for where, reason in reply.finish_reasons.get(choice, []):
            if reason not in allowed:
                problems.append(Problem(f"{where}/finish_reason", '"tool_calls"', show(reason)))
    return problems if calls else None


@check
def finish_means_a_call(reply: Reply) -> list[Problem] | None:
    """A choice that ends with tool_calls calls a tool."""
    calling = {call.choice for call in reply.once(calls_of)}
    ended = [(where, i) for i, reasons in reply.finish_reasons.items() for where, reason in reasons if reason == "tool_calls"]
    return [Problem(f"{where}/finish_reason", "a call in this choice", "tool_calls, and no call") for where, i in ended if i not in calling]


@check
def text_holds_no_call(reply: Reply) -> list[Problem] | None:
    """With tools in the request, the reply's text contains no call in the model's own markup, whether or not it was parsed.

    It does not repeat the arguments of a call either, nor contain a declared tool's name and arguments as JSON.
    """
    calls = reply.once(calls_of)
    if not calls and (not reply.asked.get("tools") or reply.asked.get("tool_choice") == "none"):
        return None
    written = {index: found for index, text in reply.texts.items() if (found := _call_in(text, reply.asked) if calls else _markup_in(text))}
    for call in calls:
        if len(call.arguments) > 2 and call.arguments in (text := reply.texts.get(call.choice, "")):
            written.setdefault(call.choice, text)
    return few([Problem(f"text of choice {index}", "no call in the text", show(text, 160)) for index, text in written.items()])


MARKUP = re.compile(r"</?tool_calls?\b|<function=|<\|(?:tool|python_tag|plugin|action_start)|\[TOOL_CALLS\]|<tool▁call|✿FUNCTION✿")
"""The markup in which models write calls."""


def _markup_in(text: str) -> str:
    """A model's markup of a call, and the text after it; empty if there is none."""
    match = MARKUP.search(text)
    return text[match.start() :] if match else ""


def _call_in(text: str, asked: Mapping[str, Any]) -> str:
    """A call in the text: in a model's markup, or as JSON that names a declared tool; empty if there is none."""
    tools = [tool for tool in asked.get("tools") or [] if isinstance(tool, dict)]
    declared = [tool.get("function", tool) for tool in tools]
    names = [re.escape(str(tool["name"])) for tool in declared if isinstance(tool, dict) and tool.get("name")]
    match = re.search(rf'\{{[^{{}}]*"(?:name|function)"\s*:\s*"(?:{"|".join(names)})"', text) if names else None
    return text[match.start() :] if match else _markup_in(text)


@check
def streamed_calls_are_identified(reply: Reply) -> list[Problem] | None:
    """The pieces of each call give its id, its type ``function`` and its name."""
    calls = reply.once(calls_of)
    wanted = [(call, what, found) for call in calls for what, found in (("id", call.ids), ("type", call.types), ("name", call.names))]
    return (
        few(
            [
                Problem(f"choice {call.choice} call {call.index}", f"its {what} in one of its pieces", "none")
                for call, what, found in wanted
                if not any(value for _, value in found)
            ]
        )
        if calls
        else None
    )


@check
def first_piece_identifies_the_call(reply: Reply) -> list[Problem] | None:
    """The first piece of each call carries its id and its name."""
    calls = [call for call in reply.once(calls_of) if any(v for _, v in call.ids) and any(v for _, v in call.names)]
    return (
        few(
            [
                Problem(
                    f"choice {call.choice} call {call.index}", f"the {what} in the first piece", f"at {found[0][0]}: {show(found[0][1])}"
                )
                for call in calls
                for what, found in (("id", call.ids), ("name", call.names))
                if not found[0][1] or not found[0][0].startswith(call.where)
            ]
        )
        if calls
        else None
    )


@check
def identity_comes_once(reply: Reply) -> list[Problem] | None:
    """The id and the name of a call come once, since a client joins repeated ones."""
    return _identity_again(reply, lambda found: [(where, value) for where, value in found if value][1:])


@check
def identity_is_left_out(reply: Reply) -> list[Problem] | None:
    """After a call's first piece, id and name are left out rather than null or empty."""
    return _identity_again(reply, lambda found: [(where, value) for where, value in found[1:] if not value])


def _identity_again(reply: Reply, again: Callable[[list[tuple[str, Json]]], Sequence[tuple[str, Json]]]) -> list[Problem] | None:
    """Repeated ids and names of calls, as problems; ``again`` selects them."""
    calls = reply.once(calls_of)
    problems = [
        Problem(where, f"no {what} after the first", show(value))
        for call in calls
        for what, found in (("id", call.ids), ("name", call.names))
        for where, value in again(found)
    ]
    return few(problems) if calls else None


@check
def call_indexes_count_up(reply: Reply) -> list[Problem] | None:
    """The calls of a choice are numbered 0, 1, 2 … in order of first appearance."""
    by_choice: dict[int, list[int]] = {}
    for call in reply.once(calls_of):
        by_choice.setdefault(call.choice, []).append(call.index)
    return (
        [
            Problem(f"choice {choice}, indexes of the calls", show(list(range(len(got)))), show(got))
            for choice, got in by_choice.items()
            if got != list(range(len(got)))
        ]
        if by_choice
        else None
    )
