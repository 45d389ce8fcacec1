"""Log probabilities match the text: each token's bytes, its own entry among the alternatives, offsets and counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from ...model import Json, Problem
from ..registry import check
from ..reply import Reply, few, items_of, show
from ..usage import TOTALS
from .logprobs import scored_choices, scored_tokens

NEAR = 1e-3
"""Two scores that differ by at most this much are equal but for rounding."""


def _all_tokens(reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every scored token, alternatives included, with its location."""
    for where, entry in scored_tokens(reply):
        yield where, entry
        for index, other in enumerate(items_of(entry.get("top_logprobs"))):
            if isinstance(other, dict):
                yield f"{where}/top_logprobs/{index}", other


def _octets(value: Json) -> bytes | None:
    """A list of bytes; ``None`` for anything else."""
    if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 256 for item in value):
        return None
    return bytes(item for item in value if isinstance(item, int))


@check
def bytes_are_the_token(reply: Reply) -> list[Problem] | None:
    """The ``bytes`` of a token, if given, are its text in UTF-8; alternatives included.

    A token that is not text by itself, such as half a character, is skipped: endpoints write it in various ways.
    """
    given = [
        (where, entry) for where, entry in _all_tokens(reply) if entry.get("bytes") is not None and isinstance(entry.get("token"), str)
    ]
    problems = []
    for where, entry in given:
        token, octets = entry["token"], _octets(entry["bytes"])
        if octets is None:
            problems.append(Problem(f"{where}/bytes", "integers from 0 to 255", show(entry["bytes"])))
        elif octets != token.encode("utf-8", "surrogatepass") and _is_text(octets):
            problems.append(Problem(f"{where}/bytes", f"those of {show(token)}", show(octets.decode())))
    return few(problems) if given else None


def _is_text(octets: bytes) -> bool:
    """Whether bytes are complete characters."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


@check
def own_score_is_among_alternatives(reply: Reply) -> list[Problem] | None:
    """A token is among its own alternatives, with the same score, unless all of them are more likely."""
    problems, judged = [], False
    for where, entry in scored_tokens(reply):
        listed = [(other.get("token"), other.get("logprob")) for other in items_of(entry.get("top_logprobs")) if isinstance(other, dict)]
        scores = [float(score) for _, score in listed if isinstance(score, int | float)]
        own = entry.get("logprob")
        if not listed or not isinstance(own, int | float) or len(scores) < len(listed):
            continue
        judged = True
        mine = [score for (token, _), score in zip(listed, scores, strict=True) if token == entry.get("token")]
        if mine and all(abs(score - own) > NEAR for score in mine):
            problems.append(Problem(f"{where}/logprob", f"{mine[0]}, as among the alternatives", str(own)))
        elif not mine and own > min(scores) + NEAR:
            expected = f"{show(entry.get('token'))} among them, as its {own} beats {min(scores)}"
            problems.append(Problem(f"{where}/top_logprobs", expected, show([token for token, _ in listed])))
    return few(problems) if judged else None


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@check
def alternatives_differ(reply: Reply) -> list[Problem] | None:
    """No alternative of a token is listed twice."""
    listed = [
        (where, [other.get("token") for other in entry["top_logprobs"] if isinstance(other, dict)]) for where, entry in _with_lists(reply)
    ]
    twice = [(where, tokens) for where, tokens in listed if len({show(token) for token in tokens}) < len(tokens)]
    return few([Problem(f"{where}/top_logprobs", "each token once", show(tokens)) for where, tokens in twice]) if listed else None


def _with_lists(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    """The scored tokens that have a list of alternatives."""
    return [
        (where, entry) for where, entry in scored_tokens(reply) if isinstance(entry.get("top_logprobs"), list) and entry["top_logprobs"]
    ]


@check
def alternatives_are_as_many(reply: Reply) -> list[Problem] | None:
    """Most tokens have as many alternatives as requested; the reference allows fewer only in rare cases."""
    asked = reply.asked.get("top_logprobs")
    numbers = [len(entry["top_logprobs"]) for _, entry in scored_tokens(reply) if isinstance(entry.get("top_logprobs"), list)]
    if type(asked) is not int or asked < 1 or not numbers:
        return None
    few_of_them = [number for number in numbers if number < asked]
    if len(few_of_them) * 2 <= len(numbers):
        return []
    return [Problem("top_logprobs", f"{asked} for most tokens", f"fewer for {len(few_of_them)} of {len(numbers)} tokens")]


@check
def scores_fit_the_usage(reply: Reply) -> list[Problem] | None:
    """There are no more scored tokens than completion tokens."""
    if reply.usage is None or reply.asked.get("echo"):
        return None
    made = reply.usage[1].get(TOTALS[reply.is_response][1])
    scored = len(scored_tokens(reply)) + sum(len(tokens) for _, tokens, _, _ in _text_scores(reply))
    if type(made) is not int or not scored:
        return None
    return [] if scored <= made else [Problem("log probabilities", f"at most {made}, the tokens that were made", f"{scored} tokens")]


def _text_scores(reply: Reply) -> list[tuple[str, list[Any], dict[str, Any], int]]:
    """The scores of a text completion: location, tokens, the whole ``logprobs`` object, and the choice's index."""
    found = []
    indexes = {id(choice): index for _, index, choice in reply.choices}
    for where, choice, scores in scored_choices(reply):
        tokens = scores.get("tokens")
        if isinstance(tokens, list):
            found.append((where, tokens, scores, indexes[id(choice)]))
    return found


