"""Generated requests for embeddings: the kept examples, and with --examples fresh ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Case, Property

ENDPOINT = "embeddings"


def test_embeddings_example(case: Case, judged: Callable[[Case], None]) -> None:
    """Each kept example ends as its findings ask."""
    judged(case)


def test_embeddings_property(prop: Property, explored: Callable[[Property], None]) -> None:
    """Each property holds for every example that is drawn of it."""
    explored(prop)
