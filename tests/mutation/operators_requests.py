"""Operators on requests before the reference sees them: a parameter is ignored, misread or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from harness.reference.exchange import ServerReply, ServerRequest, encode
from harness.reference.refusals import RefusalError
from tests.mutation.mutation import Ask, Change, body_of

Rewrite: TypeAlias = Callable[[dict[str, Any]], bool]
"""Changes a body in place; whether there was anything to change."""


def rewriting(change: Rewrite) -> Ask:
    """Change the request's JSON."""

    def ask(asked: ServerRequest) -> ServerRequest | None:
        body = body_of(asked)
        return replace(asked, body=encode(body)) if body and change(body) else None

    return ask


def _held(body: dict[str, Any], place: str) -> tuple[dict[str, Any], str] | None:
    """What holds a member that a dotted path names, where it is set."""
    *way, name = place.split(".")
    holder: Any = body
    for step in way:
        holder = holder.get(step) if isinstance(holder, dict) else None
    return (holder, name) if isinstance(holder, dict) and holder.get(name) is not None else None


def ignored(place: str) -> Rewrite:
    """A member counts for nothing."""

    def change(body: dict[str, Any]) -> bool:
        found = _held(body, place)
        if found is not None:
            del found[0][found[1]]
        return found is not None

    return change


def unset_when_zero(place: str) -> Rewrite:
    """A zero is taken for nothing."""

    def change(body: dict[str, Any]) -> bool:
        found = _held(body, place)
        if found is None or found[0][found[1]] not in (0, False) or isinstance(found[0][found[1]], bool):
            return False
        del found[0][found[1]]
        return True

    return change


def clamped(place: str, to: Any) -> Rewrite:
    """A number is cut to a limit of the server's own."""

    def change(body: dict[str, Any]) -> bool:
        found = _held(body, place)
        if found is None or type(found[0][found[1]]) not in (int, float) or found[0][found[1]] <= to:
            return False
        found[0][found[1]] = to
        return True

    return change


def first_only(place: str) -> Rewrite:
    """Of a list only the first item counts."""

    def change(body: dict[str, Any]) -> bool:
        found = _held(body, place)
        if found is None or not isinstance(found[0][found[1]], list) or len(found[0][found[1]]) < 2:
            return False
        found[0][found[1]] = found[0][found[1]][:1]
        return True

    return change


def only_when(streamed: bool, change: Rewrite) -> Rewrite:
    """A change to streamed requests only, or to the others."""
    return lambda body: (body.get("stream") is True) == streamed and change(body)


def _listed(body: dict[str, Any]) -> list[Any]:
    """The messages, or the items of the input."""
    listed = body.get("messages", body.get("input"))
    return listed if isinstance(listed, list) else []


def _dropping(drop: Callable[[dict[str, Any], int, int], bool]) -> Rewrite:
    """Leave out messages or items."""

    def change(body: dict[str, Any]) -> bool:
        listed = _listed(body)
        kept = [one for n, one in enumerate(listed) if not (isinstance(one, dict) and drop(one, n, len(listed)))]
        if len(kept) == len(listed) or not kept:
            return False
        listed[:] = kept
        return True

    return change


def _first_part(one: dict[str, Any]) -> bool:
    for name in ("content", "output"):
        if isinstance(one.get(name), list) and len(one[name]) > 1:
            one[name] = one[name][:1]
            return True
    return False


def _emptied(one: dict[str, Any]) -> bool:
    for name in ("content", "output"):
        if isinstance(one.get(name), list) and one[name]:
            one[name] = [{**one[name][0], "text": ""}] if "text" in one[name][0] else one[name]
            return "text" in one[name][0]
    return False


def _of(pick: Callable[[dict[str, Any]], bool], change: Callable[[dict[str, Any]], bool]) -> Rewrite:
    """Change the messages or items of a kind."""

    def apply(body: dict[str, Any]) -> bool:
        changed = [change(one) for one in _listed(body) if isinstance(one, dict) and pick(one)]
        return any(changed)

    return apply


def _is_result(one: dict[str, Any]) -> bool:
    return isinstance(one, dict) and (one.get("role") == "tool" or one.get("type") == "function_call_output")


def _without_text(one: dict[str, Any]) -> bool:
    name = "output" if "output" in one else "content"
    if not one.get(name):
        return False
    one[name] = ""
    return True


def _system_after_first(one: dict[str, Any], number: int, of: int) -> bool:
    return one.get("role") in ("system", "developer") and number > 0


