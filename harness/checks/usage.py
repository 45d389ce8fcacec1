"""Token counts, of a whole reply or of a stream's usage chunk."""

from __future__ import annotations

from typing import Any

from harness.checks.reply import Reply
from harness.model import Problem

PARTS = {
    "prompt_tokens": ("prompt_tokens_details", ("cached_tokens", "audio_tokens", "image_tokens", "text_tokens")),
    "completion_tokens": ("completion_tokens_details", ("reasoning_tokens", "audio_tokens", "rejected_prediction_tokens", "text_tokens")),
}


def usage_is_present(reply: Reply) -> list[Problem] | None:
    """A whole reply says what it cost."""
    if not reply.objects:
        return None
    return [] if reply.usage else [Problem("/usage", "an object", "absent" if "usage" not in reply.object else "not an object")]


def usage_adds_up(reply: Reply) -> list[Problem] | None:
    """The total is the sum of prompt and completion."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    if any(type(count) is not int for count in counts):
        return None
    prompt, completion, total = (int(count) for count in counts if count is not None)
    right = prompt + completion
    return [] if total == right else [Problem(f"{where}/total_tokens", f"{prompt} + {completion} = {right}", str(total))]


def usage_is_not_negative(reply: Reply) -> list[Problem] | None:
    """No count is below zero."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    return [Problem(f"{where}/{name}", "at least 0", str(count)) for name, count in usage.items() if type(count) is int and count < 0]


def prompt_is_counted(reply: Reply) -> list[Problem] | None:
    """A prompt that is not empty costs at least one token."""
    if reply.usage is None or type(reply.usage[1].get("prompt_tokens")) is not int:
        return None
    where, usage = reply.usage
    return [] if usage["prompt_tokens"] != 0 else [Problem(f"{where}/prompt_tokens", "more than 0", "0")]


def details_fit_totals(reply: Reply) -> list[Problem] | None:
    """No part of a count is larger than the count."""
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
    """The parts that exceed their total."""
    return [
        Problem(f"{where}/{part}", f"at most {total}", str(details[part]))
        for part in parts
        if type(details.get(part)) is int and details[part] > total
    ]


def completion_is_within_limit(reply: Reply) -> list[Problem] | None:
    """No more completion tokens than the request allowed, over all choices."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    limit = reply.asked.get("max_completion_tokens", reply.asked.get("max_tokens"))
    prompt = reply.asked.get("prompt")
    tokens = usage.get("completion_tokens")
    if type(limit) is not int or limit < 1 or type(tokens) is not int or reply.asked.get("echo") or isinstance(prompt, list):
        return None
    n = reply.asked.get("n")
    allowed = limit * max(n if isinstance(n, int) else 1, reply.asked.get("best_of") or 1)
    return [] if tokens <= allowed else [Problem(f"{where}/completion_tokens", f"at most {allowed}", str(tokens))]
