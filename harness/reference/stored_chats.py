"""Chat completions that the reference stores: listed, updated, read and deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl

from .exchange import ServerReply
from .lists import page
from .refusals import METADATA, RefusalError, check_member
from .state import State
from .store import StoredChat


def keep(body: Mapping[str, Any], completion: dict[str, Any], state: State) -> None:
    """Store a completion, if the request asks for it."""
    if body.get("store") is not True:
        return
    completion["metadata"] = body.get("metadata") or {}
    messages = [{"id": f"{completion['id']}-{number}", **_told(message)} for number, message in enumerate(body["messages"])]
    state.store.chats.keep(completion["id"], StoredChat(deepcopy(completion), messages))


def _told(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it is listed: a text, or null beside its parts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    return {**message, "content": None if parts is not None else content, "content_parts": parts}


def listed(query: str, state: State) -> ServerReply:
    """List stored completions, oldest first unless the query says otherwise; only those with the model and metadata it names."""
    asked = parse_qsl(query)
    model = next((value for name, value in asked if name == "model"), None)
    wanted = {found[1]: value for name, value in asked if (found := re.fullmatch(r"metadata\[(.+)\]", name))}
    chats = [
        deepcopy(kept.completion)
        for kept in state.store.chats.values()
        if model in (None, kept.completion["model"]) and wanted.items() <= kept.completion["metadata"].items()
    ]
    return page(chats, query, newest_first=False, most=100)


def _stored(identity: str, state: State) -> StoredChat:
    if identity not in state.store.chats:
        raise RefusalError(404, f"Chat completion with id '{identity}' not found.")
    return state.store.chats[identity]


def retrieve(identity: str, state: State) -> ServerReply:
    """Return a stored completion."""
    return ServerReply(body=deepcopy(_stored(identity, state).completion))


def update(identity: str, body: dict[str, Any], state: State) -> ServerReply:
    """Replace the metadata of a stored completion."""
    kept = _stored(identity, state)
    if body.get("metadata") is None:
        raise RefusalError(400, "Missing required parameter: 'metadata'.", "missing_required_parameter", "metadata")
    check_member("metadata", body["metadata"], METADATA)
    kept.completion["metadata"] = body["metadata"]
    return ServerReply(body=deepcopy(kept.completion))


def messages(identity: str, query: str, state: State) -> ServerReply:
    """List the messages of a stored completion's request, first to last."""
    return page(deepcopy(_stored(identity, state).messages), query, newest_first=False, most=100)


def delete(identity: str, state: State) -> ServerReply:
    """Delete a stored completion."""
    _stored(identity, state)
    del state.store.chats[identity]
    return ServerReply(body={"id": identity, "object": "chat.completion.deleted", "deleted": True})
