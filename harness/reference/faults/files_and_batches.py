"""Faults of files and batches."""

from __future__ import annotations

import json
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import Where, plain, setting
from .fault import fault
from .where import BREAKS, WRONG, failing


def files(asked: ServerRequest) -> bool:
    """Whether it uploads, lists or retrieves files, but does not read one."""
    return asked.path.startswith("/files") and not asked.path.endswith("/content")


def uploads(asked: ServerRequest) -> bool:
    """Whether it uploads a file."""
    return asked.method == "POST" and asked.path == "/files"


def batches(method: str) -> Where:
    """Select what concerns batches."""
    return lambda asked: asked.method == method and asked.path.startswith("/batches")


def each_file(change: Any) -> Any:
    """Change each file of a reply."""

    def apply(body: Any) -> None:
        for one in body.get("data", [body]):
            if one.get("object") == "file" and "bytes" in one:
                change(one)

    return apply


def uncounted(body: Any) -> None:
    """Forget how many requests there were."""
    if body.get("status") == "completed":
        body["request_counts"] = {"total": 0, "completed": 0, "failed": 0}


def deaf_list(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Serve no list of files."""
    if asked.method == "GET" and asked.path == "/files":
        return ServerReply(
            405, {**reply.headers, "content-type": "application/json"}, json.dumps({"detail": "Method Not Allowed"}).encode()
        )
    return reply


fault(
    "A013",
    "litellm-file-has-another-name",
    "A file that was uploaded has the name modified_file.jsonl.",
    server="LiteLLM proxy",
    seen="BerriAI/litellm/pull/39836",
    severity=WRONG,
    change=plain(files, each_file(setting("filename", "modified_file.jsonl"))),
)
fault(
    "A014",
    "hal-9100-file-size-is-wrong",
    "The size of a file is thousands of times too large.",
    server="hal-9100",
    seen="llm-edge/hal-9100/issues/102",
    severity=WRONG,
    change=plain(files, each_file(lambda one: one.update(bytes=(one["bytes"] + 1) * 10_000))),
)
fault(
    "A015",
    "aibrix-files-are-not-listed",
    "Files can be uploaded, but the list of files is refused with 405.",
    server="AIBrix",
    seen="vllm-project/aibrix/issues/1651",
    severity=BREAKS,
    change=deaf_list,
)
fault(
    "A016",
    "litellm-batch-without-a-member-is-a-500",
    "A batch that lacks a required member ends in a 500.",
    server="LiteLLM proxy",
    seen="BerriAI/litellm/pull/37199",
    severity=BREAKS,
    change=failing(
        batches("POST"),
        500,
        {
            "error": {
                "message": "acreate_batch() missing 1 required positional argument: 'input_file_id'",
                "type": "internal_server_error",
                "param": None,
                "code": "500",
            }
        },
    ),
)
fault(
    "A017",
    "litellm-completed-batch-counts-nothing",
    "The counts of a completed batch are all zero.",
    server="LiteLLM proxy (Bedrock)",
    seen="BerriAI/litellm/pull/38744",
    severity=WRONG,
    change=plain(batches("GET"), uncounted),
)
