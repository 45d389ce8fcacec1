"""Whether the model reads everything that was sent. Token counts show it, so no model's words have to be trusted."""

from __future__ import annotations

from ..model import Problem, UndecidedError
from .registry import check
from .reply import Reply
from .usage import TOTALS

NEAR = 3
"""The same content written in two ways may differ by this many tokens: templates add a newline between parts, or a name."""


def _cost(reply: Reply) -> int:
    """The prompt's token count."""
    count = reply.usage[1].get(TOTALS[reply.is_response][0]) if reply.usage is not None else None
    if type(count) is not int:
        raise UndecidedError("the usage has no prompt token count")
    return count


def _require_growing_counts(short: Reply, long: Reply) -> None:
    """Raise ``UndecidedError`` unless a longer prompt has a higher count."""
    one, other = _cost(short), _cost(long)
    if other <= one:
        raise UndecidedError(f"a longer message costs no more tokens ({one}, then {other}), so the counts do not show what was read")


def _begins_with_system(reply: Reply) -> bool:
    """Whether the first message of a request is a system message."""
    messages = reply.asked.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    return isinstance(first, dict) and first.get("role") in ("system", "developer")


@check
def more_was_read(short: Reply, long: Reply, less: Reply, more: Reply) -> list[Problem]:
    """A prompt with more content costs more tokens. ``short`` and ``long`` show that this endpoint's counts grow with the prompt.

    Undecided if it costs fewer with a system message: many chat templates have one of their own, which this replaces.
    """
    _require_growing_counts(short, long)
    one, other = _cost(less), _cost(more)
    if other < one and _begins_with_system(more) and not _begins_with_system(less):
        raise UndecidedError(f"with a system message the prompt costs less ({one}, then {other}), so it replaces one of the template's")
    place = f"/usage/{TOTALS[more.is_response][0]}"
    return [] if other > one else [Problem(place, f"more than {one}, the count without the added content", str(other))]


@check
def image_was_read(words: Reply, longer: Reply, image: Reply) -> list[Problem]:
    """A prompt with an image costs more tokens than its words alone. Undecided if longer words beside the image cost no more either."""
    alone, other = _cost(words), _cost(image)
    if other <= alone and _cost(longer) == other:
        raise UndecidedError(
            f"more words beside the image cost no more either ({other}, then {other}), so the counts do not show what was read"
        )
    place = f"/usage/{TOTALS[image.is_response][0]}"
    return [] if other > alone else [Problem(place, f"more than {alone}, the count without the image", str(other))]


@check
def either_way_was_read(short: Reply, long: Reply, one: Reply, other: Reply) -> list[Problem]:
    """The same content, written in two ways, costs about as many tokens, if longer messages cost more."""
    _require_growing_counts(short, long)
    first, second = _cost(one), _cost(other)
    place = f"/usage/{TOTALS[other.is_response][0]}"
    return [] if abs(first - second) <= NEAR else [Problem(place, f"about {first}, as written the other way", str(second))]


@check
def context_grows(before: Reply, after: Reply) -> list[Problem]:
    """A response that continues another costs more input tokens: it reads the earlier input and more."""
    one, other = _cost(before), _cost(after)
    return [] if other > one else [Problem("/usage/input_tokens", f"more than {one}, the input of the response before", str(other))]


@check
def cut_is_a_prefix(first: Reply, second: Reply, cut: Reply) -> list[Problem]:
    """At temperature 0 a reply with a smaller token limit is a prefix of the full one. Undecided if two full replies differ."""
    one, two, short = (reply.texts.get(0) for reply in (first, second, cut))
    if not one or not short:
        raise UndecidedError("there is no text to compare")
    if one != two:
        raise UndecidedError("the endpoint answers the same request with two texts")
    if one.startswith(short):
        return []
    at = next((n for n, (a, b) in enumerate(zip(one, short, strict=False)) if a != b), len(one))
    return [Problem(f"the text, character {at}", repr(one[at : at + 40]), repr(short[at : at + 40]))]


@check
def stopped_is_a_prefix(first: Reply, second: Reply, stopped: Reply) -> list[Problem]:
    """At temperature 0 a reply with a stop sequence is the reply without it, up to the first occurrence of the sequence."""
    one, two, short = (reply.texts.get(0) for reply in (first, second, stopped))
    stop = stopped.asked.get("stop")
    if not one or one != two or not isinstance(stop, str) or stop not in one:
        raise UndecidedError("the endpoint answers the same request with two texts, or the text lacks the stop sequence")
    wanted = one.partition(stop)[0]
    if short == wanted or not (short or "").startswith(wanted[: len(wanted) // 2]):
        return []
    return [Problem("the text", f"ends with {wanted[-40:]!r}, up to the stop sequence", repr((short or "")[-60:]))]


@check
def zero_is_as_near_zero(a: Reply, b: Reply, c: Reply, near_a: Reply, near_b: Reply) -> list[Problem]:
    """Of three replies at temperature 0 two agree if two at a tiny top_p do: zero is a value and must not be read as unset."""
    zero, near = ([reply.texts.get(0) or "" for reply in several] for several in ((a, b, c), (near_a, near_b)))
    if not all(len(text) >= ENOUGH for text in (*zero, *near)):
        raise UndecidedError("the texts are too short to tell")
    if len(set(near)) > 1:
        raise UndecidedError("the replies differ with a tiny top_p too")
    return (
        []
        if len(set(zero)) < len(zero)
        else [Problem("texts at temperature 0", "alike, as with a tiny top_p", f"{len(zero)} different ones")]
    )


ENOUGH = 20
"""Texts of at least this many characters do not agree or differ by chance."""
