"""The requirements, unmet first, each with its sentence, its sources and its evidence; and the form that filters them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...catalog import Catalog
from ...judging import RequirementResult, Verdict
from ...model import Level, Outcome, Source
from ..explain import standing_word
from .drawing import counted
from .evidence import Evidence, ShownEvidence

OUTCOMES = {
    "unmet": "anything that falls short",
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.FAIL, Outcome.WARN, Outcome.ERROR)},
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.INCONCLUSIVE, Outcome.PASS)},
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.NOTE, Outcome.NOT_APPLICABLE)},
}
"""What the outcome filter offers. The first stands for all that the endpoint falls short of."""


OPENED = 5
"""So many of the gravest shortfalls are unfolded from the start; more would bury each other."""

LISTED = 6
"""So many shortfalls are named at the head of the page."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the filters: the member of the address that keeps it, its label, and each option with what is shown for it."""

    key: str
    label: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShownRequirement:
    """One requirement as it stands on the page. ``seen`` has public reports, each with a short name."""

    standing: RequirementResult
    counts: str
    source: Source
    seen: Mapping[str, str]
    evidence: ShownEvidence
    is_open: bool

    @property
    def falls_short(self) -> bool:
        """Whether the endpoint falls short of it, or did not answer."""
        return is_shortfall(self.standing)


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements under one heading; ``count`` is what is said of their number."""

    anchor: str
    title: str
    count: str
    requirements: Sequence[ShownRequirement]


def choices(catalog: Catalog) -> list[Choice]:
    """What the requirements can be filtered by, beside their text."""
    return [
        Choice("level", "Level", {level.value: level.upper() for level in Level}),
        Choice("area", "Area", {area: area for area in catalog.areas}),
        Choice("outcome", "Outcome", OUTCOMES),
    ]


def is_shortfall(standing: RequirementResult) -> bool:
    """Whether the endpoint falls short of a requirement, or did not answer."""
    return standing.unmet or standing.outcome is Outcome.ERROR


def shortfalls(verdict: Verdict) -> list[RequirementResult]:
    """What the endpoint falls short of, gravest first, and known failures last."""
    unmet = [s for s in verdict.standings if is_shortfall(s)]
    return sorted(unmet, key=lambda s: (bool(s.known), -s.outcome.rank, list(Level).index(s.requirement.level)))


def groups(catalog: Catalog, verdict: Verdict, evidence: Evidence) -> Iterator[Group]:
    """The unmet ones first, open; then what is undecided; then the rest, folded, by area."""
    unmet = shortfalls(verdict)
    undecided = [s for s in verdict.standings if s.undecided]
    for name, title, listed in (("unmet", "What falls short", unmet), ("undecided", "What could not be decided", undecided)):
        if listed:
            shown = [_shown(catalog, s, evidence, is_open=_is_grave(s) and number < OPENED) for number, s in enumerate(listed)]
            yield Group(name, title, f"{len(listed)}", shown)
    told = {s.requirement.id for s in (*unmet, *undecided)}
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        rest = [_shown(catalog, s, evidence) for s in of_area if s.requirement.id not in told]
        count = f"{len(rest)} of {len(of_area)}" if len(rest) < len(of_area) else f"{len(of_area)}"
        yield Group(f"area-{area}", area, count, rest)


def _is_grave(standing: RequirementResult) -> bool:
    return standing.outcome in (Outcome.FAIL, Outcome.ERROR) and not standing.known


def _shown(catalog: Catalog, standing: RequirementResult, evidence: Evidence, *, is_open: bool = False) -> ShownRequirement:
    """One requirement: its sentence and sources, then its evidence."""
    requirement = standing.requirement
    tried = counted(standing.judged, "case")
    known = "known failure, " if standing.known else ""
    counts = f"{known}missed in {standing.missed} of {tried}" if standing.missed else tried if standing.judged else ""
    seen = {url: _thread(url) for url in requirement.seen}
    return ShownRequirement(standing, counts, catalog.sources[requirement.source], seen, evidence.of(standing), is_open)


def _thread(url: str) -> str:
    """A short name of a public report."""
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/(?:issues|pull|discussions)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url.removeprefix("https://")
