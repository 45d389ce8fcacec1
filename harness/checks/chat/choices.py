"""Choices of chat and text completions, unstreamed or over the chunks of a stream."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...model import Json, Problem, UndecidedError
from ..registry import check
from ..reply import Reply, few, items_of, show

CREATED_LIMIT = 10**11
DAY = 86_400


@check
def has_choices(reply: Reply) -> list[Problem] | None:
    """The reply has at least one choice."""
    choices = reply.object.get("choices")
    return None if not isinstance(choices, list) else [] if choices else [Problem("/choices", "at least one choice", "[]")]


@check
def choices_are_as_asked(reply: Reply) -> list[Problem] | None:
    """There are ``n`` choices (default 1), with the indexes 0 to n-1, once each; in a stream, each at least once.

    Chunks that count something else, and not the choices, are reported by ``chunks_number_choices``.
    """
    indexes, wanted = _indexes(reply), list(range(_asked_choices(reply)))
    if not indexes or not wanted or (reply.is_event_stream and not set(indexes) <= set(wanted)):
        return None
    got = sorted(set(indexes)) if reply.is_event_stream else sorted(indexes)
    return [] if got == wanted else [Problem("indexes of the choices", show(wanted), show(got))]


@check
def chunks_number_choices(reply: Reply) -> list[Problem] | None:
    """No chunk of a stream has a choice beyond the ``n`` that were requested."""
    indexes, wanted = _indexes(reply), list(range(_asked_choices(reply)))
    if not indexes or not wanted:
        return None
    return (
        [] if set(indexes) <= set(wanted) else [Problem("indexes of the choices", f"none but {show(wanted)}", show(sorted(set(indexes))))]
    )


def _indexes(reply: Reply) -> list[int]:
    """The indexes of all choices; none if one of them is not a number."""
    given = [choice.get("index") for _, _, choice in reply.choices]
    indexes = [index for index in given if type(index) is int]
    return indexes if len(indexes) == len(given) else []


def _asked_choices(reply: Reply) -> int:
    """The number of choices that the request asks for: ``n`` for each prompt."""
    n = reply.asked.get("n")
    prompt = reply.asked.get("prompt")
    several = isinstance(prompt, list) and bool(prompt) and not isinstance(prompt[0], int)
    return (n if isinstance(n, int) else 1) * (len(prompt) if several and isinstance(prompt, list) else 1)


@check
def created_is_in_seconds(reply: Reply) -> list[Problem] | None:
    """The time of creation counts seconds, not milliseconds, since 1970."""
    return _created(reply, lambda created: created < CREATED_LIMIT, "Unix seconds")


@check
def created_is_told(reply: Reply) -> list[Problem] | None:
    """The time of creation is a time, not 0."""
    return _created(reply, lambda created: created != 0, "a time, in seconds since 1970")


@check
def created_is_now(reply: Reply) -> list[Problem] | None:
    """The time of creation lies within a day of the time of the request."""
    started = reply.exchange.started_at
    if started is None:
        return None
    return _created(reply, lambda created: created >= CREATED_LIMIT or abs(created - started) < DAY, f"about {started:.0f}")


def _created(reply: Reply, right: Any, expected: str) -> list[Problem] | None:
    """Apply a test to each ``created``, or ``created_at``, that is a number."""
    name, kinds = ("created_at", (int, float)) if reply.is_response else ("created", (int,))
    given = [(where, value[name]) for where, value in _created_objects(reply) if type(value.get(name)) in kinds]
    if not given:
        return None
    return few([Problem(f"{where} /{name}".strip(), expected, str(created)) for where, created in given if not right(created)])


def _created_objects(reply: Reply) -> list[tuple[str, dict[str, Json]]]:
    """The objects that may have ``created``: the reply's own, and the items of a list."""
    data = reply.object.get("data")
    items = [(f"/data/{index}", item) for index, item in enumerate(data if isinstance(data, list) else []) if isinstance(item, dict)]
    return [*reply.objects, *items]


@check
def model_is_as_asked(reply: Reply) -> list[Problem] | None:
    """``model`` is the requested model, or its name with a date or a prefix."""
    asked = reply.asked.get("model")
    models = [value.get("model") for _, value in reply.objects]
    if not isinstance(asked, str) or not models or not isinstance(models[0], str):
        return None
    return [] if asked in models[0] or models[0] in asked else [Problem("/model", asked, models[0])]


