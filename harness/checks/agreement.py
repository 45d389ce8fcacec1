"""Checks that compare several exchanges of one case."""

from __future__ import annotations

import json
from typing import Any

from ..model import Problem, UndecidedError
from .registry import check
from .reply import Reply, show, text_of
from .usage import TOTALS

PARTS = {"text": ("content", "text"), "tool calls": ("tool_calls", "function_call"), "reasoning": ("reasoning", "reasoning_content")}


@check
def header_differs(first: Reply, second: Reply, name: str) -> list[Problem] | None:
    """Two replies have different values of a header."""
    one, other = first.exchange.header(name), second.exchange.header(name)
    if one is None or other is None:
        return None
    return [] if one != other else [Problem(f"header {name}", "another one for each reply", f"{one} twice")]


@check
def replies_stay_apart(a: Reply, b: Reply, c: Reply, d: Reply, e: Reply, f: Reply) -> list[Problem]:
    """Concurrent replies do not mix: none contains the word that another was asked to repeat, and no stream contains another's id.

    Repeated ids alone do not count as mixing; another requirement covers them.
    """
    replies = (a, b, c, d, e, f)
    words = [str(reply.asked["messages"][-1]["content"]).split()[-1] for reply in replies]
    texts = [reply.texts.get(0, "") for reply in replies]
    ids = [{str(value["id"]) for _, value in reply.objects if value.get("id")} for reply in replies]
    problems = [
        Problem(f"reply {number}", f"nothing of another's, {show(words[number - 1])} only", show(text))
        for number, text in enumerate(texts, start=1)
        if any(word in text for word in words if word != words[number - 1])
    ]
    for number, own in enumerate(ids, start=1):
        of_others = set().union(*(other for other in ids if other is not own))
        if len(own) > 1 and own & of_others:
            problems.append(Problem(f"reply {number} /id", "one id in all chunks", show(sorted(own))))
    if not problems and not any(word in text for word, text in zip(words, texts, strict=True)):
        raise UndecidedError("the model repeated none of the words")
    return problems


@check
def statuses_agree(first: Reply, second: Reply) -> list[Problem]:
    """Two replies have the same status."""
    one, other = first.exchange.status, second.exchange.status
    return [] if one == other else [Problem("status of the second", f"{one}, as before", str(other))]


@check
def texts_agree(first: Reply, second: Reply) -> list[Problem]:
    """Two replies have the same text."""
    one, other = first.texts.get(0), second.texts.get(0)
    if not one or not other:
        raise UndecidedError("there is no text to compare")
    return [] if one == other else [Problem("text of choice 0", show(one), show(other))]


@check
def seeds_vary(one: Reply, other: Reply, free: Reply) -> list[Problem]:
    """Two seeds give two texts, if they are long enough for sampling to matter. Undecided if the text is the same without a seed too."""
    texts = [reply.texts.get(0, "") for reply in (one, other)]
    if min(map(len, texts)) < LONG_ENOUGH:
        raise UndecidedError("the texts are too short to tell")
    if texts[0] != texts[1]:
        return []
    if free.texts.get(0, "") == texts[0]:
        raise UndecidedError("the endpoint gives this text without a seed too, whatever the temperature")
    return [Problem("texts of the two seeds", "not the same", f"twice {show(texts[0])}")]


LONG_ENOUGH = 20
"""Texts of at least this many characters do not agree by chance."""


@check
def ids_differ(first: Reply, second: Reply) -> list[Problem] | None:
    """Two replies have different ids."""
    one, other = _first(first, "id"), _first(second, "id")
    if one is None or other is None:
        return None
    return [] if one != other or one == "" else [Problem("/id", "another id for each reply", f"{show(one)} twice")]


@check
def prompt_tokens_agree(plain: Reply, streamed: Reply) -> list[Problem] | None:
    """The same prompt costs the same number of tokens, streamed or not, and when it is repeated."""
    if plain.usage is None or streamed.usage is None:
        return None
    name = TOTALS[plain.is_response][0]
    one, other = plain.usage[1].get(name), streamed.usage[1].get(name)
    return [] if one == other else [Problem(f"{streamed.usage[0]}/{name}", f"{one}, as for the same prompt before", str(other))]


@check
def usage_tells_the_same(plain: Reply, streamed: Reply) -> list[Problem] | None:
    """A stream's usage has the same members as the unstreamed reply's usage, details included."""
    if plain.usage is None or streamed.usage is None:
        return None
    where, counts = streamed.usage
    missing = [name for name, value in plain.usage[1].items() if value is not None and name not in counts]
    for name, value in plain.usage[1].items():
        if isinstance(value, dict) and isinstance(counts.get(name), dict):
            missing += [f"{name}/{part}" for part, count in value.items() if count is not None and part not in counts[name]]
    return [Problem(f"{where}/{name}", "present, as in the whole reply", "absent") for name in missing]


