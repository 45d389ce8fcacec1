"""Embeddings of the reference. A vector depends only on its text."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections.abc import Mapping
from typing import Any

from .language import tokens
from .refusals import Member, RefusalError

MODEL = "reference-embedding"
DIMENSIONS = 64
LIMIT = 2_048

EMBEDDING = {
    "model": Member("string", needed=True),
    "input": Member("any", needed=True),
    "encoding_format": Member("string", one_of=("float", "base64")),
    "dimensions": Member("integer", 1, DIMENSIONS),
    "user": Member("string"),
}


def embed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The reply to an embeddings request."""
    inputs = _inputs(body["input"])
    length = body.get("dimensions") or DIMENSIONS
    encode = _base64 if body.get("encoding_format") == "base64" else list
    data = [{"object": "embedding", "index": i, "embedding": encode(_vector(text, length))} for i, (text, _) in enumerate(inputs)]
    count = sum(number for _, number in inputs)
    return {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": count, "total_tokens": count}}


def _inputs(given: Any) -> list[tuple[str, int]]:
    """For each input, a text that identifies it and its number of tokens."""
    if isinstance(given, str) and given:
        return [(given, len(tokens(given)))]
    if isinstance(given, list) and 0 < len(given) <= LIMIT:
        if all(isinstance(item, str) and item for item in given):
            return [(item, len(tokens(item))) for item in given]
        if all(type(item) is int for item in given):
            return [(repr(given), len(given))]
        if all(isinstance(item, list) and item and all(type(token) is int for token in item) for item in given):
            return [(repr(item), len(item)) for item in given]
    raise RefusalError(
        400, "Invalid 'input': expected a text, texts, or arrays of token ids, none of them empty.", "invalid_value", "input"
    )


def _vector(text: str, length: int) -> list[float]:
    """A unit vector of 32-bit floats."""
    raw = [hashlib.sha256(f"{number}:{text}".encode()).digest()[0] - 127.5 for number in range(length)]
    norm = math.sqrt(sum(value * value for value in raw))
    return list(struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *(value / norm for value in raw))))


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
