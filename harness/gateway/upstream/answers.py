"""The upstream's default replies, used where a script gives none: a plain valid reply of each endpoint."""

from __future__ import annotations

from typing import Any

from ...model import Data

MODEL = "upstream-model"
CREATED = 1_800_000_000
TEXT = "Hello from behind, $token."
USAGE = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}

HEADS: dict[str, dict[str, Data]] = {
    "chat": {"id": "chatcmpl-$token", "object": "chat.completion.chunk", "created": CREATED, "model": MODEL},
    "completions": {"id": "cmpl-$token", "object": "text_completion", "created": CREATED, "model": MODEL},
    "responses": {},
}
"""The members that every chunk of a stream has."""


def plain(endpoint: str) -> dict[str, Any]:
    """A whole reply."""
    match endpoint:
        case "completions":
            choice: Data = {"text": TEXT, "index": 0, "logprobs": None, "finish_reason": "stop"}
            return {**HEADS["completions"], "choices": [choice], "usage": USAGE}
        case "embeddings":
            return {
                "object": "list",
                "data": [{"object": "embedding", "index": 0, "embedding": [0.125, -0.5, 0.0078125]}],
                "model": MODEL,
                "usage": {"prompt_tokens": 9, "total_tokens": 9},
            }
        case "responses":
            return response("completed", [_message("completed", TEXT)])
        case "models":
            return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": CREATED, "owned_by": "wireproof"}]}
        case _:
            choice = {
                "index": 0,
                "message": {"role": "assistant", "content": TEXT, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
            head = {**HEADS["chat"], "object": "chat.completion"}
            return {**head, "choices": [choice], "usage": USAGE, "service_tier": "default", "system_fingerprint": "fp_behind"}


def chunks(endpoint: str) -> list[Data]:
    """A streamed reply."""
    if endpoint == "responses":
        return _response_events()
    if endpoint == "completions":
        texts = [
            {"choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": None}]} for text in ("Hello ", "from ", "$token")
        ]
        return [*texts, {"choices": [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}]}, "[DONE]"]
    deltas: list[Data] = [
        {"role": "assistant", "content": "", "refusal": None},
        *({"content": text} for text in ("Hello ", "from ", "$token")),
    ]
    told = [{"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]} for delta in deltas]
    return [*told, {"choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]}, "[DONE]"]


def response(status: str, output: list[Data]) -> dict[str, Any]:
    """A response object."""
    done = status == "completed"
    return {
        "id": "resp_$token",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 9,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 16,
        }
        if done
        else None,
    }


def _message(status: str, text: str | None) -> dict[str, Any]:
    """A message item, empty or with one part of text."""
    parts = [] if text is None else [_part(text)]
    return {"id": "msg_$token", "type": "message", "status": status, "role": "assistant", "content": parts}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _response_events() -> list[Data]:
    """The events of a response with one message."""
    place = {"item_id": "msg_$token", "output_index": 0, "content_index": 0}
    told: list[dict[str, Data]] = [
        {"type": "response.created", "response": response("in_progress", [])},
        {"type": "response.in_progress", "response": response("in_progress", [])},
        {"type": "response.output_item.added", "output_index": 0, "item": _message("in_progress", None)},
        {"type": "response.content_part.added", **place, "part": _part("")},
        *(
            {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []}
            for text in ("Hello from ", "behind, ", "$token.")
        ),
        {"type": "response.output_text.done", **place, "text": TEXT, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": _part(TEXT)},
        {"type": "response.output_item.done", "output_index": 0, "item": _message("completed", TEXT)},
        {"type": "response.completed", "response": response("completed", [_message("completed", TEXT)])},
    ]
    return [{"$event": event["type"], "data": {**event, "sequence_number": number}} for number, event in enumerate(told)]