@check
def finish_reason_is(reply: Reply, reason: Sequence[str]) -> list[Problem]:
    """Each choice finishes for one of these reasons. Undecided if the token limit came first, for example while reasoning."""
    tokens = reply.usage[1].get("completion_tokens") if reply.usage else None
    limit = reply.asked.get("max_completion_tokens") or reply.asked.get("max_tokens")
    if isinstance(tokens, int) and isinstance(limit, int) and tokens >= limit * len(reply.finish_reasons) and "length" not in reason:
        raise UndecidedError(f"the token limit of {limit} came first")
    if tokens is None and "length" not in reason and any(r == "length" for found in reply.finish_reasons.values() for _, r in found):
        raise UndecidedError("the reply says that the token limit came first, and there is no usage to check it")
    if "content_filter" not in reason and any(r == "content_filter" for found in reply.finish_reasons.values() for _, r in found):
        raise UndecidedError("a content filter ended the reply")
    problems: list[Problem] = []
    for index, reasons in reply.finish_reasons.items():
        problems += [Problem(f"choice {index}", " or ".join(reason), show(r)) for _, r in reasons if r not in reason]
    return problems


@check
def ends_at_token_limit(reply: Reply, limit: int) -> list[Problem]:
    """A reply that the token limit cut says ``length`` and has no more tokens than allowed; each choice may use the whole limit."""
    limit *= max(1, len(reply.texts))
    tokens = reply.usage[1].get("completion_tokens") if reply.usage else None
    reasons = [reason for found in reply.finish_reasons.values() for _, reason in found]
    allowed = limit * max(1, len(reply.finish_reasons))
    if isinstance(tokens, int) and tokens > allowed:
        return [Problem("/usage/completion_tokens", f"at most {allowed}", str(tokens))]
    if not reasons:
        raise UndecidedError("the reply has no finish reason")
    if all(reason == "length" for reason in reasons):
        return []
    if isinstance(tokens, int) and tokens < allowed:
        raise UndecidedError(f"the model stopped by itself after {tokens} of {allowed} tokens")
    if all(text.rstrip().endswith(SENTENCE_ENDS) for text in reply.texts.values()):
        counted = f"has exactly the limit of {limit} tokens, but" if tokens is not None else "has no usage to count its tokens, and"
        raise UndecidedError(f"the reply {counted} may be complete: its text ends a sentence")
    words = {index: len(text.split()) for index, text in reply.texts.items()}
    if tokens is None and all(count <= limit for count in words.values()):
        raise UndecidedError("the model stopped by itself, and there is no usage to count its tokens")
    return [Problem("/choices/*/finish_reason", '"length"', show(reasons))]


SENTENCE_ENDS = (".", "!", "?", ":", '"', "\u201d")
"""Endings of a text that may be complete."""


@check
def stop_is_left_out(reply: Reply, stop: Sequence[str]) -> list[Problem]:
    """No text contains a stop sequence."""
    if not any(reply.texts.values()):
        raise UndecidedError("the reply has no text")
    return [
        Problem(f"text of choice {index}", f"without {show(sequence)}", show(text, 160))
        for index, text in reply.texts.items()
        for sequence in stop
        if sequence in text
    ]


@check
def text_has_no_think_tags(reply: Reply) -> list[Problem] | None:
    """The text contains no thinking tags, since reasoning is not part of the answer."""
    if not any(reply.texts.values()):
        return None
    found = [(index, match) for index, text in reply.texts.items() if (match := THINKING.search(text))]
    return [Problem(f"text of choice {index}", "no thinking tags", show(match.string[match.start() :], 160)) for index, match in found]


THINKING = re.compile(r"</?(?:\w+:)?(?:think|thinking|thought|reasoning)>|\[/?THINK\]|<\|channel\|?>")
"""The tags by which models mark their reasoning."""


@check
def text_contains(reply: Reply, text: str) -> list[Problem]:
    """The reply repeats a text. Garbled text is a fault; undecided if the model says something else."""
    got = reply.texts.get(0, "")
    if text in got:
        return []
    damaged = "\ufffd" in got or got.encode("ascii", "ignore").decode().strip() == text.encode("ascii", "ignore").decode().strip() != ""
    if damaged or _lacks_pieces(got, text):
        return [Problem("text of choice 0", text, show(got, 160))]
    raise UndecidedError(f"the model did not repeat the text: {show(got)}")


def _lacks_pieces(got: str, text: str) -> bool:
    """Whether a text is another one with pieces missing, and not just its beginning."""
    left, sent = "".join(got.split()), "".join(text.split())
    characters = iter(sent)
    return len(left) >= LEAST_LEFT and not sent.startswith(left) and all(character in characters for character in left)


LEAST_LEFT = 3
"""So many characters in their order are no accident."""


@check
def choices_stand_in_order(reply: Reply) -> list[Problem] | None:
    """The choices of an unstreamed reply are listed by their indexes."""
    given = [choice.get("index") for choice in items_of(reply.object.get("choices")) if isinstance(choice, dict)]
    indexes = [index for index in given if type(index) is int]
    if reply.is_event_stream or len(indexes) < 2 or len(indexes) < len(given):
        return None
    return [] if indexes == sorted(indexes) else [Problem("/choices", "in the order of their indexes", show(indexes))]
