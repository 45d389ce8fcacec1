"""The requirements, unmet first, each with its sentence, its sources and its evidence; and the form that filters them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...catalog import Catalog
from ...judging import RequirementResult, Verdict
from ...model import Level, Outcome, Source
from ..counts import counted, share
from ..explain import standing_word
from .evidence import Evidence, ShownEvidence

KNOWN = "known failure"
"""The label of a failure that the tested project accepts."""

OURS = "our own error"
"""The label of a requirement that could not be judged because of our own error."""

OUTCOMES = {
    "unmet": "anything that falls short",
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.FAIL, Outcome.WARN, Outcome.ERROR)},
    KNOWN: KNOWN,
    OURS: OURS,
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.INCONCLUSIVE, Outcome.PASS)},
    **{standing_word(outcome): standing_word(outcome) for outcome in (Outcome.NOTE, Outcome.NOT_APPLICABLE)},
}
"""The options of the outcome filter. The first selects every shortfall of the endpoint."""


LISTED = 6
"""The most shortfalls named at the top of the page."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: its parameter in the URL, its label, and each option with its text."""

    key: str
    label: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShownRequirement:
    """One requirement as shown on the page. ``seen`` has public reports, each with a short name."""

    standing: RequirementResult
    counts: str
    source: Source
    seen: Mapping[str, str]
    evidence: ShownEvidence
    is_open: bool

    @property
    def falls_short(self) -> bool:
        """Whether the endpoint does not meet it, or did not answer."""
        return is_shortfall(self.standing)

    @property
    def kind(self) -> str:
        """A label beside the outcome: an accepted failure, or a requirement hidden by our own error."""
        return KNOWN if self.falls_short and self.standing.known else OURS if self.standing.hidden_by_us else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements under one heading."""

    anchor: str
    title: str
    requirements: Sequence[ShownRequirement]


@dataclass(frozen=True, slots=True)
class Groups:
    """All requirements: those that need attention under headings by kind, and the rest by area, with the area's size."""

    first: Sequence[Group]
    areas: Sequence[tuple[Group, int]]

    @property
    def rest(self) -> int:
        """How many requirements need no attention."""
        return sum(len(group.requirements) for group, _ in self.areas)


def choices(catalog: Catalog) -> list[Choice]:
    """The filters for requirements, beside the text search."""
    return [
        Choice("level", "Level", {level.value: level.upper() for level in Level}),
        Choice("area", "Area", {area: area for area in catalog.areas}),
        Choice("outcome", "Outcome", OUTCOMES),
    ]


def is_shortfall(standing: RequirementResult) -> bool:
    """Whether the endpoint does not meet a requirement, or did not answer. Our own error is not the endpoint's shortfall."""
    return standing.unmet or (standing.outcome is Outcome.ERROR and not standing.hidden_by_us)


def shortfalls(verdict: Verdict) -> list[RequirementResult]:
    """The endpoint's shortfalls that nobody accepts: gravest first, then those that most cases show."""
    unmet = [s for s in verdict.standings if is_shortfall(s) and not s.known]
    return sorted(unmet, key=lambda s: (-s.outcome.rank, list(Level).index(s.requirement.level), -_part(s), -s.missed))


def _part(standing: RequirementResult) -> float:
    """The share of the judged cases in which a requirement is unmet."""
    return standing.missed / standing.judged if standing.judged else 1.0


def groups(catalog: Catalog, verdict: Verdict, evidence: Evidence) -> Groups:
    """Unmet requirements first, one of them open; then known failures and undecided ones; then the rest by area, folded."""
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
    missed, judged = standing.missed, standing.judged
    counts = f"not met in {share(missed, judged, 'case')}" if missed else counted(judged, "case") if judged else ""
    seen = {url: _thread(url) for url in requirement.seen}
    return ShownRequirement(standing, counts, catalog.sources[requirement.source], seen, evidence.of(standing), is_open)


def _thread(url: str) -> str:
    """A short name of a public report."""
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/(?:issues|pull|discussions)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url.removeprefix("https://")
