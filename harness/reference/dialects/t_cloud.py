"""The reference in the dialect that T-Systems AI Foundation Services documents, with a model of each kind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ..answers import answer
from ..exchange import ServerReply, ServerRequest, encode
from .dialect import Dialect, below, in_json

BASE = "/v2"
QUEUE = "/queue"
UNDOCUMENTED = ("/files", "/uploads", "/batches", "/moderations", "/audio", "/images", "/chat/completions/")
"""Paths of the API that the provider's documentation does not name."""

QUEUED = ("/chat/completions", "/completions", "/embeddings", "/models")
"""The reference's endpoints that also exist in the queue."""

OPEN, AZURE, EMBEDDING = "Llama-3.3-70B-Instruct", "gpt-4.1", "text-embedding-bge-m3"
MODELS = {OPEN: "reference", AZURE: "reference-text", EMBEDDING: "reference-embedding"}
"""This provider's model names, and the reference's names for them."""

NAMES = {ours: theirs for theirs, ours in MODELS.items()}

META = {
    "model_type": "LLM",
    "source_type": "open",
    "max_sequence_length": 8192,
    "hidden_size": 0,
    "max_output_length": 0,
    "deployment_region": "EU",
    "license": "",
    "input_modalities": ["text"],
    "output_modalities": ["text"],
    "is_externally_hosted": False,
}

THOUGHT = "Think it over."

BEYOND = ("stream", "tools", "store", "background", "previous_response_id", "reasoning")
"""Request members that open models refuse, because they support only a part of the endpoint."""


def speak(asked: ServerRequest) -> ServerReply:
    """Answer in this dialect."""
    queued, direct = below(asked, QUEUE), below(asked, BASE)
    path = queued if queued in QUEUED else direct
    model = _model(asked)
    if path is None or path.startswith(UNDOCUMENTED) or (path == "/chat/completions" and asked.method == "GET"):
        reply = answer(replace(asked, path="/outside" + asked.path))
    elif (refusal := _not_offered(path, model, asked)) is not None:
        reply = refusal
    else:
        reply = answer(_in_our_names(asked, path))
    return _in_provider_form(reply, model)


def _model(asked: ServerRequest) -> str | None:
    """The model that a request names."""
    model = _members(asked).get("model")
    return model if isinstance(model, str) else None


def _members(asked: ServerRequest) -> dict[str, Any]:
    """The members of a request; empty if its body is not an object."""
    try:
        body = json.loads(asked.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _not_offered(path: str, model: str | None, asked: ServerRequest) -> ServerReply | None:
    """Refuse a request for a feature that this kind of model does not offer."""
    if path == "/completions" and model == AZURE:
        return _refusal(asked, path, "Text completions are not supported for this model, but for open-source models only.")
    beyond = next((name for name in BEYOND if _members(asked).get(name)), None)
    if path.startswith("/responses") and model == OPEN and beyond is not None:
        return _refusal(asked, path, f"{beyond} is not supported for {OPEN}.")
    if path.startswith("/chat") and _members(asked).get("reasoning_effort") not in (None, "low", "medium", "high"):
        return _refusal(asked, path, "reasoning_effort is low, medium or high.")
    return None


def _refusal(asked: ServerRequest, path: str, message: str) -> ServerReply:
    """Refuse with status 400, but with 401 if the key is wrong."""
    reply = answer(_in_our_names(asked, path))
    if reply.status != 401:
        kind = {"content-type": "application/json"}
        body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
        return ServerReply(400, {**reply.headers, **kind}, body)
    return reply


def _in_our_names(asked: ServerRequest, path: str) -> ServerRequest:
    """Replace the provider's model names with the reference's, and keep the other bytes of the body if possible."""
    body, members = asked.body, _members(asked)
    for theirs, ours in MODELS.items():
        path = path.replace(f"/models/{theirs}", f"/models/{ours}")
        body = body.replace(f'"{theirs}"'.encode(), f'"{ours}"'.encode())
    if body == asked.body and members.get("model") in MODELS:  # written with escapes
        body = encode({**members, "model": MODELS[members["model"]]})
    return replace(asked, path=path, body=body)


def _in_provider_form(reply: ServerReply, model: str | None) -> ServerReply:
    """Give a reply this provider's names, headers and errors."""
    if reply.status >= 400 and model != AZURE:
        reply.body = {"detail": reply.body["error"]["message"]}
    if model == OPEN and reply.status == 200:
        _add_reasoning(reply)
    if model != AZURE:
        reply.headers = {name: value for name, value in reply.headers.items() if not name.startswith("x-ratelimit-")}
    reply.body = in_json(_named, reply.body)
    reply.events = None if reply.events is None else in_json(_named, reply.events)
    return reply


def _add_reasoning(reply: ServerReply) -> None:
    """Add the model's reasoning next to the content of a chat reply."""
    wholes = [reply.body] if reply.events is None else [event for event in reply.events if isinstance(event, dict)]
    for choice in (choice for whole in wholes for choice in whole.get("choices", ())):
        holder = choice.get("message") or choice.get("delta") or {}
        if "role" in holder:
            holder["reasoning_content"] = THOUGHT


def _named(found: dict[str, Any]) -> dict[str, Any]:
    """Put the provider's model name into an object, and the provider's metadata into a model object."""
    for member in ("model", "id"):
        if found.get(member) in NAMES:
            found = {**found, member: NAMES[found[member]]}
    return {**found, "meta_data": META} if found.get("object") == "model" else found


DIALECT = Dialect("t-cloud", BASE, speak)