@check
def written_prompt_costs_the_same(first: Reply, second: Reply) -> list[Problem] | None:
    """The same request, written differently, costs as many prompt tokens. Undecided if JSON that models read as text was reordered."""
    if [json.dumps(first.asked.get(name)) for name in DECLARED] != [json.dumps(second.asked.get(name)) for name in DECLARED]:
        raise UndecidedError("the tools or the format are written in another order, and may be part of the prompt as written")
    return prompt_tokens_agree(first, second)


DECLARED = ("tools", "functions", "response_format", "text")
"""Request members whose JSON is given to the model as text."""


@check
def streamed_text_is_the_same(first: Reply, second: Reply, streamed: Reply) -> list[Problem]:
    """The joined deltas equal the unstreamed text. Undecided if the endpoint answers the same request with two texts."""
    one, two, joined = (reply.texts.get(0) for reply in (first, second, streamed))
    if not one or not joined:
        raise UndecidedError("there is no text to compare")
    if one != two:
        raise UndecidedError("the endpoint answers the same request with two texts")
    if joined == one:
        return []
    at = next((i for i, (a, b) in enumerate(zip(one, joined, strict=False)) if a != b), min(len(one), len(joined)))
    return [Problem(f"joined deltas, character {at}", show(one[at : at + 60]), show(joined[at : at + 60]) if joined[at:] else "the end")]


@check
def stream_agrees_with_plain(plain: Reply, streamed: Reply) -> list[Problem] | None:
    """The assembled stream has the same parts as the unstreamed reply: only the framing differs."""
    one, other = _outline(plain), _outline(streamed)
    if not one or not other:
        return None
    return [
        Problem(f"streamed: {name}", f"{one[name]}, as unstreamed", other[name])
        for name in one
        if name in other and other[name] != one[name]
    ]


@check
def stream_says_something_too(plain: Reply, streamed: Reply) -> list[Problem]:
    """If the unstreamed reply has text or a tool call, so has the stream, unless a token limit or a filter ended it."""
    one, other = _outline(plain), _outline(streamed)
    if not any(one.get(part) == "some" for part in ("text", "tool calls")):
        raise UndecidedError("the unstreamed reply has neither text nor tool call")
    ends = {reason for reasons in streamed.finish_reasons.values() for _, reason in reasons}
    if any(other.get(part) == "some" for part in ("text", "tool calls")):
        return []
    if ends & {"length", "content_filter"}:
        raise UndecidedError(f"the stream ended with {', '.join(map(str, ends))} before any content")
    got = f"neither, and the finish reason {', '.join(sorted(map(str, ends))) or 'none'}"
    return [Problem("the stream", "a text or a call, as in the whole reply", got)]


@check
def tools_hold_nothing_back(without: Reply, declared: Reply) -> list[Problem]:
    """Declaring tools does not stop streaming: text that comes in many chunks without tools does not come in one or two with them."""
    one, other = (sum(bool(text_of(choice)) for _, _, choice in reply.choices) for reply in (without, declared))
    if one < MANY or len(declared.texts.get(0, "")) < len(without.texts.get(0, "")) / 2:
        raise UndecidedError("there are too few pieces to tell")
    return [] if other > FEW else [Problem("pieces of text with tools", f"about {one}, as without", str(other))]


MANY, FEW = 8, 2
"""At least this many pieces: the text is streamed. At most this many: it is not."""


def _outline(reply: Reply) -> dict[str, str]:
    """The parts that two replies to one request share whatever the model says; empty if there is no choice."""
    if reply.is_response:
        kinds = dict.fromkeys(str(item.get("type")) for _, item in reply.items)
        return {"types of the items": show(list(kinds)), "model": show(reply.response[1].get("model"))} if kinds else {}
    choices = [choice for _, _, choice in reply.choices]
    holders = [holder for c in choices if isinstance(holder := c.get("message", c.get("delta", c)), dict)]
    if not holders:
        return {}
    outline = {"indexes of the choices": show(sorted({index for _, index, _ in reply.choices}))}
    for name, members in PARTS.items():
        outline[name] = "some" if any(holder.get(member) for holder in holders for member in members) else "none"
    model = _first(reply, "model")
    return {**outline, "model": model} if model and isinstance(model, str) else outline


def _first(reply: Reply, member: str) -> Any:
    """A member of the body, or of the first chunk in which it is not empty."""
    return next((value[member] for _, value in reply.objects if value.get(member)), None)


