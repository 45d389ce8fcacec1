"""Mutants of files, and of uploads in parts."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import plain, rewriting, setting, without
from tests.mutants.changing import mutant
from tests.mutants.operation import at, content, missing_is_found

uploads, retrieves, lists, deletes = at("POST", "/files"), at("GET", "/files/{}"), at("GET", "/files"), at("DELETE", "/files/{}")
reads, begins, adds = at("GET", "/files/{}/content"), at("POST", "/uploads"), at("POST", "/uploads/{}/parts")
completes, cancels = at("POST", "/uploads/{}/complete"), at("POST", "/uploads/{}/cancel")


def is_text(asked: ServerRequest, raw: bytes) -> bool:
    return b"custom_id" in raw and b"response" not in raw


def with_unix_lines(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def gone_at_once(body: Any) -> None:
    body["data"] = []
    body["first_id"] = body["last_id"] = None


def not_allowed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    return reply


FILE = {
    "id": "file-wireproof-no-such-file",
    "object": "file",
    "bytes": 0,
    "created_at": 1,
    "filename": "",
    "purpose": "batch",
    "status": "processed",
}

mutant("file-without-status", "files.shape", change=plain(retrieves, without("status")))
mutant("file-bytes-as-text", "files.shape", change=plain(uploads, lambda body: body.update(bytes=str(body["bytes"]))))
mutant("file-list-without-object", "files.list-shape", change=plain(lists, without("object")))
mutant(
    "file-bytes-with-form",
    "files.bytes-counted",
    "files.retrieved-same",
    change=plain(uploads, lambda body: body.update(bytes=body["bytes"] + 90)),
)
mutant(
    "file-name-in-ascii",
    "files.name-kept",
    change=plain(uploads, lambda body: body.update(filename=body["filename"].encode("ascii", "replace").decode())),
)
mutant("file-purpose-of-another", "files.purpose-kept", "files.retrieved-same", change=plain(uploads, setting("purpose", "assistants")))
mutant("file-made-another-day", "files.retrieved-same", change=plain(retrieves, setting("created_at", 1)))
mutant("file-line-ends-changed", "files.content-as-uploaded", change=content(reads, with_unix_lines))
mutant("file-not-listed", "files.listed", change=plain(lambda a: lists(a) and "order" in a.query, gone_at_once))
mutant("file-list-of-all-purposes", "files.purpose-filters", change=plain(lists, lambda body: body["data"][0].update(purpose="assistants")))
mutant("file-deletion-denied", "files.deleted-shape", change=plain(deletes, setting("deleted", False)))
mutant("file-deletion-of-another-kind", "files.deleted-shape", change=plain(deletes, setting("object", "file.deleted")))
mutant("file-there-after-all", "files.deleted-is-gone", change=missing_is_found(retrieves, FILE))
mutant("upload-without-expiry", "uploads.shape", change=plain(begins, without("expires_at")))
mutant("upload-part-object", "uploads.part-shape", change=plain(adds, setting("object", "part")))
mutant("upload-part-of-another", "uploads.part-belongs", change=plain(adds, setting("upload_id", "upload_another")))
mutant("upload-still-pending", "uploads.status-follows", change=plain(completes, setting("status", "pending")))
mutant("upload-cancelled-pending", "uploads.status-follows", change=plain(cancels, setting("status", "pending")))
mutant("upload-without-file", "uploads.file-is-made", change=plain(completes, setting("file", None)))
mutant("upload-parts-as-they-came", "uploads.parts-in-order", ask=rewriting(completes, lambda body: body["part_ids"].reverse()))
