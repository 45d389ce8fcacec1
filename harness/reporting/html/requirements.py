"""The requirements, unmet first, each with its sentence, its sources and its evidence; and the form that filters them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...catalog import Catalog
from ...judging import RequirementResult, Verdict
from ...model import Level, Outcome, Source
from ..explain import standing_word
from .drawing import counted
from .evidence import Evidence, ShownEvidence

KNOWN = "known failure"
"""How a failure is called that the tested project accepts."""

OURS = "our own error"
"""How it is called that an error of ours kept a requirement from being judged."""

OUTCOMES = {
    "unmet": "anything that falls short",
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.FAIL, Outcome.WARN, Outcome.ERROR)},
    KNOWN: KNOWN,
    OURS: OURS,
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.INCONCLUSIVE, Outcome.PASS)},
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.NOTE, Outcome.NOT_APPLICABLE)},
}
"""What the outcome filter offers. The first stands for all that the endpoint falls short of."""


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

    @property
    def kind(self) -> str:
        """What else than its outcome says how it stands: that the tested project accepts it, or that an error of ours hid it."""
        return KNOWN if self.falls_short and self.standing.known else OURS if self.standing.hidden_by_us else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements under one heading."""

    anchor: str
    title: str
    requirements: Sequence[ShownRequirement]


@dataclass(frozen=True, slots=True)
class Groups:
    """All requirements: those that need a reader's eye, each kind under its heading, and the rest by area, with the area's size."""

    first: Sequence[Group]
    areas: Sequence[tuple[Group, int]]

    @property
    def rest(self) -> int:
        """How many requirements need nobody's eye."""
        return sum(len(group.requirements) for group, _ in self.areas)


def choices(catalog: Catalog) -> list[Choice]:
    """What the requirements can be filtered by, beside their text."""
    return [
        Choice("level", "Level", {level.value: level.upper() for level in Level}),
        Choice("area", "Area", {area: area for area in catalog.areas}),
        Choice("outcome", "Outcome", OUTCOMES),
    ]


def is_shortfall(standing: RequirementResult) -> bool:
    """Whether the endpoint falls short of a requirement, or did not answer. An error of ours is no shortfall of the endpoint."""
    return standing.unmet or (standing.outcome is Outcome.ERROR and not standing.hidden_by_us)


def shortfalls(verdict: Verdict) -> list[RequirementResult]:
    """What the endpoint falls short of, and nobody accepts: the gravest first, then what most of the cases miss."""
    unmet = [s for s in verdict.standings if is_shortfall(s) and not s.known]
    return sorted(unmet, key=lambda s: (-s.outcome.rank, list(Level).index(s.requirement.level), -share(s)))


def share(standing: RequirementResult) -> float:
    """In which part of the cases that could tell a requirement is missed."""
    return standing.missed / standing.judged if standing.judged else 1.0


def groups(catalog: Catalog, verdict: Verdict, evidence: Evidence) -> Groups:
    """The unmet ones first, one of them open; then known failures and what is undecided; then the rest, folded, by area."""
    kinds = (
        ("unmet", "What falls short", shortfalls(verdict)),
        ("known", "Known failures", [s for s in verdict.standings if is_shortfall(s) and s.known]),
        ("ours", "Kept from being judged by errors of our own", [s for s in verdict.standings if s.hidden_by_us]),
        ("undecided", "What could not be decided", [s for s in verdict.standings if s.undecided]),
    )
    first = [
        Group(name, title, [_shown(catalog, s, evidence, is_open=name == "unmet" and number == 0) for number, s in enumerate(listed)])
        for name, title, listed in kinds
        if listed
    ]
    told = {standing.requirement.id for _, _, listed in kinds for standing in listed}
    areas = []
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        rest = [_shown(catalog, s, evidence) for s in of_area if s.requirement.id not in told]
        areas.append((Group(f"area-{area}", area, rest), len(of_area)))
    return Groups(first, areas)


def _shown(catalog: Catalog, standing: RequirementResult, evidence: Evidence, *, is_open: bool = False) -> ShownRequirement:
    """One requirement: its sentence and sources, then its evidence."""
    requirement = standing.requirement
    tried = counted(standing.judged, "case")
    counts = f"missed in {standing.missed} of {tried}" if standing.missed else tried if standing.judged else ""
    seen = {url: _thread(url) for url in requirement.seen}
    return ShownRequirement(standing, counts, catalog.sources[requirement.source], seen, evidence.of(standing), is_open)


def _thread(url: str) -> str:
    """A short name of a public report."""
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/(?:issues|pull|discussions)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url.removeprefix("https://")
