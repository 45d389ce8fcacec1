"""Token counts, of a whole reply or of a stream's usage chunk."""

from __future__ import annotations

from typing import Any

from ..model import Problem
from .registry import check
from .reply import Reply, few, items_of, show

TOTALS = {True: ("input_tokens", "output_tokens"), False: ("prompt_tokens", "completion_tokens")}
"""The names of the input and output counts: of responses (``True``), and of chat and text completions."""

PARTS = {
    "input_tokens": ("input_tokens_details", ("cached_tokens", "cache_write_tokens")),
    "output_tokens": ("output_tokens_details", ("reasoning_tokens",)),
    "prompt_tokens": ("prompt_tokens_details", ("cached_tokens", "audio_tokens", "image_tokens", "text_tokens")),
    "completion_tokens": ("completion_tokens_details", ("reasoning_tokens", "audio_tokens", "rejected_prediction_tokens", "text_tokens")),
}

LIMITS = ("max_output_tokens", "max_completion_tokens", "max_tokens")


@check
def usage_is_present(reply: Reply) -> list[Problem] | None:
    """An unstreamed reply has usage."""
    unfinished = reply.is_response and reply.response[1].get("status") in ("queued", "in_progress")
    if not reply.objects or unfinished:
        return None
    return [] if reply.usage else [Problem("/usage", "an object", "absent" if "usage" not in reply.object else "not an object")]


@check
def usage_adds_up(reply: Reply) -> list[Problem] | None:
    """The total is the sum of input and output tokens."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    counts = [usage.get(name) for name in (*TOTALS[reply.is_response], "total_tokens")]
    if any(type(count) is not int for count in counts):
        return None
    prompt, completion, total = (int(count) for count in counts if count is not None)
    right = prompt + completion
    return [] if total == right else [Problem(f"{where}/total_tokens", f"{prompt} + {completion} = {right}", str(total))]


OF_INPUT = frozenset({"cached_tokens", "cache_write_tokens"})
OF_OUTPUT = frozenset({"reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"})
"""The details that can only be of the input, and only of the output."""


@check
def usage_details_are_in_place(reply: Reply) -> list[Problem] | None:
    """No detail of the input is told of the output, and none of the output of the input."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    inputs, outputs = (usage.get(f"{name}_details") for name in TOTALS[reply.is_response])
    pairs = ((inputs, TOTALS[reply.is_response][0], OF_OUTPUT), (outputs, TOTALS[reply.is_response][1], OF_INPUT))
    told = [
        (f"{where}/{name}_details/{member}", value[member])
        for value, name, strange in pairs
        if isinstance(value, dict)
        for member in sorted(strange & value.keys())
    ]
    held = [value for value in (inputs, outputs) if isinstance(value, dict)]
    return few([Problem(at, "absent", show(got)) for at, got in told]) if held else None


@check
def usage_is_not_negative(reply: Reply) -> list[Problem] | None:
    """No count, and no detail of a count, is negative."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    counts = [(f"{where}/{name}", count) for name, count in usage.items()]
    counts += [
        (f"{where}/{member}/{name}", count) for member, parts in usage.items() if isinstance(parts, dict) for name, count in parts.items()
    ]
    return [Problem(place, "at least 0", str(count)) for place, count in counts if type(count) is int and count < 0]


@check
def prompt_is_counted(reply: Reply) -> list[Problem] | None:
    """A prompt that is not empty costs at least one token."""
    name = TOTALS[reply.is_response][0]
    if reply.usage is None or type(reply.usage[1].get(name)) is not int:
        return None
    if not _asks_something(reply.asked):
        return None
    where, usage = reply.usage
    return [] if usage[name] != 0 else [Problem(f"{where}/{name}", "more than 0", "0")]


def _asks_something(asked: dict[str, Any]) -> bool:
    """Whether a request has a prompt that is not empty: text, tokens, an image, a tool, or earlier turns."""
    if any(asked.get(name) for name in ("instructions", "tools", "previous_response_id", "conversation")):
        return True
    messages, given = asked.get("messages"), asked.get("input", asked.get("prompt"))
    contents = (
        [one.get("content") or one.get("tool_calls") for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
    )
    items = given if isinstance(given, list) else [given]
    contents += [one.get("content", one) if isinstance(one, dict) else one for one in items]
    return any(isinstance(content, int) or bool(content) for content in contents)


@check
def details_fit_totals(reply: Reply) -> list[Problem] | None:
    """No detail of a count is larger than the count."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    problems: list[Problem] = []
    for total, (member, parts) in PARTS.items():
        details = usage.get(member)
        if isinstance(details, dict) and type(usage.get(total)) is int and usage[total] >= 0:
            problems += _too_large(f"{where}/{member}", details, parts, usage[total])
    return problems


