"""On what terms a run is judged: what the user asked for, beside the endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..catalog import Selection
from ..judging import KnownFailures
from ..model import Level


@dataclass(frozen=True, slots=True)
class RunTerms:
    """On what terms a run is judged: which requirements fail it, which part was selected, and what is known to fail.

    ``kept`` is the list whose reasons a newly written one keeps.
    """

    fail_on: Level = Level.MUST
    selection: Selection = field(default_factory=Selection)
    known: KnownFailures = field(default_factory=KnownFailures)
    kept: KnownFailures = field(default_factory=KnownFailures)
