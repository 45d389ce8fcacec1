"""Files of the reference: uploaded whole or in parts, listed, read and deleted."""

from __future__ import annotations

from typing import Any

from .exchange import ServerReply, ServerRequest
from .forms import needed_field, needed_file, read_form
from .lists import page, query_of
from .refusals import Member, RefusalError, check_member
from .state import State
from .store import PendingUpload, StoredFile

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
MONTH = 30 * 24 * 3_600
HOUR = 3_600

UPLOAD = {
    "filename": Member("string", 1, needed=True),
    "purpose": Member("string", one_of=PURPOSES, needed=True),
    "bytes": Member("integer", 1, needed=True),
    "mime_type": Member("string", 1, needed=True),
    "expires_after": Member("object"),
}
COMPLETION = {"part_ids": Member("array", 1, items=Member("string"), needed=True), "md5": Member("string")}


def upload(asked: ServerRequest) -> ServerReply:
    """Store an uploaded file."""
    fields, files = read_form(asked)
    for name in fields:
        if name != "purpose" and not name.startswith("expires_after["):
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    purpose = needed_field(fields, "purpose", PURPOSES)
    given = needed_file(files, "file")
    return ServerReply(body=keep(given.name, purpose, given.content, asked.state))


def keep(name: str, purpose: str, content: bytes, state: State) -> dict[str, Any]:
    """Store a file and return its object."""
    file: dict[str, Any] = {
        "id": state.new_id("file-"),
        "object": "file",
        "bytes": len(content),
        "created_at": state.time,
        "expires_at": state.time + MONTH,
        "filename": name,
        "purpose": purpose,
        "status": "processed",
    }
    state.store.files.keep(file["id"], StoredFile(file, content))
    return file


def listed(query: str, state: State) -> ServerReply:
    """List files, latest first unless the query says otherwise."""
    purpose = query_of(query).get("purpose")
    files = [kept.file for kept in state.store.files.values() if purpose in (None, kept.file["purpose"])]
    return page(files, query, newest_first=True, most=10_000)


def stored(identity: str, state: State) -> StoredFile:
    """A stored file. Raises ``RefusalError`` if it is unknown."""
    if identity not in state.store.files:
        raise RefusalError(404, f"No such File object: {identity}", None, "id")
    return state.store.files[identity]


def content(identity: str, state: State) -> ServerReply:
    """The bytes of a file."""
    return ServerReply(headers={"content-type": "application/octet-stream"}, body=stored(identity, state).content)


def delete(identity: str, state: State) -> ServerReply:
    """Delete a file."""
    stored(identity, state)
    del state.store.files[identity]
    return ServerReply(body={"id": identity, "object": "file", "deleted": True})


def begin_upload(body: dict[str, Any], state: State) -> ServerReply:
    """Begin an upload in parts."""
    _check(body, UPLOAD)
    upload: dict[str, Any] = {
        "id": state.new_id("upload_"),
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": state.time,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "expires_at": state.time + HOUR,
        "file": None,
    }
    state.store.uploads.keep(upload["id"], PendingUpload(upload))
    return ServerReply(body=dict(upload))


def add_part(asked: ServerRequest, identity: str) -> ServerReply:
    """Take one part of an upload."""
    pending = _pending(identity, asked.state)
    _, files = read_form(asked)
    part = asked.state.new_id("part_")
    pending.parts[part] = needed_file(files, "data").content
    return ServerReply(body={"id": part, "object": "upload.part", "created_at": asked.state.time, "upload_id": identity})


def complete_upload(body: dict[str, Any], identity: str, state: State) -> ServerReply:
    """Make a file of the parts, in the order that the request names."""
    _check(body, COMPLETION)
    pending = _pending(identity, state)
    for part in body["part_ids"]:
        if part not in pending.parts:
            raise RefusalError(400, f"No such part: {part}", "invalid_value", "part_ids")
    whole = b"".join(pending.parts[part] for part in body["part_ids"])
    if len(whole) != pending.upload["bytes"]:
        raise RefusalError(400, f"Got {len(whole)} bytes, but the upload was for {pending.upload['bytes']}.", "invalid_value", "part_ids")
    file = keep(pending.upload["filename"], pending.upload["purpose"], whole, state)
    pending.upload.update(status="completed", file=file)
    return ServerReply(body=dict(pending.upload))


def cancel_upload(identity: str, state: State) -> ServerReply:
    """Give an upload up."""
    pending = _pending(identity, state)
    pending.upload["status"] = "cancelled"
    return ServerReply(body=dict(pending.upload))


def _pending(identity: str, state: State) -> PendingUpload:
    """An upload that still takes parts. Raises ``RefusalError`` if there is none."""
    if identity not in state.store.uploads:
        raise RefusalError(404, f"No such Upload object: {identity}", None, "upload_id")
    pending = state.store.uploads[identity]
    if pending.upload["status"] != "pending":
        raise RefusalError(400, f"The upload is {pending.upload['status']}.", "invalid_state", "upload_id")
    return pending


def _check(body: dict[str, Any], members: dict[str, Member]) -> None:
    """Refuse a body with missing, unknown or invalid members."""
    for name, member in members.items():
        if member.needed and body.get(name) is None:
            raise RefusalError(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    for name, value in body.items():
        if name not in members:
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        check_member(name, value, members[name])
