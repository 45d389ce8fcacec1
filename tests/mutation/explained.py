"""Survivors that are not gaps. The kind of each class is checked, so that the file cannot excuse real gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.mutation.run import UNDECIDED, Played
from tests.mutation.severity import COSMETIC
from tests.mutation.traits import ANOTHER_ID, FEWER, NO_BYTES, NO_TEXT_YET, OPTIONAL, UNCHECKED_COUNT

FILE = Path(__file__).with_suffix(".yaml")


UNNOTICED = ("same-after-decoding", "legal-variant")
"""Kinds that hold only of what an official client's user does not notice."""

TOLD = (OPTIONAL, ANOTHER_ID, UNCHECKED_COUNT, FEWER, NO_BYTES, NO_TEXT_YET)
"""Kinds that hold only where they are true of every exchange that comes out changed: see ``traits``."""

KINDS = (*UNNOTICED, *TOLD, "invisible-alone", "run-says-so")
"""``invisible-alone`` names the requests that would show it; ``run-says-so`` holds only of what the run itself calls undecided."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A class of survivors: what they have in common, as patterns of the whole text, and of which kind they are.

    ``pair`` are the cases whose requests, played together, would show what is invisible in one exchange.
    """

    kind: str
    why: str
    pair: tuple[str, ...]
    operator: re.Pattern[str]
    place: re.Pattern[str]
    condition: re.Pattern[str]
    endpoint: re.Pattern[str]

    def covers(self, one: Played) -> bool:
        """Whether a mutation is of this class, and of its kind: what a user notices is no variant, whatever the file says."""
        return self._holds_of(one) and all(
            pattern.fullmatch(text)
            for pattern, text in (
                (self.operator, one.operator),
                (self.place, one.place),
                (self.condition, one.condition),
                (self.endpoint, one.endpoint),
            )
        )

    def _holds_of(self, one: Played) -> bool:
        """Whether a mutation is of the kind, as far as a machine can tell."""
        if self.kind in TOLD:
            return self.kind in one.traits
        if self.kind == "run-says-so":
            return one.found == UNDECIDED
        return self.kind not in UNNOTICED or one.severity == COSMETIC


class Explained:
    """The explanations of survivors."""

    def __init__(self, entries: Sequence[Explanation]) -> None:
        self.entries = tuple(entries)
        self._kinds: dict[str, str | None] = {}

    @classmethod
    def read(cls, file: Path = FILE) -> Explained:
        """Those of the file."""
        return cls([_entry(one) for one in yaml.safe_load(file.read_text(encoding="utf-8"))["survivors"]])

    def kind(self, one: Played) -> str | None:
        """Of which kind a survivor is; ``None`` where it was found, or nothing explains it."""
        if one.found not in ("not found", "undecided"):
            return None
        if one.id not in self._kinds:
            self._kinds[one.id] = next((entry.kind for entry in self.entries if entry.covers(one)), None)
        return self._kinds[one.id]

    def stale(self, played: Iterable[Played]) -> list[str]:
        """The entries that no survivor needs."""
        survivors = [one for one in played if one.found in ("not found", "undecided")]
        unused = [entry for entry in self.entries if not any(entry.covers(one) for one in survivors)]
        return [f"stale: no survivor is {entry.operator.pattern} at {entry.place.pattern} ({entry.kind})" for entry in unused]


def _entry(given: Mapping[str, Any]) -> Explanation:
    """One entry of the file."""
    patterns = {name: re.compile(given.get(name, ".*")) for name in ("operator", "place", "condition", "endpoint")}
    if given["kind"] not in KINDS:
        raise ValueError(f"{given['kind']!r} is no kind of explanation; there are: {', '.join(KINDS)}")
    pair = tuple(given.get("pair", ()))
    if (given["kind"] == "invisible-alone") != (len(pair) == 2):
        raise ValueError(f"{given['why']!r}: what is invisible alone names a pair of cases, and nothing else does")
    return Explanation(given["kind"], given["why"], pair, **patterns)
