"""The chunks of one stream, of chat and of text completions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...model import Json, Problem
from ..registry import check
from ..reply import Reply, few, show

LEAST_TOKENS = 3
"""With at least this many completion tokens, not all of them can be end-of-turn tokens."""


@check
def has_chunks(reply: Reply) -> list[Problem] | None:
    """The stream has at least one chunk with a choice, unless an error ended it."""
    if reply.broke_off:
        return None
    if reply.choices:
        return []
    return [Problem("the stream", "chunks with choices", f"{len(reply.stream.events)} events, none with a choice")]


@check
def is_same_in_all_chunks(reply: Reply, member: str) -> list[Problem] | None:
    """A member has the same value in the whole stream."""
    given = [(where, value[member]) for where, value in reply.objects if member in value]
    if not given:
        return None
    first = given[0][1]
    return few([Problem(f"{where} /{member}", show(first), show(value)) for where, value in given if value != first])


@check
def choices_are_empty_only_for_usage(reply: Reply) -> list[Problem] | None:
    """``choices`` is empty only in a chunk that carries usage or moderation."""
    empty = [(where, value) for where, value in reply.objects if value.get("choices") == []]
    if not reply.objects:
        return None
    excused = ("usage", "moderation")
    return few(
        [
            Problem(f"{where} /choices", "a choice, or usage in the chunk", show(value))
            for where, value in empty
            if not any(isinstance(value.get(member), dict) for member in excused)
        ]
    )


def _deltas(reply: Reply) -> dict[int, list[tuple[str, dict[str, Any]]]]:
    """The deltas of each choice, in order, with their locations. A whole message, or a text choice, counts as a delta."""
    found: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    for where, index, choice in reply.choices:
        delta = choice.get("delta", choice.get("message", choice))
        if isinstance(delta, dict):
            found.setdefault(index, []).append((where, delta))
    return found


@check
def role_is_given(reply: Reply) -> list[Problem] | None:
    """The deltas of each choice name the role at least once."""
    deltas = reply.once(_deltas)
    if not deltas:
        return None
    silent = [index for index, pieces in deltas.items() if not any(delta.get("role") for _, delta in pieces)]
    return [Problem(f"choice {index}", 'a delta with role "assistant"', "none") for index in silent]


@check
def role_comes_first(reply: Reply) -> list[Problem] | None:
    """The first delta of each choice carries the role."""
    deltas = {index: pieces for index, pieces in reply.once(_deltas).items() if any(delta.get("role") for _, delta in pieces)}
    if not deltas:
        return None
    return [
        Problem(f"{pieces[0][0]}/delta", "role in the first delta", show(pieces[0][1]))
        for pieces in deltas.values()
        if not pieces[0][1].get("role")
    ]


@check
def role_comes_once(reply: Reply) -> list[Problem] | None:
    """Only one delta of each choice carries the role."""
    deltas = reply.once(_deltas)
    if not deltas:
        return None
    problems: list[Problem] = []
    for pieces in deltas.values():
        with_role = [(where, delta) for where, delta in pieces if delta.get("role")]
        problems += [Problem(f"{where}/delta/role", "absent after the first delta", show(delta["role"])) for where, delta in with_role[1:]]
    return few(problems)


@check
def every_choice_finishes(reply: Reply) -> list[Problem] | None:
    """Each choice has a chunk with a finish reason, unless an error ended the stream."""
    if not reply.finish_reasons or reply.broke_off:
        return None
    open_ended = [index for index, reasons in reply.finish_reasons.items() if not reasons]
    return [Problem(f"choice {index}", "a finish_reason that is not null in one chunk", "none") for index in open_ended]


@check
def finishes_once(reply: Reply) -> list[Problem] | None:
    """No choice has two chunks with a finish reason."""
    if not reply.finish_reasons:
        return None
    return few(
        [
            Problem(f"{where}/finish_reason", "null after the first finish_reason", show(reason))
            for reasons in reply.finish_reasons.values()
            for where, reason in reasons[1:]
        ]
    )


@check
def nothing_follows_finish(reply: Reply) -> list[Problem] | None:
    """A choice gets no text and no tool call after its finish reason."""
    finished: set[int] = set()
    problems: list[Problem] = []
    for where, index, choice in reply.choices:
        if index in finished and _has_content(choice):
            problems.append(Problem(where, f"nothing more for choice {index}", show(choice)))
        if choice.get("finish_reason"):
            finished.add(index)
    return few(problems) if finished else None


@check
def finish_comes_alone(reply: Reply) -> list[Problem] | None:
    """The chunk with the finish reason has no content."""
    finishing = [(where, choice) for where, _, choice in reply.choices if choice.get("finish_reason")]
    if not finishing:
        return None
    return few([Problem(where, "no content beside finish_reason", show(choice)) for where, choice in finishing if _has_content(choice)])


def _has_content(choice: dict[str, Any]) -> bool:
    """Whether a chunk's choice adds anything to the reply."""
    delta = choice.get("delta", choice)
    return isinstance(delta, dict) and any(delta.get(member) for member in ("content", "text", "tool_calls", "refusal", "function_call"))


