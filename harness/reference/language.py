"""The reference's language model. It counts, repeats or gives random words on request, and otherwise greets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from .state import State

IMAGE_TOKENS = 85
SURE = 0.01
"""Below this top_p only the likeliest token remains."""

GREETING = "Hello there, it is nice to meet you."
_TOKEN = re.compile(r"\s*[^\W\d_]{1,7}|\s*\d{1,3}|\s*[^\w\s]|\s+|_", re.UNICODE)
_COUNT = re.compile(r"count from (\d{1,3}) to (\d{1,3})", re.IGNORECASE)
_RANDOM = re.compile(r"random words", re.IGNORECASE)
_REPEAT = re.compile(r"repeat[^:]{0,80}: ?(.+)", re.IGNORECASE | re.DOTALL)


def tokens(text: str) -> list[str]:
    """Split a text into tokens; joined, they are the text again."""
    return _TOKEN.findall(text)


def speak(prompt: str, body: Mapping[str, Any], state: State) -> str:
    """The model's answer to a prompt. Random words depend on the request's seed and temperature."""
    if _RANDOM.search(prompt):
        return _at_random(body, state)
    if match := _REPEAT.search(prompt):
        return match[1]
    if match := _COUNT.search(prompt):
        return " ".join(str(number) for number in range(int(match[1]), int(match[2]) + 1))
    return GREETING


def shorten(text: str, limit: int | None, stops: list[str]) -> tuple[list[str], str]:
    """Apply a token limit and stop sequences: the tokens that remain, and the finish reason, ``stop`` or ``length``.

    The text ends just before a stop sequence, even in the middle of a token.
    """
    cut = min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))
    made = tokens(text[:cut])
    # A cut at a stop sequence costs no more tokens than the uncut text had.
    if limit is not None and len(made) > limit:
        return made[:limit], "length"
    return made, "stop"


def _at_random(body: Mapping[str, Any], state: State) -> str:
    """Ten words. The same seed gives the same words; temperature 0 or a tiny top_p always gives the same words."""
    seed = body.get("seed") if body.get("seed") is not None else state.digits()
    likeliest = body.get("temperature") == 0 or 0 <= (1 if body.get("top_p") is None else body["top_p"]) < SURE
    luck = hashlib.sha256(b"" if likeliest else str(seed).encode()).digest()
    return " ".join(WORDS[byte % len(WORDS)] for byte in luck[:10])


WORDS = ("apple", "river", "stone", "cloud", "lamp", "horse", "paper", "glass", "music", "garden", "snow", "bridge", "copper")
