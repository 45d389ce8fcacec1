"""The events that stream a response, made from the finished response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .language import tokens
from .tools import PIECE


def events(final: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every event of a response, numbered from 0."""
    padded = (body.get("stream_options") or {}).get("include_obfuscation") is not False
    for number, event in enumerate(_lifecycle(final)):
        padding = {"obfuscation": "abcdefgh"[: 1 + number % 8]} if padded and event["type"].endswith(".delta") else {}
        yield {**event, "sequence_number": number, **padding}


def _lifecycle(final: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The events from the creation of a response to its end."""
    begun = {**final, "completed_at": None, "incomplete_details": None, "output": [], "usage": None}
    first = "queued" if final["background"] else "in_progress"
    yield {"type": "response.created", "response": {**begun, "status": first}}
    if first == "queued":
        yield {"type": "response.queued", "response": {**begun, "status": first}}
    yield {"type": "response.in_progress", "response": {**begun, "status": "in_progress"}}
    for index, item in enumerate(final["output"]):
        yield from _item(item, {"output_index": index})
    yield {"type": f"response.{final['status']}", "response": dict(final)}


def _item(item: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one item, from an empty item to the finished one."""
    inside = {"item_id": item["id"], **at}
    match item["type"]:
        case "message":
            yield {"type": "response.output_item.added", **at, "item": {**item, "status": "in_progress", "content": []}}
            for index, part in enumerate(item["content"]):
                yield from _text(part, {**inside, "content_index": index})
        case "function_call":
            yield {"type": "response.output_item.added", **at, "item": {**item, "status": "in_progress", "arguments": ""}}
            text = item["arguments"]
            for start in range(0, len(text), PIECE):
                yield {"type": "response.function_call_arguments.delta", **inside, "delta": text[start : start + PIECE]}
            yield {"type": "response.function_call_arguments.done", **inside, "name": item["name"], "arguments": text}
        case _:
            yield {"type": "response.output_item.added", **at, "item": {"id": item["id"], "type": "reasoning", "summary": []}}
            for index, part in enumerate(item["summary"]):
                yield from _summary(part, {**inside, "summary_index": index})
    yield {"type": "response.output_item.done", **at, "item": item}


def _text(part: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one text part."""
    yield {"type": "response.content_part.added", **at, "part": {**part, "text": "", "logprobs": []}}
    for index, token in enumerate(tokens(part["text"])):
        scores = [_brief(part["logprobs"][index])] if part["logprobs"] else []
        yield {"type": "response.output_text.delta", **at, "delta": token, "logprobs": scores}
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": [_brief(entry) for entry in part["logprobs"]]}
    yield {"type": "response.content_part.done", **at, "part": part}


def _brief(entry: dict[str, Any]) -> dict[str, Any]:
    """A token's log probability as in events, without bytes."""
    top = [{"token": other["token"], "logprob": other["logprob"]} for other in entry["top_logprobs"]]
    return {"token": entry["token"], "logprob": entry["logprob"], "top_logprobs": top}


def _summary(part: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one part of a reasoning summary."""
    yield {"type": "response.reasoning_summary_part.added", **at, "part": {**part, "text": ""}}
    for token in tokens(part["text"]):
        yield {"type": "response.reasoning_summary_text.delta", **at, "delta": token}
    yield {"type": "response.reasoning_summary_text.done", **at, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **at, "part": part}
