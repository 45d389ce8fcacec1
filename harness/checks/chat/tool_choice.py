"""What ``tool_choice`` and ``parallel_tool_calls`` ask of a reply, in chat and in responses."""

from __future__ import annotations

from ...model import Json, Problem, UndecidedError
from .. import pointer
from ..registry import check
from ..reply import Reply, few, show
from .tool_calls import calls_of


@check
def no_call_is_made(reply: Reply) -> list[Problem]:
    """The reply calls no tool."""
    return few([Problem(call.where, "no tool call", f"a call of {call.name}") for call in reply.once(calls_of)])


REFUSALS = ("/choices/*/message/refusal", "/choices/*/delta/refusal", "/output/*/content/*/refusal")
"""Where a model's refusal stands."""


def _refused(reply: Reply) -> bool:
    """Whether the model itself said that it refuses."""
    return any(text for _, value in reply.objects for place in REFUSALS for _, text in pointer.select(value, place))


def _ended_before_a_call(reply: Reply) -> str | None:
    """What may have ended a reply before its call came, if anything may."""
    reasons = {reason for found in reply.finish_reasons.values() for _, reason in found}
    if "length" in reasons:
        return "the token limit came before the call"
    if "content_filter" in reasons or _refused(reply):
        return "the model refused"
    if reply.asked.get("stop"):
        return "a stop sequence may have come before the call"
    status = reply.response[1].get("status") if reply.is_response else "completed"
    return None if status == "completed" else f"the response is {show(status)}"


@check
def a_call_is_made(reply: Reply, name: str | None = None) -> list[Problem]:
    """The reply calls a tool: the one called ``name``, if given."""
    if name is None and any(str(item.get("type")).endswith("_call") for _, item in reply.items):
        return []  # a hosted tool is a tool too
    if not reply.once(calls_of):
        if why := _ended_before_a_call(reply):
            raise UndecidedError(why)
        return [Problem("the reply", "a tool call", f"text: {show(reply.texts.get(0, ''))}")]
    return (None if name is None else calls_are_of(reply, name)) or []


@check
def a_forced_call_is_made(reply: Reply) -> list[Problem] | None:
    """The reply calls a tool if the request's ``tool_choice`` forces it to: by ``required``, or by naming a tool."""
    return a_call_is_made(reply) if _forces_a_call(reply.asked.get("tool_choice")) else None


def _forces_a_call(choice: Json) -> bool:
    """Whether a ``tool_choice`` leaves the model no way but to call a tool. A list of allowed tools forces one in its mode ``required``."""
    if not isinstance(choice, dict):
        return choice == "required"
    if choice.get("type") != "allowed_tools":
        return True
    listed = choice.get("allowed_tools")
    return (listed if isinstance(listed, dict) else choice).get("mode") == "required"


@check
def calls_are_of(reply: Reply, name: str) -> list[Problem] | None:
    """The reply calls no other tool than the one called ``name``."""
    return (
        None
        if not reply.once(calls_of)
        else [Problem(call.where, f"a call of {name}", f"a call of {call.name}") for call in reply.once(calls_of) if call.name != name]
    )


@check
def calls_are_at_most(reply: Reply, most: int) -> list[Problem]:
    """There are at most ``most`` calls."""
    calls = reply.once(calls_of)
    if not calls:
        raise UndecidedError("the model called no tool")
    return [] if len(calls) <= most else [Problem("tool calls", f"at most {most}", str(len(calls)))]
