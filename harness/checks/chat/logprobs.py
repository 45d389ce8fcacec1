"""Log probabilities of chat and of text completions."""

from __future__ import annotations

from typing import Any

from ...model import Json, Problem, UndecidedError
from ..registry import check
from ..reply import Reply, few, items_of, show


def scored_choices(reply: Reply) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every choice with log probabilities: its location, the choice, and its ``logprobs``."""
    return [(where, choice, choice["logprobs"]) for where, _, choice in reply.choices if isinstance(choice.get("logprobs"), dict)]


def scored_tokens(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    """Every scored token of a chat reply, or of a response, with its location."""
    if reply.is_response:
        return [
            (f"{where}/logprobs/{index}", entry)
            for where, part in reply.parts
            for index, entry in enumerate(items_of(part.get("logprobs")))
            if isinstance(entry, dict)
        ]
    found = []
    for where, _, scores in scored_choices(reply):
        for index, entry in enumerate(items_of(scores.get("content"))):
            if isinstance(entry, dict):
                found.append((f"{where}/logprobs/content/{index}", entry))
    return found


@check
def logprobs_are_null(reply: Reply) -> list[Problem] | None:
    """No choice has log probabilities."""
    if not reply.choices:
        return None
    return few([Problem(f"{where}/logprobs", "null", show(scores)) for where, _, scores in scored_choices(reply)])


def _has_scores(given: Json) -> bool:
    """Whether log probabilities hold any token: of a chat reply in content or refusal, of a text completion in tokens."""
    return isinstance(given, dict) and any(given.get(name) for name in ("content", "refusal", "tokens"))


@check
def logprobs_come(reply: Reply) -> list[Problem]:
    """Each choice with text has log probabilities."""
    if not any(reply.texts.values()):
        raise UndecidedError("the reply has no text")
    scored = {index for _, index, choice in reply.choices if _has_scores(choice.get("logprobs"))}
    scored |= {0} if reply.is_response and scored_tokens(reply) else set()
    missing = [index for index, text in reply.texts.items() if text and index not in scored]
    return [Problem(f"choice {index} /logprobs", "an object", "null or absent") for index in missing]


@check
def alternatives_are_as_asked(reply: Reply) -> list[Problem] | None:
    """No token has more alternatives than ``top_logprobs``, and none has any without it."""
    entries = scored_tokens(reply)
    most = reply.asked.get("top_logprobs") or 0
    return (
        few(
            [
                Problem(f"{where}/top_logprobs", f"at most {most}", str(len(entry["top_logprobs"])))
                for where, entry in entries
                if isinstance(entry.get("top_logprobs"), list) and len(entry["top_logprobs"]) > most
            ]
        )
        if entries
        else None
    )


@check
def alternatives_are_given(reply: Reply) -> list[Problem] | None:
    """With ``top_logprobs`` above 0, some token has alternatives."""
    entries = scored_tokens(reply)
    if not entries:
        return None
    given = any(entry.get("top_logprobs") for _, entry in entries)
    return [] if given else [Problem("top_logprobs of every token", f"up to {reply.asked.get('top_logprobs')} alternatives", "none")]


@check
def alternatives_are_sorted(reply: Reply) -> list[Problem] | None:
    """Alternatives are sorted by descending probability."""
    found = [(where, [a.get("logprob") for a in entry["top_logprobs"]]) for where, entry in scored_tokens(reply) if _is_listed(entry)]
    numbers = [(where, scores) for where, scores in found if all(isinstance(score, int | float) for score in scores)]
    return few([Problem(w, "falling", show(s)) for w, s in numbers if s != sorted(s, reverse=True)]) if numbers else None


def _is_listed(entry: dict[str, Any]) -> bool:
    """Whether an entry has well-formed alternatives."""
    listed = entry.get("top_logprobs")
    return isinstance(listed, list) and bool(listed) and all(isinstance(item, dict) for item in listed)


@check
def logprobs_are_not_positive(reply: Reply) -> list[Problem] | None:
    """No log probability is above zero."""
    entries = scored_tokens(reply)
    scores = [(where, entry.get("logprob")) for where, entry in entries]
    scores += [(where, item.get("logprob")) for where, entry in entries if _is_listed(entry) for item in entry["top_logprobs"]]
    numbers = [(where, score) for where, score in scores if isinstance(score, int | float)]
    return few([Problem(f"{where}/logprob", "at most 0", str(score)) for where, score in numbers if score > 0]) if numbers else None


@check
def tokens_join_to_the_text(reply: Reply) -> list[Problem] | None:
    """The tokens of each choice join to its text; by their bytes if a character is split over tokens.

    In a stream this holds over all chunks together. If one choice has scores, each choice with a text has them. Tokens of tool calls do
    not count. The tokens of a stop sequence may follow the text, since it can begin inside a token.
    """
    joined: dict[int, bytes] = {}
    if reply.is_response and (entries := scored_tokens(reply)):
        joined[0] = b"".join(_bytes_of(entry) for _, entry in entries)
    calling = {index for _, index, choice in reply.choices if _calls_a_tool(choice)}
    for _, index, choice in reply.choices:
        if index in calling:
            continue
        scores = choice.get("logprobs")
        listed = scores.get("content") if isinstance(scores, dict) else None
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict):
                joined[index] = joined.get(index, b"") + _bytes_of(entry)
    if scored_choices(reply):
        joined = {**{index: b"" for index, text in reply.texts.items() if text and index not in calling}, **joined}
    problems = []
    for index, raw in joined.items():
        text, decoded = reply.texts.get(index, ""), raw.decode(errors="replace")
        stopped = decoded.startswith(text) and decoded[len(text) :].startswith(_stops(reply))
        if decoded != text and not stopped and reply.finish_reasons.get(index):
            problems.append(Problem(f"choice {index}, its tokens joined", show(text), show(decoded)))
    return problems if joined else None


def _stops(reply: Reply) -> tuple[str, ...]:
    """The request's stop sequences."""
    stop = reply.asked.get("stop")
    return tuple(text for text in (stop if isinstance(stop, list) else [stop]) if text and isinstance(text, str))


