"""The endpoints of the API: their paths, the methods that are judged there, and the schemas of their requests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model import Data

PATHS = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "models": "/models",
    "model": "/models/{}",
    "responses": "/responses",
    "response": "/responses/{}",
    "response-cancel": "/responses/{}/cancel",
    "response-items": "/responses/{}/input_items",
    "response-tokens": "/responses/input_tokens",
    "response-compact": "/responses/compact",
    "conversations": "/conversations",
    "conversation": "/conversations/{}",
    "conversation-items": "/conversations/{}/items",
    "conversation-item": "/conversations/{}/items/{}",
    "stored-chats": "/chat/completions",
    "stored-chat": "/chat/completions/{}",
    "stored-chat-messages": "/chat/completions/{}/messages",
    "moderations": "/moderations",
    "files": "/files",
    "file-list": "/files",
    "file": "/files/{}",
    "file-content": "/files/{}/content",
    "uploads": "/uploads",
    "upload-parts": "/uploads/{}/parts",
    "upload-complete": "/uploads/{}/complete",
    "upload-cancel": "/uploads/{}/cancel",
    "batches": "/batches",
    "batch-list": "/batches",
    "batch": "/batches/{}",
    "batch-cancel": "/batches/{}/cancel",
    "speech": "/audio/speech",
    "transcriptions": "/audio/transcriptions",
    "translations": "/audio/translations",
    "image-generations": "/images/generations",
    "image-edits": "/images/edits",
}
"""The path of each endpoint below the base URL. ``{}`` stands for an id."""

_OTHER_METHODS = {
    "models": ("GET",),
    "model": ("GET",),
    "response": ("GET", "DELETE"),
    "response-items": ("GET",),
    "conversation": ("GET", "POST", "DELETE"),
    "conversation-items": ("GET", "POST"),
    "conversation-item": ("GET", "DELETE"),
    "stored-chats": ("GET",),
    "stored-chat": ("GET", "POST", "DELETE"),
    "stored-chat-messages": ("GET",),
    "file-list": ("GET",),
    "file": ("GET", "DELETE"),
    "file-content": ("GET",),
    "batch-list": ("GET",),
    "batch": ("GET",),
}

METHODS = {name: _OTHER_METHODS.get(name, ("POST",)) for name in PATHS}
"""The methods of each endpoint. Another method at the same path is another operation, or none."""

REQUEST_SCHEMAS = {
    "chat": "chat-request",
    "completions": "text-request",
    "embeddings": "embeddings-request",
    "responses": "responses-request",
}
"""The schema of each endpoint's request body."""

UNDOING = {
    "files": ("DELETE", "file"),
    "uploads": ("POST", "upload-cancel"),
    "batches": ("POST", "batch-cancel"),
    "conversations": ("DELETE", "conversation"),
    "chat": ("DELETE", "stored-chat"),
    "responses": ("DELETE", "response"),
}
"""How to undo a creation: by its endpoint, the method and the endpoint of the request that undoes it."""


def may_keep(endpoint: str, method: str, asked: Mapping[str, Data]) -> bool:
    """Whether a request makes something that the endpoint keeps: chats only if asked to, responses unless asked not to."""
    if method != "POST" or endpoint not in UNDOING:
        return False
    return asked.get("store") is True if endpoint == "chat" else endpoint != "responses" or asked.get("store") is not False


FREE_FORM = frozenset({"file-content", "speech", "transcriptions", "translations"})
"""Endpoints whose good replies need not be JSON: files, sounds, and transcripts in the format that was asked for."""

_SHAPES = {name: re.compile(re.escape(known).replace(r"\{\}", "[^/]+")) for name, known in PATHS.items()}


def endpoint_of(path: str, method: str | None = None) -> str:
    """The endpoint of a path below the base URL; ``other`` if we do not know it, or not with this method."""
    path = path.partition("?")[0]
    named = [name for name in PATHS if method is None or method.upper() in METHODS[name]]
    exact = (name for name in named if path == PATHS[name])
    shaped = (name for name in named if _SHAPES[name].fullmatch(path))
    return next(exact, None) or next(shaped, "other")
