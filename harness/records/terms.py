"""The user's terms for judging a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..catalog import Selection
from ..judging import KnownFailures
from ..model import Level


@dataclass(frozen=True, slots=True)
class RunTerms:
    """The terms of a run: the level that fails it, the selected part of the suite, and the known failures.

    ``kept`` is the list from which a newly written one takes its reasons.
    """

    fail_on: Level = Level.MUST
    selection: Selection = field(default_factory=Selection)
    known: KnownFailures = field(default_factory=KnownFailures)
    kept: KnownFailures = field(default_factory=KnownFailures)
