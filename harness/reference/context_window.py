"""The context window of the reference's models."""

from __future__ import annotations

from .refusals import RefusalError

WINDOW = 8_192
"""The tokens of a prompt and its reply. The longest prompts of our cases are a quarter of it."""


def check_window(spent: int, member: str) -> None:
    """Refuse a prompt that is longer than the context window."""
    if spent > WINDOW:
        told = f"This model's maximum context length is {WINDOW} tokens. However, your {member} resulted in {spent} tokens."
        raise RefusalError(400, told, "context_length_exceeded", member)
