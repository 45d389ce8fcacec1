"""The recorded traffic that requirements are tested on, if available: which exchanges prove nothing, and the known deviations."""

from __future__ import annotations

import os
from pathlib import Path

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
        "chat-stream.usage-only-when-asked": (1, "the last chunk has usage, which was not asked for"),
        "tools.call-shape": (18, "a tool call has no type, which is required and always function"),
    },
    "api.groq.com": {
        "errors.param": (1, "the error has no param, which is required, if only as null"),
        "chat.service-tier-known": (26, "the tier is on_demand, which the reference does not name"),
        "chat-stream.one-created": (2, "created counts on with the clock during a stream of several seconds"),
    },
    "api.deepseek.com": {
        "chat-stream.usage-chunk": (1, "the usage comes in the chunk with the finish reason, not in one of its own with empty choices"),
    },
    "router.huggingface.co": {
        "chat-stream.usage-only-when-asked": (1, "the last chunk has usage, which was not asked for"),
    },
    "openrouter.ai": {
        "chat.service-tier-known": (1, "the tier is provisioned, which the reference does not name"),
        "chat-stream.role-once": (3, "every delta has the role; the official client's stream helper joins them"),
        "errors.code": (3, "the code is the integer 429, where a string or null is due"),
        "errors.param": (3, "the error has no param, which is required, if only as null"),
        "errors.type": (3, "the error has no type, which is required"),
        "chat-stream.usage-chunk": (2, "the usage comes in a chunk that still has a choice, where its choices are to be empty"),
        "responses-stream.final-ids": (1, "the reasoning item of the finished response has another id than in the stream"),
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