MESSAGES: dict[str, Rewrite] = {
    "only the last message read": _dropping(lambda one, n, of: n < of - 1 and not _is_result(one) and "tool_calls" not in one),
    "system messages not read": _dropping(lambda one, n, of: one.get("role") in ("system", "developer")),
    "system messages read first only": _dropping(_system_after_first),
    "assistant's turns not read": _dropping(lambda one, n, of: one.get("role") == "assistant" and "tool_calls" not in one),
    "messages of null content dropped": _dropping(lambda one, n, of: one.get("content", "") is None and "tool_calls" not in one),
    "only the first part read": _of(lambda one: True, _first_part),
    "parts read as nothing": _of(lambda one: not _is_result(one), _emptied),
    "tool results not read": _of(_is_result, _without_text),
    "parts of tool results not read": _of(_is_result, _emptied),
    "chain forgotten": ignored("previous_response_id"),
}
"""What can be lost of a conversation."""


def refusing(pick: Callable[[ServerRequest, dict[str, Any]], bool], status: int = 400) -> Change:
    """Requests of a legal but unusual form are refused."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.status == 200 and pick(asked, body_of(asked)):
            body = RefusalError(status, "Invalid request.", None, None).body
            return ServerReply(status, {**reply.headers, "content-type": "application/json"}, body)
        return reply

    return apply


def _any_part(body: dict[str, Any], *kinds: str) -> bool:
    parts = [
        p for one in _listed(body) if isinstance(one, dict) for n in ("content", "output") if isinstance(one.get(n), list) for p in one[n]
    ]
    return any(not kinds or part.get("type") in kinds for part in parts if isinstance(part, dict))


def _tools(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [t.get("function", t) for t in body.get("tools") or [] if isinstance(t, dict)]


FORMS: dict[str, Callable[[ServerRequest, dict[str, Any]], bool]] = {
    "content as parts": lambda asked, body: _any_part(body),
    "results as parts": lambda asked, body: any(
        isinstance(o.get("output", o.get("content")), list) for o in _listed(body) if _is_result(o)
    ),
    "a tool without parameters": lambda asked, body: any("parameters" not in tool for tool in _tools(body)),
    "a tool without description": lambda asked, body: any("description" not in tool for tool in _tools(body)),
    "an empty list of tools": lambda asked, body: body.get("tools") == [],
    "null members": lambda asked, body: any(value is None for value in body.values()),
    "null content": lambda asked, body: any(o.get("content", "") is None for o in _listed(body) if isinstance(o, dict)),
    "empty content": lambda asked, body: any(o.get("content", 0) in ("", []) for o in _listed(body) if isinstance(o, dict)),
    "a developer message": lambda asked, body: any(o.get("role") == "developer" for o in _listed(body) if isinstance(o, dict)),
    "a system message": lambda asked, body: any(o.get("role") == "system" for o in _listed(body) if isinstance(o, dict)),
    "a name": lambda asked, body: any("name" in o and "role" in o for o in _listed(body) if isinstance(o, dict)),
    "a charset": lambda asked, body: "charset" in asked.headers.get("content-type", ""),
    "chunked bodies": lambda asked, body: "transfer-encoding" in asked.headers and "content-length" not in asked.headers,
    "bodies above a megabyte": lambda asked, body: len(asked.body) > 1_048_576,
    "an integer temperature": lambda asked, body: type(body.get("temperature")) is int,
    "temperature 0": lambda asked, body: body.get("temperature") == 0,
    "stop as a list": lambda asked, body: isinstance(body.get("stop"), list),
    "stop as a string": lambda asked, body: isinstance(body.get("stop"), str),
    "input as items": lambda asked, body: isinstance(body.get("input"), list),
    "an item without type": lambda asked, body: any("type" not in o for o in _listed(body) if isinstance(o, dict)) and "input" in body,
    "a named choice": lambda asked, body: isinstance(body.get("tool_choice"), dict),
    "streams with tools": lambda asked, body: bool(body.get("tools")) and body.get("stream") is True,
    "tools with a format": lambda asked, body: bool(body.get("tools")) and bool(body.get("response_format") or body.get("text")),
    "several choices": lambda asked, body: (body.get("n") or 1) > 1,
    "other members": lambda asked, body: bool(body.get("metadata") or body.get("user") or body.get("seed")),
}
"""Forms of requests that are legal, and that some server does not take."""
