"""The reference, broken on purpose: each mutant with the requirements that it breaks, exactly.

A mutant changes what is asked before the reference answers, or what it answered before that goes out; how is in
``harness/reference/faults/changing.py``, as the faults that the reference can be served with are made in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.reference.faults.fault import Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant(Wrong):
    """A way to be wrong. ``breaks`` are the MUST and SHOULD requirements that it breaks, and may name MAY ones too."""

    breaks: frozenset[str]


MUTANTS: list[Mutant] = []


def mutant(name: str, *breaks: str, **how: Any) -> None:
    """Add a mutant."""
    MUTANTS.append(Mutant(name=name, breaks=frozenset(breaks), **how))