def _calls_a_tool(choice: dict[str, Any]) -> bool:
    """Whether a choice, or a chunk of it, holds a tool call."""
    holder = choice.get("message") or choice.get("delta")
    return isinstance(holder, dict) and bool(holder.get("tool_calls"))


def _bytes_of(entry: dict[str, Any]) -> bytes:
    """The bytes of a token: as given, or encoded from its text."""
    listed = entry.get("bytes")
    if isinstance(listed, list) and all(type(value) is int and 0 <= value < 256 for value in listed):
        return bytes(listed)
    return str(entry.get("token", "")).encode("utf-8", "surrogatepass")


@check
def text_scores_are_aligned(reply: Reply) -> list[Problem] | None:
    """The arrays of a text completion's log probabilities are equally long, and the offsets increase."""
    problems: list[Problem] = []
    seen = False
    for where, _, scores in scored_choices(reply):
        arrays = {name: value for name, value in scores.items() if isinstance(value, list) and name in TEXT_ARRAYS}
        lengths = {name: len(value) for name, value in arrays.items()}
        seen = seen or bool(lengths)
        if len(set(lengths.values())) > 1:
            problems.append(Problem(f"{where}/logprobs", "arrays of one length", show(lengths)))
        offsets = [offset for offset in arrays.get("text_offset", []) if type(offset) is int]
        if offsets != sorted(offsets):
            problems.append(Problem(f"{where}/logprobs/text_offset", "growing", show(offsets)))
    return few(problems) if seen else None


TEXT_ARRAYS = ("tokens", "token_logprobs", "top_logprobs", "text_offset")


@check
def text_scores_come(reply: Reply) -> list[Problem]:
    """Each choice has log probabilities whose tokens join to its text; in a stream, to its end, as an echo may come without any."""
    problems: list[Problem] = []
    if reply.is_event_stream:
        joined: dict[int, str] = {}
        for _, index, choice in reply.choices:
            joined[index] = joined.get(index, "") + "".join(map(str, _tokens_of(choice)))
        short = [(index, text) for index, text in reply.texts.items() if text and not (joined[index] and text.endswith(joined[index]))]
        return [
            Problem(f"choice {index} /logprobs/tokens", f"the tokens of {show(text, 40)}", show(joined[index])) for index, text in short
        ]
    for where, _, choice in reply.choices:
        scores = choice.get("logprobs")
        tokens = scores.get("tokens") if isinstance(scores, dict) else None
        if not isinstance(tokens, list) or "".join(map(str, tokens)) != choice.get("text"):
            problems.append(Problem(f"{where}/logprobs/tokens", f"the tokens of {show(choice.get('text'), 40)}", show(scores)))
    return problems


def _tokens_of(choice: dict[str, Any]) -> list[Any]:
    """The scored tokens of a choice of a text completion."""
    scores = choice.get("logprobs")
    tokens = scores.get("tokens") if isinstance(scores, dict) else None
    return tokens if isinstance(tokens, list) else []


@check
def scores_come_for_zero(zero: Reply, two: Reply) -> list[Problem]:
    """With ``logprobs`` 0 each token has a log probability. Undecided if none comes with a larger number either."""
    if text_scores_come(two):
        raise UndecidedError("with two alternatives no log probabilities come either")
    return text_scores_come(zero)


@check
def text_alternatives_are_few(reply: Reply) -> list[Problem] | None:
    """No token of a text completion has more alternatives than requested, not counting itself."""
    asked = reply.asked.get("logprobs")
    found = [(w, m) for w, _, scores in scored_choices(reply) for m in items_of(scores.get("top_logprobs")) if isinstance(m, dict)]
    if type(asked) is not int or not found:
        return None
    return few([Problem(f"{w}/logprobs/top_logprobs", f"at most {asked + 1}", str(len(m))) for w, m in found if len(m) > asked + 1])


@check
def echo_begins_with(reply: Reply, prompt: str) -> list[Problem]:
    """The text of each choice begins with the prompt."""
    return [
        Problem(f"{where}/text", f"begins with {show(prompt)}", show(choice.get("text")))
        for where, _, choice in reply.choices
        if not str(choice.get("text")).startswith(prompt)
    ]


@check
def offsets_begin_at_the_prompt(reply: Reply) -> list[Problem] | None:
    """The first generated token has its offset after the prompt; with echo the first token is the prompt's, at 0."""
    prompt = reply.asked.get("prompt")
    found = [(w, offsets[0]) for w, _, scores in scored_choices(reply) if (offsets := items_of(scores.get("text_offset")))]
    if not isinstance(prompt, str) or not found:
        return None
    start = 0 if reply.asked.get("echo") else len(prompt)
    return [Problem(f"{w}/logprobs/text_offset/0", str(start), show(got)) for w, got in found if got != start]
