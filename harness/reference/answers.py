"""From requests to replies: the routes, and the handlers of the small endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import unquote

from . import batches, conversations, files, images, responses, stored_chats
from .chat import chat_completion
from .context_window import WINDOW
from .embeddings import EMBEDDING, embed
from .embeddings import MODEL as EMBEDDING_MODEL
from .exchange import ServerReply, ServerRequest, encode
from .moderations import moderate
from .refusals import CHAT_MODELS, RefusalError, authorise, check_members, read_body
from .speech import speak_aloud
from .state import State
from .text import text_completion
from .transcriptions import transcribe, translate

MODELS = (*CHAT_MODELS, EMBEDDING_MODEL)
_BORN = 1_735_689_600

Handler: TypeAlias = Callable[..., ServerReply]


def answer(asked: ServerRequest) -> ServerReply:
    """Return the reply to a request."""
    try:
        reply = _preflight(asked) or _route(asked)
    except RefusalError as refusal:
        asking = {"www-authenticate": 'Bearer realm="wireproof"'} if refusal.status == 401 else {}
        reply = ServerReply(refusal.status, asking, refusal.body)
    kind = "application/json" if reply.events is None else "text/event-stream; charset=utf-8"
    shared = {"access-control-allow-origin": "*", "access-control-expose-headers": "x-request-id"} if "origin" in asked.headers else {}
    reply.headers = {"content-type": kind, **_common_headers(asked.state), **shared, **reply.headers}
    return reply


def _preflight(asked: ServerRequest) -> ServerReply | None:
    """What a browser is told before it calls from another origin; ``None`` for any other request."""
    path = "/" + asked.path.strip("/")
    if asked.method != "OPTIONS" or "access-control-request-method" not in asked.headers:
        return None
    if not any(shape.fullmatch(path) for _, shape, _ in _SHAPES):
        return None
    wanted = asked.headers.get("access-control-request-headers", "")
    allowed = {"access-control-allow-methods": "GET, POST, DELETE", "access-control-allow-headers": wanted}
    return ServerReply(204, allowed, b"")


def _common_headers(state: State) -> dict[str, str]:
    """The headers of every reply."""
    return {
        "x-request-id": state.new_id("req_"),
        "openai-version": "2020-10-01",
        "openai-processing-ms": "3",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-tokens": "1999000",
        "x-ratelimit-reset-tokens": "30ms",
    }


def _models(asked: ServerRequest) -> ServerReply:
    return ServerReply(body={"object": "list", "data": [_model(identity) for identity in MODELS]})


def _retrieve(asked: ServerRequest, identity: str) -> ServerReply:
    if identity not in MODELS:
        raise RefusalError(404, f"The model '{identity}' does not exist or you do not have access to it.", "model_not_found", "model")
    return ServerReply(body=_model(identity))


def _model(identity: str) -> dict[str, Any]:
    return {"id": identity, "object": "model", "created": _BORN, "owned_by": "wireproof", "context_window": WINDOW}


def _embeddings(asked: ServerRequest) -> ServerReply:
    body = read_body(asked.body)
    check_members(body, EMBEDDING, (EMBEDDING_MODEL,))
    return ServerReply(body=embed(body))


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/models", _models),
    ("GET", "/models/{}", _retrieve),
    ("POST", "/chat/completions", lambda asked: chat_completion(read_body(asked.body), asked.state)),
    ("POST", "/completions", lambda asked: text_completion(read_body(asked.body), asked.state)),
    ("POST", "/embeddings", _embeddings),
    ("POST", "/responses", lambda asked: responses.create(read_body(asked.body), asked.state)),
    ("POST", "/responses/input_tokens", lambda asked: responses.count_input(read_body(asked.body), asked.state)),
    ("POST", "/responses/compact", lambda asked: responses.compact(read_body(asked.body), asked.state)),
    ("GET", "/responses/{}", lambda asked, identity: responses.retrieve(identity, asked.query, asked.state)),
    ("DELETE", "/responses/{}", lambda asked, identity: responses.delete(identity, asked.state)),
    ("POST", "/responses/{}/cancel", lambda asked, identity: responses.cancel(identity, asked.state)),
    ("GET", "/responses/{}/input_items", lambda asked, identity: responses.input_items(identity, asked.query, asked.state)),
    ("POST", "/conversations", lambda asked: conversations.create(read_body(asked.body or b"{}"), asked.state)),
    ("GET", "/conversations/{}", lambda asked, identity: conversations.retrieve(identity, asked.state)),
    ("POST", "/conversations/{}", lambda asked, identity: conversations.update(identity, read_body(asked.body), asked.state)),
    ("DELETE", "/conversations/{}", lambda asked, identity: conversations.delete(identity, asked.state)),
    ("GET", "/conversations/{}/items", lambda asked, identity: conversations.listed(identity, asked.query, asked.state)),
    ("POST", "/conversations/{}/items", lambda asked, identity: conversations.add(identity, read_body(asked.body), asked.state)),
    ("GET", "/conversations/{}/items/{}", lambda asked, identity, item: conversations.item(identity, item, asked.state)),
    ("DELETE", "/conversations/{}/items/{}", lambda asked, identity, item: conversations.delete_item(identity, item, asked.state)),
    ("GET", "/chat/completions", lambda asked: stored_chats.listed(asked.query, asked.state)),
    ("GET", "/chat/completions/{}", lambda asked, identity: stored_chats.retrieve(identity, asked.state)),
    ("POST", "/chat/completions/{}", lambda asked, identity: stored_chats.update(identity, read_body(asked.body), asked.state)),
    ("DELETE", "/chat/completions/{}", lambda asked, identity: stored_chats.delete(identity, asked.state)),
    ("GET", "/chat/completions/{}/messages", lambda asked, identity: stored_chats.messages(identity, asked.query, asked.state)),
    ("POST", "/moderations", lambda asked: moderate(read_body(asked.body), asked.state)),
    ("GET", "/files", lambda asked: files.listed(asked.query, asked.state)),
    ("POST", "/files", files.upload),
    ("GET", "/files/{}", lambda asked, identity: ServerReply(body=files.stored(identity, asked.state).file)),
    ("DELETE", "/files/{}", lambda asked, identity: files.delete(identity, asked.state)),
    ("GET", "/files/{}/content", lambda asked, identity: files.content(identity, asked.state)),
    ("POST", "/uploads", lambda asked: files.begin_upload(read_body(asked.body), asked.state)),
    ("POST", "/uploads/{}/parts", files.add_part),
    ("POST", "/uploads/{}/complete", lambda asked, identity: files.complete_upload(read_body(asked.body), identity, asked.state)),
    ("POST", "/uploads/{}/cancel", lambda asked, identity: files.cancel_upload(identity, asked.state)),
    ("GET", "/batches", lambda asked: batches.listed(asked.query, asked.state)),
    ("POST", "/batches", lambda asked: batches.create(read_body(asked.body), asked.state)),
    ("GET", "/batches/{}", lambda asked, identity: batches.retrieve(identity, asked.state, lambda url, body: _played(asked, url, body))),
    ("POST", "/audio/speech", lambda asked: speak_aloud(read_body(asked.body))),
    ("POST", "/audio/transcriptions", transcribe),
    ("POST", "/audio/translations", translate),
    ("POST", "/images/generations", lambda asked: images.generate(read_body(asked.body), asked.state)),
    ("POST", "/images/edits", images.edit),
    ("POST", "/batches/{}/cancel", lambda asked, identity: batches.cancel(identity, asked.state)),
)
"""Method, path (``{}`` is an id) and handler. The first path that matches wins."""

_SHAPES = [(method, re.compile(re.escape(path).replace(r"\{\}", "([^/]+)")), handler) for method, path, handler in ROUTES]


def _played(asked: ServerRequest, path: str, body: dict[str, Any]) -> ServerReply:
    """Answer one request of a batch, as if it had come by itself."""
    return _route(replace(asked, method="POST", path=path, body=encode(body)))


def _route(asked: ServerRequest) -> ServerReply:
    """Call the handler of the endpoint, or refuse the request."""
    path = "/" + asked.path.strip("/")
    found = [(method, match.groups(), handler) for method, shape, handler in _SHAPES if (match := shape.fullmatch(path))]
    if not found:
        raise RefusalError(404, f"Invalid URL ({asked.method} {asked.path})")
    for method, ids, handler in found:
        if method == asked.method:
            authorise(asked.headers)
            return handler(asked, *map(unquote, ids))
    raise RefusalError(405, f"Not allowed to {asked.method} on {asked.path}.")
