"""The words that all nouns are made of: levels, outcomes, places, and what JSON is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A JSON value that came over the wire: anything at all, to be narrowed before it is used."""

Data: TypeAlias = Any
"""JSON of our own: read from ``spec/``, a record or a driver, and checked by its schema before it is used."""

Ground: TypeAlias = Literal["contract", "prose", "client"]
"""What a requirement stands on: the machine-readable contract, a sentence of the reference, or what an official client needs."""

Wants: TypeAlias = Literal["success", "refusal", "either"]
"""What a request deserves: a valid one success, a broken one refusal; ``either`` where both are documented."""


class Level(StrEnum):
    """How strongly the source asks for something."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Outcome(StrEnum):
    """What one requirement came to in one case. Compare ``rank``, not the members: they are strings."""

    PASS = "pass"
    NOTE = "note"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Position from harmless to grave."""
        return _RANKS[self]


class Blame(StrEnum):
    """Whose fault it is that an error kept something from being judged: ours, or that of the endpoint."""

    OURS = "ours"
    THEIRS = "theirs"


_RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}

JUDGED = frozenset({Outcome.PASS, Outcome.NOTE, Outcome.WARN, Outcome.FAIL})
"""Outcomes that say something about the endpoint."""


class UndecidedError(Exception):
    """Raised by a check when the exchange does not show what the check needs, with the reason as its text."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared: a file below ``spec/`` and a line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
