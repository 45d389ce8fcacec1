"""Basic types of the data model: levels, outcomes, places and JSON values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A JSON value that came over the wire. It can be anything, so narrow its type before you use it."""

Data: TypeAlias = Any
"""JSON of our own, from ``spec/``, a record or a driver. Its schema is checked before it is used."""

Ground: TypeAlias = Literal["contract", "prose", "client"]
"""What justifies a requirement: the machine-readable contract, a sentence of the reference, or the needs of an official client."""

Wants: TypeAlias = Literal["success", "refusal", "either"]
"""The reply a request should get: success if it is valid, refusal if it is invalid, ``either`` where both are documented."""


class Level(StrEnum):
    """How strongly the source requires something."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Outcome(StrEnum):
    """The outcome of one requirement in one case. Compare ``rank``, not the members: they are strings."""

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
        """The severity: a larger rank is worse."""
        return _RANKS[self]


class Blame(StrEnum):
    """Who caused an error that prevented judging: we, or the endpoint."""

    OURS = "ours"
    THEIRS = "theirs"


_RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}

JUDGED = frozenset({Outcome.PASS, Outcome.NOTE, Outcome.WARN, Outcome.FAIL})
"""Outcomes that say something about the endpoint."""


class UndecidedError(Exception):
    """Raised by a check when the exchange lacks what the check needs. The text is the reason."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared: a file below ``spec/`` and a line number, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