@check
def text_own_score_is_among_alternatives(reply: Reply) -> list[Problem] | None:
    """A token of a text completion is among its own alternatives, with the same score."""
    problems, judged = [], False
    for where, tokens, scores, _ in _text_scores(reply):
        own, listed = scores.get("token_logprobs"), scores.get("top_logprobs")
        if not isinstance(own, list) or not isinstance(listed, list):
            continue
        for number, (token, score, others) in enumerate(zip(tokens, own, listed, strict=False)):
            if not isinstance(others, dict) or not others or not _number(score) or not isinstance(token, str):
                continue
            judged = True
            mine = others.get(token)
            if _number(mine) and abs(mine - score) > NEAR:
                problems.append(Problem(f"{where}/logprobs/token_logprobs/{number}", f"{mine}, as among the alternatives", str(score)))
            elif mine is None and all(map(_number, others.values())) and score > min(others.values()) + NEAR:
                expected = f"{show(token)}, whose {score} beats {min(others.values())}"
                problems.append(Problem(f"{where}/logprobs/top_logprobs/{number}", expected, show(list(others))))
    return few(problems) if judged else None


@check
def text_tokens_have_alternatives(reply: Reply) -> list[Problem] | None:
    """With logprobs above 0, every token has alternatives, except the first one of an echoed prompt."""
    asked = reply.asked.get("logprobs")
    if type(asked) is not int or asked < 1:
        return None
    problems, judged = [], False
    begun: set[int] = set()
    for where, tokens, scores, index in _text_scores(reply):
        free = 1 if reply.asked.get("echo") and index not in begun else 0
        begun.add(index)
        if not tokens[free:]:
            continue
        judged = True
        given = items_of(scores.get("top_logprobs"))
        missing = [number for number in range(free, len(tokens)) if number >= len(given) or not given[number]]
        problems += [Problem(f"{where}/logprobs/top_logprobs/{number}", f"at most {asked} alternatives", "none") for number in missing]
    return few(problems) if judged else None


@check
def offsets_count_the_text(reply: Reply) -> list[Problem] | None:
    """Each token's offset is the previous token's offset plus its length, throughout a choice, in characters or in bytes.

    In an echoed text the offsets also point at the tokens: the first one at the place where the joined text has it.
    """
    places: dict[int, list[tuple[str, Json, Json]]] = {}
    for where, tokens, scores, index in _text_scores(reply):
        offsets = scores.get("text_offset")
        if isinstance(offsets, list):
            places.setdefault(index, []).extend((f"{where}/logprobs/text_offset", t, o) for t, o in zip(tokens, offsets, strict=False))
    problems, judged = [], False
    for index, found in places.items():
        if len(found) < 2 or not all(isinstance(token, str) and type(offset) is int for _, token, offset in found):
            continue
        judged = True
        given = [offset for _, _, offset in found if type(offset) is int]
        texts = [str(token) for _, token, _ in found]
        counted = [list(accumulate((length(text) for text in texts[:-1]), initial=given[0])) for length in (len, _length_in_utf8)]
        if given not in counted:
            at = next(number for number, (one, other) in enumerate(zip(counted[0], given, strict=True)) if one != other)
            problems.append(Problem(found[at][0], f"{counted[0][at]}, behind the token before", show(given[at])))
        elif reply.asked.get("echo") and not _points_at("".join(texts), given[0], reply.texts.get(index, "")):
            problems.append(Problem(found[0][0], f"the place of {show(texts[0])} in the text", show(given[0])))
    return few(problems) if judged else None


def _length_in_utf8(text: str) -> int:
    """The length of a text in UTF-8. A lone surrogate counts three bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def _points_at(told: str, offset: int, text: str) -> bool:
    """Whether a text is found at an offset of another, in characters or in bytes."""
    return offset >= 0 and (
        text.startswith(told, offset) or text.encode(errors="replace").startswith(told.encode(errors="replace"), offset)
    )


@check
def first_token_is_scored(reply: Reply) -> list[Problem] | None:
    """Every token has a score, except the first one of an echoed prompt."""
    problems, judged = [], False
    begun: set[int] = set()
    for where, tokens, scores, index in _text_scores(reply):
        own = scores.get("token_logprobs")
        if not isinstance(own, list) or not tokens:
            continue
        judged = True
        free = 1 if reply.asked.get("echo") and index not in begun else 0
        begun.add(index)
        missing = [number for number, score in enumerate(own) if score is None and number >= free]
        problems += [Problem(f"{where}/logprobs/token_logprobs/{number}", "a number", "null") for number in missing]
    return few(problems) if judged else None
