"""The nouns of a recording: exchanges that somebody kept, where they stand, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from ..model import Exchange, RunRecord
from .run_record import RecordError


class UnreadableError(RecordError):
    """A file that cannot be judged; the text is one sentence: where, what is wrong, and what to do."""


class Lost(StrEnum):
    """What a recorder did not keep, so that nobody can judge it."""

    HEADERS = "some headers of the reply"
    SPELLING = "the spelling of the JSON"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange as it was found in a file. ``place`` is its line, or its position; ``base_url`` ends before the endpoint's path."""

    exchange: Exchange
    base_url: str
    place: str
    lost: frozenset[Lost] = frozenset()

    @property
    def host(self) -> str:
        """The host, with its port where one is told."""
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class Recording:
    """What one file holds: a whole run of ours, or exchanges. ``left_out`` counts what cannot be judged, by reason."""

    path: Path
    exchanges: Sequence[Recorded] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    run: RunRecord | None = None
