"""Batches of the reference: requests in a file, answered a little later, their replies in files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import files
from .exchange import ServerReply, encode
from .lists import page
from .refusals import RefusalError
from .state import State
from .store import StoredBatch

ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/moderations")
STAGES = ("in_progress", "completed")
"""The states that a batch has when it is asked for, one after the other."""

DAY = 24 * 3_600

Play = Callable[[str, dict[str, Any]], ServerReply]
"""Answers one request of a batch, by the path below the base URL and its body."""


def create(body: dict[str, Any], state: State) -> ServerReply:
    """Begin a batch."""
    for name in ("input_file_id", "endpoint", "completion_window"):
        if body.get(name) is None:
            raise RefusalError(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    if body["endpoint"] not in ENDPOINTS:
        raise RefusalError(400, f"Invalid value for 'endpoint': expected one of {', '.join(ENDPOINTS)}.", "invalid_value", "endpoint")
    if body["completion_window"] != "24h":
        raise RefusalError(400, "Invalid value for 'completion_window': expected 24h.", "invalid_value", "completion_window")
    if body["input_file_id"] not in state.store.files:
        raise RefusalError(400, f"No such File object: {body['input_file_id']}", "invalid_value", "input_file_id")
    given = files.stored(body["input_file_id"], state)
    if given.file["purpose"] != "batch":
        raise RefusalError(400, "The input file's purpose has to be batch.", "invalid_value", "input_file_id")
    batch: dict[str, Any] = {
        "id": state.new_id("batch_"),
        "object": "batch",
        "endpoint": body["endpoint"],
        "input_file_id": body["input_file_id"],
        "completion_window": "24h",
        "status": "validating",
        "created_at": state.time,
        "expires_at": state.time + DAY,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": body.get("metadata"),
    }
    state.store.batches.keep(batch["id"], StoredBatch(batch, given.content, list(STAGES)))
    return ServerReply(body=dict(batch))


def retrieve(identity: str, state: State, play: Play) -> ServerReply:
    """Return a batch. It has gone on since it was last asked for."""
    kept = _stored(identity, state)
    if kept.stages and kept.batch["status"] not in ("cancelled", "failed"):
        _advance(kept, kept.stages.pop(0), state, play)
    return ServerReply(body=dict(kept.batch))


def listed(query: str, state: State) -> ServerReply:
    """List batches, latest first."""
    return page([dict(kept.batch) for kept in state.store.batches.values()], query, newest_first=True, most=100)


def cancel(identity: str, state: State) -> ServerReply:
    """Cancel a batch that has not ended."""
    kept = _stored(identity, state)
    if kept.batch["status"] in ("completed", "failed", "cancelled"):
        raise RefusalError(409, f"The batch is {kept.batch['status']}.", "invalid_state")
    kept.batch.update(status="cancelling", cancelling_at=state.time)
    kept.stages = ["cancelled"]
    return ServerReply(body=dict(kept.batch))


def _stored(identity: str, state: State) -> StoredBatch:
    if identity not in state.store.batches:
        raise RefusalError(404, f"No batch found with id '{identity}'.")
    return state.store.batches[identity]


def _advance(kept: StoredBatch, stage: str, state: State, play: Play) -> None:
    """Put a batch into its next state."""
    lines = [line for line in kept.content.split(b"\n") if line.strip()]
    kept.batch.update({"status": stage, f"{stage}_at": state.time})
    if stage == "in_progress":
        broken = next((number for number, line in enumerate(lines, start=1) if not _is_request(line)), None)
        if broken is not None:
            error = {"code": "invalid_json_line", "message": "This line is not a request in JSON.", "param": None, "line": broken}
            kept.batch.update(status="failed", failed_at=state.time, errors={"object": "list", "data": [error]})
            return
        kept.batch["request_counts"] = {"total": len(lines), "completed": 0, "failed": 0}
    if stage == "completed":
        _finish(kept.batch, [json.loads(line) for line in lines], state, play)


def _finish(batch: dict[str, Any], requests: list[dict[str, Any]], state: State, play: Play) -> None:
    """Answer the requests, and store the replies and the refusals in a file each."""
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for request in requests:
        try:
            reply = play(batch["endpoint"].removeprefix("/v1"), request["body"])
        except RefusalError as refusal:
            reply = ServerReply(refusal.status, body=refusal.body)
        answered = {"status_code": reply.status, "request_id": state.new_id("req_"), "body": reply.body}
        line = {"id": state.new_id("batch_req_"), "custom_id": request["custom_id"], "response": answered, "error": None}
        (good if reply.status == 200 else bad).append(line)
    for name, lines in (("output", good), ("error", bad)):
        if lines:
            written = b"".join(encode(line) + b"\n" for line in lines)
            batch[f"{name}_file_id"] = files.keep(f"{batch['id']}_{name}.jsonl", "batch_output", written, state)["id"]
    batch["request_counts"] = {"total": len(requests), "completed": len(good), "failed": len(bad)}


def _is_request(line: bytes) -> bool:
    """Whether a line of the input is a request."""
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("custom_id"), str) and isinstance(value.get("body"), dict)
