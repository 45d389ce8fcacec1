"""The values that any client should return to its user, read from the wire.

Values that the reply lacks are absent. Nothing is judged here.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from ...model import Json
from ..reply import Reply, items_of, parse_json

Values = dict[str, Json]

COUNTS = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens")


def sent_values(reply: Reply) -> Values:
    """The values of a reply, by the names that drivers use."""
    if (reply.exchange.status or 0) >= 400:
        return _refusal(reply)
    objects = [value for _, value in reply.objects]
    found: Values = {}
    for name in ("id", "object", "created", "created_at", "model", "status"):
        values = [value[name] for value in objects if name in value]
        if values:
            found[name] = values[-1] if reply.is_response else values[0]
    if reply.usage is not None:
        found["usage"] = {name: reply.usage[1][name] for name in COUNTS if name in reply.usage[1]}
    read: dict[str, Callable[[Reply], Values]] = {
        "embeddings": _vectors,
        "models": _models,
        "responses": _response,
        "moderations": _verdict,
        "batch": _batch,
        "speech": _sound,
        "transcriptions": _transcript,
        "translations": _transcript,
        "image-generations": _image,
    }
    return found | read.get(reply.exchange.request.endpoint, _choice)(reply)


def _refusal(reply: Reply) -> Values:
    """The values of an error reply."""
    error = reply.object.get("error")
    members = error if isinstance(error, dict) else {}
    return {"status": reply.exchange.status, **{name: members[name] for name in ("message", "code", "type", "param") if name in members}}


def _choice(reply: Reply) -> Values:
    """The first choice of a chat or text completion, whole or joined from its deltas."""
    found: Values = {}
    pieces: list[str] = []
    calls: dict[int, dict[str, Json]] = {}
    for _, index, choice in reply.choices:
        if index != 0:
            continue
        if choice.get("finish_reason"):
            found["finish_reason"] = choice["finish_reason"]
        holder = next((choice[name] for name in ("message", "delta") if isinstance(choice.get(name), dict)), choice)
        content = holder.get("content") or holder.get("text")
        if isinstance(content, str):
            pieces.append(content)
        for call in items_of(holder.get("tool_calls")):
            if isinstance(call, dict):
                _add(calls, call)
    if pieces:
        found["text"] = "".join(pieces)
    if calls:
        found["tool_calls"] = list(calls.values())
    return _with_parsed(found)


def _add(calls: dict[int, dict[str, Json]], piece: dict[str, Any]) -> None:
    """Add a tool call, or a piece of one. A piece without an index continues the last call, unless it has an id."""
    given = piece.get("index")
    place = given if type(given) is int else len(calls) if piece.get("id") or not calls else len(calls) - 1
    call = calls.setdefault(place, {"id": None, "name": None, "arguments": ""})
    call["id"] = call["id"] or piece.get("id")
    function = piece.get("function")
    if not isinstance(function, dict):
        return
    call["name"] = call["name"] or function.get("name")
    if isinstance(function.get("arguments"), str):
        call["arguments"] += function["arguments"]


def _response(reply: Reply) -> Values:
    """The text and the function calls of a response."""
    calls: list[Json] = [
        {"id": item.get("call_id"), "name": item.get("name"), "arguments": item.get("arguments")}
        for _, item in reply.items
        if item.get("type") == "function_call"
    ]
    found: Values = {}
    if text := reply.texts.get(0):
        found["text"] = text
    if calls:
        found["tool_calls"] = calls
    return _with_parsed(found)


def _with_parsed(found: Values) -> Values:
    """The values, with the text parsed if it is JSON."""
    text = found.get("text")
    read = parse_json(text) if isinstance(text, str) else None
    return found | ({"parsed": read.value} if read is not None and read.error is None else {})


def _models(reply: Reply) -> Values:
    """The ids of a list of models."""
    data = reply.object.get("data")
    listed = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return {"ids": [item["id"] for item in listed if "id" in item]} if isinstance(data, list) else {}


def _verdict(reply: Reply) -> Values:
    """What the first verdict of a moderation says of each category."""
    first = next((item for item in items_of(reply.object.get("results")) if isinstance(item, dict)), {})
    return {name: first[name] for name in ("categories", "category_scores") if name in first}


def _batch(reply: Reply) -> Values:
    """The file of a batch."""
    return {name: reply.object[name] for name in ("input_file_id",) if name in reply.object}


def _sound(reply: Reply) -> Values:
    """The size and the hash of a sound."""
    return {"size": len(reply.exchange.body), "sha256": sha256(reply.exchange.body).hexdigest()}


def _transcript(reply: Reply) -> Values:
    """The text of a transcript, and the pieces of a streamed one, joined."""
    found: Values = {}
    pieces = [value["delta"] for _, value in reply.event_objects if isinstance(value.get("delta"), str)]
    if pieces:
        found["pieces"] = "".join(pieces)
    texts = [value["text"] for _, value in reply.objects if isinstance(value.get("text"), str)]
    return found | ({"text": texts[-1]} if texts else {})


def _image(reply: Reply) -> Values:
    """The hash of the first image, or of its address; of a stream, that of the finished image."""
    events = [value for _, value in reply.event_objects if value.get("type") == "image_generation.completed"]
    first = next((value for value in (*events, *items_of(reply.object.get("data"))) if isinstance(value, dict)), {})
    told = first.get("b64_json") or first.get("url")
    return {"sha256": sha256(told.encode(errors="replace")).hexdigest()} if isinstance(told, str) else {}


def _vectors(reply: Reply) -> Values:
    """The vectors of embeddings, as numbers."""
    data = reply.object.get("data")
    if not isinstance(data, list):
        return {}
    return {"vectors": [_vector(item.get("embedding")) for item in data if isinstance(item, dict)]}


def _vector(value: Json) -> Json:
    """A vector as numbers, whatever its encoding; any other value unchanged."""
    if not isinstance(value, str):
        return value
    try:
        raw = base64.b64decode(value, validate=True)
        return list(struct.unpack(f"<{len(raw) // 4}f", raw))
    except (binascii.Error, struct.error, ValueError):
        return value
