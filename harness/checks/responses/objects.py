"""The response object, whole or carried by the events of a stream."""

from __future__ import annotations

from typing import Any

from ...model import Json, Problem, UndecidedError
from .. import pointer
from ..registry import check
from ..reply import Reply, few, items_of, show

UNFINISHED = frozenset({"in_progress", "searching", "interpreting", "generating", "calling"})
ECHOED = (
    "/instructions",
    "/max_output_tokens",
    "/max_tool_calls",
    "/metadata",
    "/parallel_tool_calls",
    "/previous_response_id",
    "/prompt_cache_key",
    "/reasoning/effort",
    "/safety_identifier",
    "/store",
    "/temperature",
    "/text/format/type",
    "/text/verbosity",
    "/tool_choice",
    "/top_logprobs",
    "/top_p",
    "/truncation",
    "/user",
)
"""Members of a request that a response repeats unchanged. ``background`` has a requirement of its own."""

LEAST_TOKENS = 3
"""With at least this many output tokens, not all of them can be end-of-turn tokens."""


@check
def status_agrees_with_details(reply: Reply) -> list[Problem] | None:
    """A failed response has an error, an incomplete one says why, and a completed one has neither."""
    problems: list[Problem] = []
    for where, response in reply.objects:
        status = response.get("status")
        for wanting, name in (("failed", "error"), ("incomplete", "incomplete_details")):
            given = response.get(name) is not None
            if status in ("completed", "failed", "incomplete") and given != (status == wanting):
                expected = f"an object, as the status is {status}" if status == wanting else f"null, as the status is {status}"
                problems.append(Problem(f"{where} /{name}".strip(), expected, show(response.get(name))))
    return few(problems) if reply.objects else None


@check
def echoes_the_request(reply: Reply) -> list[Problem] | None:
    """Settings of the request that the response repeats are unchanged."""
    where, response = reply.response
    judged = False
    problems: list[Problem] = []
    for place in ECHOED:
        sent, told = _at(reply.asked, place), _at(response, place)
        if sent is not None and (told is not None or _is_null(response, place)):
            judged = True
            if sent != told:
                problems.append(Problem(f"{where} {place}".strip(), f"{show(sent)}, as asked", show(told)))
    return problems if judged else None


def _at(value: Json, place: str) -> Json:
    """The value at a pointer; ``None`` if there is none."""
    return next((found for _, found in pointer.select(value, place)), None)


def _is_null(response: dict[str, Any], place: str) -> bool:
    """Whether a member of the response is null."""
    return any(found is None for _, found in pointer.select(response, place))


@check
def items_are_finished(reply: Reply) -> list[Problem] | None:
    """A completed response has no unfinished item."""
    if reply.response[1].get("status") != "completed" or not reply.items:
        return None
    return few([Problem(f"{w}/status", "completed", show(i["status"])) for w, i in reply.items if show(i.get("status")) in UNFINISHED])


@check
def item_ids_differ(reply: Reply) -> list[Problem] | None:
    """No two items of a response have the same id."""
    ids = [(where, item["id"]) for where, item in reply.items if isinstance(item.get("id"), str)]
    seen: set[str] = set()
    problems: list[Problem] = []
    for where, identity in ids:
        if identity in seen:
            problems.append(Problem(f"{where}/id", "an id of its own", show(identity)))
        seen.add(identity)
    return problems if ids else None


@check
def citations_lie_in_the_text(reply: Reply) -> list[Problem] | None:
    """A URL citation's start and end lie within its text, in that order."""
    problems: list[Problem] = []
    cited = False
    for where, part in reply.parts:
        for index, annotation in enumerate(items_of(part.get("annotations"))):
            if not isinstance(annotation, dict) or annotation.get("type") != "url_citation" or not isinstance(part.get("text"), str):
                continue
            cited = True
            start, end = annotation.get("start_index"), annotation.get("end_index")
            if type(start) is int and type(end) is int and not 0 <= start <= end <= len(part["text"]):
                expected = f"0 ≤ start_index ≤ end_index ≤ {len(part['text'])}"
                problems.append(Problem(f"{where}/annotations/{index}", expected, f"{start} to {end}"))
    return few(problems) if cited else None


