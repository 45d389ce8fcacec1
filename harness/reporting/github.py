"""A run as the workflow commands of GitHub Actions: one line for each requirement that fails it."""

from __future__ import annotations

from collections.abc import Iterator

from ..judging import Verdict
from .explain import headline
from .safe_text import in_workflow_command

LIMIT = 10
"""GitHub shows so many annotations of a kind for a step."""


def errors(verdict: Verdict) -> Iterator[str]:
    """The lines: errors for what fails the run, and for what has to go from the list of known failures."""
    lines = [(s.requirement.id, headline(next(f for f in s.findings if f.outcome is s.outcome))) for s in verdict.failing]
    lines += [("known failures", text) for text in verdict.stale]
    for position, (title, text) in enumerate(lines):
        if position == LIMIT - 1 and len(lines) > LIMIT:
            yield f"::error title=Wireproof::{len(lines) - position} more: see the report"
            return
        yield f"::error title=Wireproof%3A {in_workflow_command(title)}::{in_workflow_command(text)}"