def _too_large(where: str, details: dict[str, Any], parts: tuple[str, ...], total: int) -> list[Problem]:
    """The details that exceed their total."""
    return [
        Problem(f"{where}/{part}", f"at most {total}", str(details[part]))
        for part in parts
        if type(details.get(part)) is int and details[part] > total
    ]


@check
def completion_is_within_limit(reply: Reply) -> list[Problem] | None:
    """The completion tokens of all choices do not exceed what the request allowed."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    limit = next((reply.asked[name] for name in LIMITS if name in reply.asked), None)
    prompt = reply.asked.get("prompt")
    name = TOTALS[reply.is_response][1]
    tokens = usage.get(name)
    if type(limit) is not int or limit < 1 or type(tokens) is not int or reply.asked.get("echo") or isinstance(prompt, list):
        return None
    n = reply.asked.get("n")
    allowed = limit * max(n if isinstance(n, int) else 1, reply.asked.get("best_of") or 1)
    return [] if tokens <= allowed else [Problem(f"{where}/{name}", f"at most {allowed}", str(tokens))]


@check
def cut_reply_costs_its_limit(reply: Reply) -> list[Problem] | None:
    """If the token limit cut every choice, the reply costs at least that many tokens per choice."""
    limit = next((reply.asked[name] for name in LIMITS if reply.asked.get(name) is not None), None)
    name = TOTALS[reply.is_response][1]
    made = reply.usage[1].get(name) if reply.usage is not None else None
    cut = [all(reason == "length" for _, reason in reasons) and bool(reasons) for reasons in reply.finish_reasons.values()]
    if type(limit) is not int or type(made) is not int or not cut or not all(cut) or reply.usage is None or reply.asked.get("best_of"):
        return None
    least = limit * len(cut)
    where = f"{reply.usage[0]}/{name}"
    return [] if made >= least else [Problem(where, f"{least}, as {len(cut)} choices were cut at {limit}", str(made))]


@check
def only_what_was_used_is_counted(reply: Reply) -> list[Problem] | None:
    """No audio tokens if the request has no audio, and no prediction tokens if it has no prediction."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    asked = reply.asked
    audio = "audio" in asked or "audio" in items_of(asked.get("modalities")) or any(map(_has_audio, items_of(asked.get("messages"))))
    places = [
        *([] if audio else [("prompt_tokens_details", "audio_tokens"), ("completion_tokens_details", "audio_tokens")]),
        *([] if asked.get("prediction") is not None else [("completion_tokens_details", name) for name in PREDICTED]),
    ]
    given = [(f"{where}/{member}/{name}", _count(usage.get(member), name)) for member, name in places]
    counts = [(place, count) for place, count in given if count is not None]
    return [Problem(place, "0, since the request has none of it", str(count)) for place, count in counts if count > 0] if counts else None


PREDICTED = ("accepted_prediction_tokens", "rejected_prediction_tokens")
"""The counts of the tokens of a request's prediction."""


def _count(details: Any, name: str) -> int | None:
    """A count among details; ``None`` when there is none."""
    count = details.get(name) if isinstance(details, dict) else None
    return count if type(count) is int else None


def _has_audio(message: Any) -> bool:
    """Whether a message holds audio, or refers to some."""
    if not isinstance(message, dict):
        return False
    parts = items_of(message.get("content"))
    return "audio" in message or any(isinstance(part, dict) and part.get("type") == "input_audio" for part in parts)
