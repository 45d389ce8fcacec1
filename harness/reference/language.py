"""The reference's language model: it counts, repeats what it is told to repeat, and greets otherwise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from .state import State

IMAGE_TOKENS = 85
SURE = 0.01
"""Below this top_p only the likeliest token is left."""

GREETING = "Hello there, it is nice to meet you."
_TOKEN = re.compile(r"\s*[^\W\d_]{1,7}|\s*\d{1,3}|\s*[^\w\s]|\s+|_", re.UNICODE)
_COUNT = re.compile(r"count from (\d{1,3}) to (\d{1,3})", re.IGNORECASE)
_RANDOM = re.compile(r"random words", re.IGNORECASE)
_REPEAT = re.compile(r"repeat[^:]{0,80}: ?(.+)", re.IGNORECASE | re.DOTALL)


def tokens(text: str) -> list[str]:
    """A text as tokens; joined they are the text again."""
    return _TOKEN.findall(text)


def speak(prompt: str, body: Mapping[str, Any], state: State) -> str:
    """What the model says to a prompt; where it is to be random, that depends on the seed and the temperature of the request."""
    if _RANDOM.search(prompt):
        return _at_random(body, state)
    if match := _REPEAT.search(prompt):
        return match[1]
    if match := _COUNT.search(prompt):
        return " ".join(str(number) for number in range(int(match[1]), int(match[2]) + 1))
    return GREETING


def shorten(text: str, limit: int | None, stops: list[str]) -> tuple[list[str], str]:
    """The tokens that come out under a token limit and stop sequences, and why they end: ``stop`` or ``length``.

    A stop sequence ends the text before it, wherever the tokens lie.
    """
    cut = min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))
    made = tokens(text[:cut])
    # A cut at a stop sequence costs no more tokens than the uncut text had.
    if limit is not None and len(made) > limit:
        return made[:limit], "length"
    return made, "stop"


def _at_random(body: Mapping[str, Any], state: State) -> str:
    """Ten words: the same for the same seed, and always the same at temperature 0 or a tiny top_p."""
    seed = body.get("seed") if body.get("seed") is not None else state.digits()
    likeliest = body.get("temperature") == 0 or 0 <= (1 if body.get("top_p") is None else body["top_p"]) < SURE
    luck = hashlib.sha256(b"" if likeliest else str(seed).encode()).digest()
    return " ".join(WORDS[byte % len(WORDS)] for byte in luck[:10])


WORDS = ("apple", "river", "stone", "cloud", "lamp", "horse", "paper", "glass", "music", "garden", "snow", "bridge", "copper")
