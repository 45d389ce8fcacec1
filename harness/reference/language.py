"""The reference's language model: it counts, repeats what it is told to repeat, and greets otherwise."""

from __future__ import annotations

import re

GREETING = "Hello there, it is nice to meet you."
_TOKEN = re.compile(r"\s*[^\W\d_]{1,7}|\s*\d{1,3}|\s*[^\w\s]|\s+|_", re.UNICODE)
_COUNT = re.compile(r"count from (\d{1,3}) to (\d{1,3})", re.IGNORECASE)
_REPEAT = re.compile(r"repeat[^:]{0,80}: ?(.+)", re.IGNORECASE | re.DOTALL)


def tokens(text: str) -> list[str]:
    """A text as tokens; joined they are the text again."""
    return _TOKEN.findall(text)


def speak(prompt: str) -> str:
    """What the model says to a prompt."""
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
