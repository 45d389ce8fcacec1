"""A response repeats its request's tools and text format."""

from __future__ import annotations

from typing import Any

from ...model import Problem
from ..registry import check
from ..reply import Reply, few, items_of, show

ENCRYPTED = "reasoning.encrypted_content"
"""What a request includes to get encrypted content."""


def _functions(value: Any) -> list[dict[str, Any]]:
    """The function tools of a list, in the form of the Responses API, with ``name`` at the top level."""
    return [tool for tool in value if isinstance(tool, dict) and tool.get("type") == "function"] if isinstance(value, list) else []


@check
def tools_are_told_again(reply: Reply) -> list[Problem] | None:
    """The response repeats every function tool of the request in order: its name, description and parameters.

    An endpoint may add to the schema of parameters, but must keep what was sent. Tools whose loading is deferred may be missing.
    """
    where, response = reply.response
    sent = [tool for tool in _functions(reply.asked.get("tools")) if tool.get("defer_loading") is not True]
    listed = response.get("tools")
    if not isinstance(listed, list):
        return None
    if not reply.asked.get("tools"):
        told = [show(tool.get("name")) for tool in _functions(listed)]
        return [Problem(f"{where} /tools".strip(), "no functions, as none were sent", ", ".join(told))] if told else None
    if not sent:
        return None
    repeated = {str(tool.get("name")): tool for tool in _functions(listed)}
    problems: list[Problem] = []
    for number, tool in enumerate(sent):
        again = repeated.get(str(tool.get("name")))
        place = f"{where} /tools".strip()
        if again is None:
            problems.append(Problem(place, f"the function {show(tool.get('name'))}, as sent", show([*repeated] or listed)))
            continue
        place = f"{place}/{number}"
        if tool.get("description") and again.get("description") != tool["description"]:
            problems.append(Problem(f"{place}/description", f"{show(tool['description'])}, as sent", show(again.get("description"))))
        if isinstance(tool.get("strict"), bool) and again.get("strict") != tool["strict"]:
            problems.append(Problem(f"{place}/strict", f"{show(tool['strict'])}, as sent", show(again.get("strict"))))
        lost = _lost(tool.get("parameters"), again.get("parameters"))
        if lost:
            problems.append(Problem(f"{place}/parameters", f"{show(lost)}, as sent", show(again.get("parameters"))))
    names = [str(tool.get("name")) for tool in sent]
    in_order = [name for name in repeated if name in names]
    if not problems and in_order != list(dict.fromkeys(names)):
        problems.append(Problem(f"{where} /tools".strip(), f"in the order sent: {show(names)}", show(in_order)))
    return few(problems)


def _lost(sent: Any, repeated: Any) -> list[str]:
    """The properties of a schema that the response lacks."""
    names = sent.get("properties") if isinstance(sent, dict) else None
    again = repeated.get("properties") if isinstance(repeated, dict) else None
    if not isinstance(names, dict):
        return []
    return [name for name in names if not isinstance(again, dict) or name not in again]


@check
def format_is_told_again(reply: Reply) -> list[Problem] | None:
    """The response repeats the request's text format: its type, name, strictness, schema and description."""
    where, response = reply.response
    text, again = reply.asked.get("text"), response.get("text")
    sent = text.get("format") if isinstance(text, dict) else None
    if not isinstance(sent, dict) or again is None:
        return None
    repeated = again.get("format") if isinstance(again, dict) else None
    held = repeated if isinstance(repeated, dict) else {}
    place = f"{where} /text/format".strip()
    return [
        Problem(f"{place}/{name}", f"{show(sent[name])}, as sent", show(held.get(name)))
        for name in ("type", "name", "strict", "schema", "description")
        if sent.get(name) is not None and held.get(name) != sent[name]
    ]


@check
def cut_item_says_so(reply: Reply) -> list[Problem] | None:
    """If the token limit cut a response, its last message or call, if it has a status, is incomplete."""
    details = reply.response[1].get("incomplete_details")
    if reply.response[1].get("status") != "incomplete" or not isinstance(details, dict) or details.get("reason") != "max_output_tokens":
        return None
    with_status = [(where, item) for where, item in reply.items if item.get("type") in ("message", "function_call") and item.get("status")]
    if not with_status or reply.items[-1][1] is not with_status[-1][1]:
        return None
    where, last = with_status[-1]
    return [] if last["status"] == "incomplete" else [Problem(f"{where}/status", "incomplete", show(last["status"]))]


@check
def encrypted_content_comes(reply: Reply) -> list[Problem] | None:
    """Each reasoning item has encrypted content if the request includes it."""
    thoughts = [(where, item) for where, item in reply.items if item.get("type") == "reasoning"]
    if ENCRYPTED not in items_of(reply.asked.get("include")) or not thoughts:
        return None
    bare = [(where, item.get("encrypted_content")) for where, item in thoughts if not isinstance(item.get("encrypted_content"), str)]
    bare += [(where, "") for where, item in thoughts if item.get("encrypted_content") == ""]
    return [Problem(f"{where}/encrypted_content", "a text that is not empty, as included", show(got)) for where, got in bare]
