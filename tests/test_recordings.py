"""Recorded exchanges with real endpoints: no false alarm against the reference provider.

The recordings are not part of the project; without them these tests say so and skip.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.judge import Judge
from harness.model import Exchange, Finding, Outcome, Request
from harness.plan import endpoint_of

RECORDINGS = Path(
    os.environ.get("WIREPROOF_RECORDINGS", Path(__file__).resolve().parents[2] / "shared" / "recordings" / "exchanges.jsonl.gz")
)
NOT_FROM_THE_PROVIDER = {"9799847606", "d7a4745aff", "6e68831df3", "0cedce1537", "a8656a0666", "f0bed925bf"}
WRITTEN_BY_HAND = {"e70acd3436"}
"""A record whose id is resp_test_verbosity_simple, with a status, members and a sum that no endpoint made."""


def recorded() -> Iterator[dict[str, Any]]:
    """The recordings, one by one."""
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def exchange_of(record: dict[str, Any]) -> Exchange:
    """A recording as an exchange. What the recorder did not keep (arrival times, the time of day) is left open."""
    path = "/" + record["path"].strip("/").removeprefix("openai/").removeprefix("api/").removeprefix("v1/").removeprefix("v1beta/")
    if record["method"] == "GET" and "text/event-stream" in record["headers"].get("content-type", ""):
        path += "?stream=true"  # recorders drop the query
    body = record["text"].encode() if "text" in record else json.dumps(record["json"]).encode()
    request = Request(endpoint_of(path), record["method"], path, (), json.dumps(record["request"]).encode())
    return Exchange(record["id"], request, record["status"], tuple(record["headers"].items()), body)


def findings(catalog: Catalog, *outcomes: Outcome) -> Iterator[tuple[dict[str, Any], Finding]]:
    """What the requirements say of every recording."""
    judge = Judge(catalog, {"$model": "", "$completions_model": ""})
    for record in recorded():
        for finding in judge.exchange(exchange_of(record)):
            if finding.outcome in outcomes:
                yield record, finding


def test_no_must_fails_on_the_reference_provider(catalog: Catalog) -> None:
    alarms = [
        f"{record['id']} {finding.requirement} {finding.problems[0]}"
        for record, finding in findings(catalog, Outcome.FAIL)
        if record["host"] == "api.openai.com" and record["id"] not in NOT_FROM_THE_PROVIDER | WRITTEN_BY_HAND
    ]
    assert alarms == []


def test_recordings_are_really_judged(catalog: Catalog) -> None:
    judged = {finding.requirement for _, finding in findings(catalog, Outcome.PASS)}
    assert {"responses.object-shape", "responses-stream.text-joins", "responses-stream.arguments-join", "responses.usage-shape"} <= judged
    assert {"responses-stream.annotations-kept", "responses-stream.tools-go-on", "responses-stream.other-texts-join"} <= judged
    assert {"chat.object-shape", "chat-stream.ends-with-done", "chat-stream.usage-chunk", "errors.envelope", "usage.adds-up"} <= judged