@check
def says_something(reply: Reply) -> list[Problem] | None:
    """A choice that ends with ``stop`` has some content: text, a call, a refusal or reasoning.

    Judged only if usage shows that the model generated something, since a model may have nothing to say.
    """
    ended = {index for index, reasons in reply.finish_reasons.items() if any(reason == "stop" for _, reason in reasons)}
    made = reply.usage[1].get("completion_tokens") if reply.usage else None
    if not ended or type(made) is not int or made < LEAST_TOKENS:
        return None
    members = ("content", "text", "tool_calls", "refusal", "function_call", "reasoning", "reasoning_content", "audio")
    deltas = reply.once(_deltas)
    silent = [i for i in ended if not any(delta.get(member) for _, delta in deltas.get(i, []) for member in members)]
    return [Problem(f"choice {index}", "some content before finish_reason stop", "none in any chunk") for index in silent]


@check
def usage_chunk_comes(reply: Reply) -> list[Problem] | None:
    """One chunk has empty ``choices`` and a filled ``usage``, unless an error ended the stream."""
    if reply.broke_off:
        return None
    if any(value.get("choices") == [] and isinstance(value.get("usage"), dict) for _, value in reply.objects):
        return []
    with_usage = [f"{where}: {show(value)}" for where, value in reply.objects if value.get("usage")]
    return [Problem("the stream", "a chunk with choices [] and usage", with_usage[0] if with_usage else "no chunk with usage")]


@check
def usage_comes_once_and_last(reply: Reply) -> list[Problem] | None:
    """Exactly one chunk carries usage, and only a chunk with moderation results may follow it."""
    carrying = [index for index, (_, value) in enumerate(reply.objects) if isinstance(value.get("usage"), dict)]
    if not carrying:
        return None
    problems = [Problem(reply.objects[index][0], "usage in one chunk only", "usage again") for index in carrying[1:]]
    late = [(where, value) for where, value in reply.objects[carrying[-1] + 1 :] if "moderation" not in value]
    return few([*problems, *(Problem(where, "nothing after the usage chunk", show(value)) for where, value in late)])


@check
def usage_is_null_elsewhere(reply: Reply) -> list[Problem] | None:
    """Every chunk without token counts has ``usage: null``."""
    if not reply.objects:
        return None
    return few([Problem(f"{where} /usage", "null", "absent") for where, value in reply.objects if "usage" not in value])


@check
def usage_comes_only_when_asked(reply: Reply) -> list[Problem] | None:
    """Without ``include_usage``, no chunk has ``usage`` with a value."""
    return _usage_unasked(reply, lambda usage: usage is not None)


@check
def usage_is_left_out(reply: Reply) -> list[Problem] | None:
    """Without ``include_usage``, no chunk has ``usage`` with the value null."""
    return _usage_unasked(reply, lambda usage: usage is None)


def _usage_unasked(reply: Reply, wrong: Callable[[Json], bool]) -> list[Problem] | None:
    """The chunks with a wrong ``usage``; ``None`` if the request asks for usage, or there are no chunks."""
    options = reply.asked.get("stream_options")
    if not reply.objects or (isinstance(options, dict) and options.get("include_usage")):
        return None
    given = [(where, value["usage"]) for where, value in reply.objects if "usage" in value]
    return few([Problem(f"{where} /usage", "absent", show(usage)) for where, usage in given if wrong(usage)])


@check
def usage_comes_by_itself(reply: Reply) -> list[Problem] | None:
    """Usage comes in the last event only, which has no choices."""
    if not reply.objects or reply.broke_off:
        return None
    carrying = [(where, value) for where, value in reply.objects if isinstance(value.get("usage"), dict)]
    if not carrying:
        return [Problem("the stream", "a last event with usage and no choices", "none with usage")]
    early = [(where, value) for where, value in carrying[:-1]] + ([] if carrying[-1] == reply.objects[-1] else [carrying[-1]])
    chunks = [(where, value) for where, value in carrying if "choices" in value]
    problems = [Problem(f"{where} /usage", "in the last event only", show(value["usage"])) for where, value in early]
    return few([*problems, *(Problem(f"{where} /choices", "absent beside usage", show(value["choices"])) for where, value in chunks)])
