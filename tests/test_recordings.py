"""Recorded exchanges with real endpoints: no false alarm against the reference provider, and only real deviations elsewhere.

The recordings are not part of the project; without them these tests say so and skip.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.model import Outcome
from harness.recordings import Lost, read
from harness.recordings.hindsight import Alarms, by_host, false_alarms, judge_host

RECORDINGS = Path(
    os.environ.get("WIREPROOF_RECORDINGS", Path(__file__).resolve().parents[2] / "shared" / "recordings" / "exchanges.jsonl.gz")
)
REFERENCE = "api.openai.com"

NOT_FROM_THE_PROVIDER = {
    "9799847606": "the recorder's tests put another endpoint in its place",
    "d7a4745aff": "the recorder's tests put another endpoint in its place",
    "6e68831df3": "the recorder's tests put another endpoint in its place",
    "0cedce1537": "the recorder's tests put another endpoint in its place",
    "a8656a0666": "the recorder's tests put another endpoint in its place",
    "f0bed925bf": "the recorder's tests put another endpoint in its place",
    "e70acd3436": "written by hand: its id is resp_test_verbosity_simple, its status one that no endpoint gives, its sum wrong",
}
"""Records under the reference provider's host that did not come from there."""

DEVIATIONS = {
    "api.voyageai.com": {"embeddings.usage-shape": (4, "usage has total_tokens alone; prompt_tokens is required beside it")},
    "api.mistral.ai": {
        "chat.message-shape": (1, "content is an array of thinking and text parts, where a string or null is due"),
        "chat-stream.delta-shape": (1, "delta.content is an array of thinking parts, where a string or null is due"),
        "tools.call-shape": (18, "a tool call has no type, which is required and always function"),
    },
    "api.groq.com": {
        "errors.param": (1, "the error has no param, which is required, if only as null"),
        "chat-stream.one-created": (2, "created counts on with the clock during a stream of several seconds"),
    },
    "api.deepseek.com": {
        "chat-stream.usage-chunk": (1, "the usage comes in the chunk with the finish reason, not in one of its own with empty choices"),
    },
    "openrouter.ai": {
        "errors.code": (3, "the code is the integer 429, where a string or null is due"),
        "errors.param": (3, "the error has no param, which is required, if only as null"),
        "errors.type": (3, "the error has no type, which is required"),
        "chat-stream.usage-chunk": (2, "the usage comes in a chunk that still has a choice, where its choices are to be empty"),
        "tools.call-shape": (1, "a call without arguments has no arguments member, where the string {} is due"),
    },
}
"""The MUST requirements that other hosts miss: in how many exchanges, and why each is a deviation of theirs and no mistake of ours."""

COUNTS = {
    REFERENCE: 326 - len(NOT_FROM_THE_PROVIDER),
    "api.voyageai.com": 4,
    "api.mistral.ai": 33,
    "api.cerebras.ai": 5,
    "api.groq.com": 33,
    "bedrock-mantle.us-east-1.api.aws": 8,
    "api.inference.crusoecloud.com": 4,
    "api.deepseek.com": 9,
    "router.huggingface.co": 9,
    "ollama.com": 1,
    "openrouter.ai": 35,
    "api.z.ai": 5,
}
"""How many records of each host there are to judge."""


@pytest.fixture(scope="module")
def alarms(catalog: Catalog) -> dict[str, Alarms]:
    """What the requirements say of all recordings."""
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    return false_alarms(catalog, RECORDINGS, besides=NOT_FROM_THE_PROVIDER)


def test_no_must_fails_on_the_reference_provider(alarms: dict[str, Alarms]) -> None:
    assert dict(alarms[REFERENCE].musts) == {}


def test_every_record_is_judged(alarms: dict[str, Alarms]) -> None:
    assert {host: found.read for host, found in alarms.items()} == COUNTS
    assert {host: found.judged for host, found in alarms.items()} == COUNTS


def test_what_other_hosts_miss_are_their_own_deviations(alarms: dict[str, Alarms]) -> None:
    found = {host: {name: len(ids) for name, ids in seen.musts.items()} for host, seen in alarms.items() if seen.musts}
    assert found == {host: {name: count for name, (count, _) in missed.items()} for host, missed in DEVIATIONS.items()}


def test_records_from_elsewhere_are_the_ones_that_show(catalog: Catalog) -> None:
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    shown = {name for ids in false_alarms(catalog, RECORDINGS)[REFERENCE].musts.values() for name in ids}
    assert shown == set(NOT_FROM_THE_PROVIDER)


def test_general_requirements_really_judge_them(catalog: Catalog) -> None:
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    recorded = [one for exchanges in by_host([read(RECORDINGS)]).values() for one in exchanges]
    results = judge_host(catalog, "all", recorded).results
    judged = {finding.requirement for result in results for finding in result.findings if finding.outcome is Outcome.PASS}
    assert {"responses.object-shape", "responses-stream.text-joins", "responses-stream.arguments-join", "responses.usage-shape"} <= judged
    assert {"responses-stream.annotations-kept", "responses-stream.tools-go-on", "responses-stream.other-texts-join"} <= judged
    assert {"chat.object-shape", "chat-stream.ends-with-done", "chat-stream.usage-chunk", "errors.envelope", "usage.adds-up"} <= judged
    assert all(Lost.HEADERS in one.lost for one in recorded)
    rewritten = [result for one, result in zip(recorded, results, strict=True) if Lost.SPELLING in one.lost]
    assert rewritten
    assert "http.integers-plain" not in {finding.requirement for result in rewritten for finding in result.findings}