LASTING = (
    "background",
    "created_at",
    "model",
    "status",
    "output",
    "usage",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
)
"""Members of a finished response that time does not change."""


@check
def retrieved_is_the_same(made: Reply, got: Reply) -> list[Problem] | None:
    """A retrieved response equals the one that was created."""
    one, other = made.response[1], got.response[1]
    if not one or not other:
        return None
    return [
        Problem(f"/{name}", f"{show(one[name])}, as made", show(other.get(name)))
        for name in LASTING
        if name in one and one[name] != other.get(name)
    ]


NOT_COUNTED = "the endpoint does not count prompt tokens, so the counts show nothing"


@check
def context_is_counted(alone: Reply, continued: Reply) -> list[Problem] | None:
    """A request costs more input tokens as part of a conversation than alone, since the model reads the earlier turns."""
    if alone.usage is None or continued.usage is None:
        return None
    one, other = alone.usage[1].get("input_tokens"), continued.usage[1].get("input_tokens")
    if type(one) is not int or type(other) is not int:
        return None
    if one == 0 or other == 0:
        raise UndecidedError(NOT_COUNTED)
    return [] if other > one else [Problem("/usage/input_tokens", f"more than {one}, the count without the earlier turns", str(other))]


@check
def count_agrees_with_usage(counted: Reply, made: Reply) -> list[Problem] | None:
    """The input token count equals the input tokens that the same input costs."""
    if made.usage is None or type(counted.object.get("input_tokens")) is not int:
        return None
    one, other = made.usage[1].get("input_tokens"), counted.object["input_tokens"]
    return [] if one == other else [Problem("/input_tokens", f"{one}, as the usage says", str(other))]


@check
def conversation_is_told(opened: Reply, made: Reply) -> list[Problem] | None:
    """A response names the conversation that it belongs to."""
    wanted, named = opened.object.get("id"), made.response[1].get("conversation")
    got = named.get("id") if isinstance(named, dict) else named
    return [] if got == wanted else [Problem("/conversation/id", show(wanted), show(got))]


@check
def status_shows_it_was_kept(made: Reply, got: Reply) -> list[Problem]:
    """A response that says it is stored can be retrieved."""
    said = made.response[1].get("store")
    if said is False or got.exchange.status == 200:
        return []
    if said is not True:
        raise UndecidedError("the response does not say whether it is stored")
    return [Problem("status of the retrieval", "200, or store false in the response", f"{got.exchange.status}: {show(got.text, 160)}")]


@check
def stream_has_the_same_choices(plain: Reply, streamed: Reply) -> list[Problem] | None:
    """The chunks have the same choices and model as the unstreamed reply."""
    one = (sorted({index for _, index, _ in plain.choices}), _first(plain, "model"))
    other = (sorted({index for _, index, _ in streamed.choices}), _first(streamed, "model"))
    if not one[0] or not other[0]:
        return None
    return [] if one == other else [Problem("choices and model of the stream", f"{show(list(one))}, as unstreamed", show(list(other)))]


@check
def longer_prompt_costs_more(first: Reply, second: Reply) -> list[Problem] | None:
    """The second prompt, the first plus more words, costs more tokens."""
    name = TOTALS[first.is_response][0]
    one, other = (reply.usage[1].get(name) if reply.usage is not None else None for reply in (first, second))
    if type(one) is not int or type(other) is not int:
        return None
    if one == 0 and other == 0:
        raise UndecidedError(NOT_COUNTED)
    return [] if other > one else [Problem(f"/usage/{name} of the second", f"more than {one}", str(other))]


@check
def higher_limit_is_no_shorter(first: Reply, second: Reply) -> list[Problem]:
    """A higher token limit does not make the reply shorter, if the model says the same."""
    one, other = first.texts.get(0), second.texts.get(0)
    if not one or not other or not (one.startswith(other) or other.startswith(one)):
        raise UndecidedError("the model did not say the same again")
    return [] if len(other) >= len(one) else [Problem("text of choice 0", f"no shorter than {show(one)}", show(other))]


@check
def stop_cuts_there(first: Reply, second: Reply) -> list[Problem]:
    """The second reply, requested with a stop sequence, is the first reply up to that sequence."""
    one, other, stop = first.texts.get(0), second.texts.get(0, ""), second.asked.get("stop")
    if not one or not isinstance(stop, str) or stop not in one:
        raise UndecidedError("the reply does not contain the stop sequence")
    wanted = one[: one.index(stop)]
    if other == wanted:
        return []
    if not other.startswith(wanted):
        raise UndecidedError("the model did not say the same again")
    return [Problem("text of choice 0", show(wanted), show(other))]
