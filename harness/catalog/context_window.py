"""A prompt that does not fit into a model's context window."""

from __future__ import annotations

from functools import lru_cache

from ..model import Subject, UndecidedError

TOO_LONG = "$too_long"
"""What stands for such a prompt in the data."""

BEYOND = 64
"""By how many words the prompt is longer than the window has tokens."""

_WORDS = ("tree", "river", "stone", "cloud", "bread", "light", "seven", "green")
"""No tokenizer takes two words for one token."""


def too_long(subject: Subject) -> str:
    """A prompt of more words than the context window has tokens. Raises ``UndecidedError`` if the window is not known."""
    if subject.context_window is None:
        raise UndecidedError("the model's context window is not known: --context-window names it")
    return _words(subject.context_window + BEYOND)


@lru_cache(maxsize=2)
def _words(number: int) -> str:
    """So many words."""
    return " ".join((_WORDS * (number // len(_WORDS) + 1))[:number])
