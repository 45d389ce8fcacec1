"""The data types of a recording: its exchanges, their places in the file, and what the recorder dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from ..model import Exchange, RunRecord
from .run_record import RecordError

UNKNOWN = (
    "is not a recording in a known format: a run.jsonl, exchanges as JSON Lines (spec/schemas/files/recording.json), HAR, or a VCR cassette"
)
NO_TEXT = f"is not text in UTF-8 (byte {{}}) and not gzip; {UNKNOWN.removeprefix('is ')}"


class UnreadableError(RecordError):
    """A file cannot be judged; the text is one sentence: where, what is wrong, and what to do."""


class Lost(StrEnum):
    """What a recorder dropped and what therefore cannot be judged."""

    HEADERS = "some headers of the reply"
    SPELLING = "the spelling of the JSON"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange read from a file. ``place`` is its line or position; ``base_url`` ends before the endpoint's path."""

    exchange: Exchange
    base_url: str
    place: str
    lost: frozenset[Lost] = frozenset()

    @property
    def host(self) -> str:
        """The host, with its port if the URL has one."""
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that is read as its exchanges are asked for. ``left_out`` counts those so far that cannot be judged, by reason."""

    path: Path
    exchanges: Iterator[Recorded] = field(default_factory=lambda: iter(()))
    left_out: Counter[str] = field(default_factory=Counter)
    run: RunRecord | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """The content of one file: one of our runs, or exchanges. ``left_out`` counts exchanges that cannot be judged, by reason."""

    path: Path
    exchanges: Sequence[Recorded] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    run: RunRecord | None = None