@check
def response_says_something(reply: Reply) -> list[Problem] | None:
    """A completed response that cost output tokens has output that is not empty."""
    where, response = reply.response
    made = reply.usage[1].get("output_tokens") if reply.usage else None
    if response.get("status") != "completed" or type(made) is not int or made < LEAST_TOKENS:
        return None
    if reply.texts.get(0) or any(item.get("type") not in ("message", "reasoning") or _refuses(item) for _, item in reply.items):
        return []
    if made - _reasoned(reply) < LEAST_TOKENS:
        return None
    return [Problem(f"{where}/output".strip(), f"the content of {made} output tokens", show(response.get("output")))]


def _reasoned(reply: Reply) -> int:
    """The output tokens spent on reasoning; all of them if the reply has reasoning but no count of it."""
    usage = reply.usage[1] if reply.usage else {}
    details = usage.get("output_tokens_details")
    told = details.get("reasoning_tokens") if isinstance(details, dict) else None
    thought = any(item.get("type") == "reasoning" for _, item in reply.items)
    return told if type(told) is int and (told or not thought) else int(usage.get("output_tokens", 0)) if thought else 0


def _refuses(item: dict[str, Any]) -> bool:
    """Whether a message contains a refusal."""
    content = item.get("content")
    return isinstance(content, list) and any(isinstance(part, dict) and part.get("refusal") for part in content)


@check
def incomplete_at_token_limit(reply: Reply, limit: int) -> list[Problem]:
    """A response cut by the token limit is incomplete, gives the reason, and still has usage."""
    where, response = reply.response
    tokens = reply.usage[1].get("output_tokens") if reply.usage else None
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    if response.get("status") == "incomplete" and reason == "max_output_tokens":
        return [] if reply.usage else [Problem(f"{where} /usage".strip(), "what it cost", show(response.get("usage")))]
    if isinstance(tokens, int) and tokens < limit:
        raise UndecidedError(f"the model stopped by itself after {tokens} of {limit} tokens")
    if tokens is None and len(reply.texts.get(0, "").split()) * 2 < limit:
        raise UndecidedError("the model stopped by itself, and there is no usage to count its tokens")
    got = f"status {show(response.get('status'))}, reason {show(reason)}"
    return [Problem(f"{where} /status".strip(), "status incomplete, reason max_output_tokens", got)]


@check
def background_ends(reply: Reply) -> list[Problem]:
    """A background response finishes."""
    status = reply.response[1].get("status")
    if status in ("queued", "in_progress"):
        raise UndecidedError(f"it is still {status}")
    return [] if status in ("completed", "incomplete") else [Problem("/status", "completed", show(status))]


@check
def background_is_cancelled(reply: Reply) -> list[Problem]:
    """A response that is cancelled before it finishes has the status cancelled."""
    status = reply.response[1].get("status")
    if status in ("completed", "incomplete"):
        raise UndecidedError("it was done before it could be cancelled")
    return [] if status == "cancelled" else [Problem("/status", "cancelled", show(status))]


@check
def output_is_not_empty(reply: Reply) -> list[Problem]:
    """The response has text or a tool call."""
    where, response = reply.response
    if response.get("status") == "incomplete":
        raise UndecidedError("the token limit came before the answer")
    if reply.texts.get(0) or any(str(item.get("type")).endswith("_call") for _, item in reply.items):
        return []
    return [Problem(f"{where}/output".strip(), "a text or a call", show(response.get("output")))]


@check
def item_types_are_texts(reply: Reply) -> list[Problem] | None:
    """Each item of a response, and of its events, has a type, which is a text."""
    held = [(f"{where} /item", event["item"]) for where, event in reply.event_objects if isinstance(event.get("item"), dict)]
    items = [*reply.items, *held]
    bad = [(where, item) for where, item in items if not isinstance(item.get("type"), str)]
    return (
        few([Problem(f"{where}/type", "a text", show(item["type"]) if "type" in item else "absent") for where, item in bad])
        if items
        else None
    )
