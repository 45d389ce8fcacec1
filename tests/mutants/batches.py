"""Mutants of batches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import plain, setting, without
from tests.mutants.changing import mutant
from tests.mutants.operation import at, content, missing_is_found

begins, retrieves, lists, cancels = (
    at("POST", "/batches"),
    at("GET", "/batches/{}"),
    at("GET", "/batches"),
    at("POST", "/batches/{}/cancel"),
)
reads = at("GET", "/files/{}/content")


def lines(change: Callable[[dict[str, Any]], Any], *, only: str | None = None) -> Callable[[bytes], bytes]:
    """Change each line of an output or error file, or one by its custom_id; a line for which the change gives False is dropped."""

    def apply(raw: bytes) -> bytes:
        if b'"response"' not in raw:
            return raw
        kept = []
        for line in raw.splitlines():
            value = json.loads(line)
            if (only is None or value["custom_id"] == only) and change(value) is False:
                continue
            kept.append(json.dumps(value).encode() + b"\n")
        return b"".join(kept)

    return apply


def completed(change: Callable[[dict[str, Any]], Any]) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Change a batch that has ended."""
    return plain(retrieves, lambda body: change(body) if body["status"] == "completed" else None)


def good_body(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
    def apply(line: dict[str, Any]) -> None:
        if line["response"]["status_code"] == 200:
            change(line["response"]["body"])

    return apply


def failed(body: dict[str, Any]) -> None:
    if body["status"] == "completed":
        body["status"] = "failed"


def all_well(body: dict[str, Any]) -> None:
    body["error_file_id"] = None
    body["request_counts"].update(completed=4, failed=0)


BATCH = {
    "id": "batch_wireproof_no_such_batch",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "input_file_id": "file-1",
    "completion_window": "24h",
    "status": "completed",
    "created_at": 1,
}

mutant("batch-without-window", "batches.shape", change=plain(begins, without("completion_window")))
mutant("batch-list-object", "batches.list-shape", change=plain(lists, setting("object", "batches")))
mutant("batch-of-another-file", "batches.as-asked", change=plain(begins, setting("input_file_id", "file-another")))
mutant("batch-fails-at-once", "batches.begins", change=plain(begins, setting("status", "failed")))
mutant("batch-fails", "batches.ends", change=plain(retrieves, failed))
mutant("batch-counts-zero", "batches.counts-fit", change=completed(setting("request_counts", {"total": 0, "completed": 0, "failed": 0})))
mutant("batch-counts-failures-twice", "batches.counts-fit", change=completed(lambda body: body["request_counts"].update(completed=4)))
mutant("batch-line-without-response", "batches.lines-shape", change=content(reads, lines(without("response", "error"), only="one")))
mutant("batch-line-lost", "batches.each-answered-once", change=content(reads, lines(lambda line: False, only="two")))
mutant("batch-line-of-another", "batches.each-answered-once", change=content(reads, lines(setting("custom_id", "one"), only="two")))
mutant(
    "batch-error-untold",
    "batches.error-told",
    "batches.each-answered-once",
    change=content(reads, lines(lambda line: False, only="broken")),
)
mutant(
    "batch-without-error-file",
    "batches.files-named",
    "batches.all-in-one-file",
    change=completed(without("error_file_id")),
)
mutant(
    "batch-all-well-but-one-line",
    "batches.all-in-one-file",
    change=completed(all_well),
)
mutant("batch-goes-on", "batches.cancelled", change=plain(cancels, setting("status", "in_progress")))
mutant("batch-there-after-all", "batches.unknown-is-refused", change=missing_is_found(retrieves, BATCH))
mutant("batch-reply-without-object", "chat.object-shape", change=content(reads, lines(good_body(without("object")))))
mutant(
    "batch-reply-does-not-add-up",
    "usage.adds-up",
    change=content(reads, lines(good_body(lambda body: body["usage"].update(total_tokens=1)))),
)
