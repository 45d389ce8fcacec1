"""Findings to one verdict: what each requirement came to, and what that means for the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from .catalog import Catalog
from .model import JUDGED, CaseResult, Finding, Level, Outcome, Requirement


class Exit(IntEnum):
    """Exit codes. Those up to 5 are pytest's own, with their meaning kept."""

    CONFORMS = 0
    UNMET = 1
    INTERRUPTED = 2
    OUR_FAULT = 3
    NOT_JUDGEABLE = 4
    NOTHING_JUDGED = 5
    INCOMPLETE = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """What one requirement came to over all cases. ``judged`` counts the cases that decided, ``missed`` those it failed in."""

    requirement: Requirement
    outcome: Outcome
    judged: int
    missed: int
    findings: tuple[Finding, ...]
    reason: str = ""

    @property
    def unmet(self) -> bool:
        """Whether the endpoint falls short of it."""
        return self.outcome in (Outcome.FAIL, Outcome.WARN)

    @property
    def undecided(self) -> bool:
        """Whether it had to be judged and was not."""
        return self.outcome is Outcome.INCONCLUSIVE

    @property
    def met(self) -> bool:
        """Whether it was judged and met. What may be done either way is always met."""
        return self.outcome in (Outcome.PASS, Outcome.NOTE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sum of a run. ``sentence`` is its headline; ``code`` the exit code."""

    sentence: str
    code: Exit
    standings: tuple[Standing, ...]
    absent: Mapping[str, str]

    def of_area(self, area: str, level: Level) -> list[Standing]:
        """The standings of one cell of the matrix."""
        return [s for s in self.standings if s.requirement.area == area and s.requirement.level is level]


def standings(catalog: Catalog, results: Iterable[CaseResult], absent: Mapping[str, str], *, partial: bool = False) -> tuple[Standing, ...]:
    """What each requirement came to, in the catalog's order; the untestable ones are left out.

    In a partial run, what no case tried was not asked for.
    """
    found: dict[str, list[Finding]] = {}
    for result in results:
        for finding in result.findings:
            found.setdefault(finding.requirement, []).append(finding)
    testable = [r for r in catalog.requirements.values() if r.untestable is None]
    return tuple(_standing(requirement, found.get(requirement.id, []), absent, partial=partial) for requirement in testable)


def _standing(requirement: Requirement, findings: list[Finding], absent: Mapping[str, str], *, partial: bool) -> Standing:
    """What one requirement came to. What was judged outweighs what was not; an error outweighs a pass."""
    judged = [finding for finding in findings if finding.outcome in JUDGED]
    errors = [finding for finding in findings if finding.outcome is Outcome.ERROR]
    missed = [finding for finding in judged if finding.problems]
    if judged or errors:
        worst = max((*judged, *errors), key=lambda finding: finding.outcome.rank)
        return Standing(requirement, worst.outcome, len(judged), len(missed), tuple(findings), worst.reason)
    if requirement.feature in absent:
        return Standing(requirement, Outcome.NOT_APPLICABLE, 0, 0, tuple(findings), f"not offered: {absent[requirement.feature]}")
    if not findings and (requirement.occasional or partial):
        reason = requirement.occasional or "not tried in this part of the suite"
        return Standing(requirement, Outcome.NOT_APPLICABLE, 0, 0, (), reason)
    reasons = dict.fromkeys(finding.reason for finding in findings if finding.reason)
    if requirement.occasional and all(finding.outcome is Outcome.NOT_APPLICABLE for finding in findings):
        return Standing(requirement, Outcome.NOT_APPLICABLE, 0, 0, tuple(findings), "; ".join(reasons))
    return Standing(requirement, Outcome.INCONCLUSIVE, 0, 0, tuple(findings), "; ".join(reasons) or "no exchange showed it")


def reach(
    catalog: Catalog,
    results: Iterable[CaseResult],
    absent: Mapping[str, str],
    *,
    fail_on: Level = Level.MUST,
    partial: str = "",
    interrupted: bool = False,
) -> Verdict:
    """The verdict of a run. ``partial`` says what part of the suite was selected; what was not selected cannot be undecided."""
    found = standings(catalog, results, absent, partial=bool(partial) or interrupted)
    counted = [s for s in found if s.requirement.level is Level.MUST or (fail_on is Level.SHOULD and s.requirement.level is Level.SHOULD)]
    unmet = [s for s in counted if s.unmet]
    errors = [finding for s in found for finding in s.findings if finding.outcome is Outcome.ERROR]
    ours = [finding for finding in errors if "our own" in finding.reason]
    undecided = [] if partial else [s for s in counted if s.undecided]
    scope = f"in this part of the suite ({partial}) " if partial else ""
    if ours:
        sentence, code = f"no verdict: {_count(len(ours), 'request')} of ours failed by our own fault", Exit.OUR_FAULT
    elif unmet:
        sentence, code = f"not conformant: {scope}{_levels(unmet)} not met", Exit.UNMET
    elif interrupted:
        sentence, code = "incomplete: the run was interrupted", Exit.INTERRUPTED
    elif errors:
        sentence, code = f"incomplete: the endpoint gave no answer in {_count(len(errors), 'case')}", Exit.INCOMPLETE
    elif not any(s.judged for s in found):
        sentence, code = "nothing was judged", Exit.NOTHING_JUDGED
    elif undecided:
        sentence, code = f"incomplete: {_levels(undecided)} not decided", Exit.INCOMPLETE
    else:
        sentence, code = f"conforms: {scope}every {_wanted(fail_on)} requirement that was judged is met", Exit.CONFORMS
    if interrupted:
        code = Exit.INTERRUPTED
        if unmet:
            sentence += "; the run was interrupted"
    return Verdict(sentence, code, found, absent)


def _wanted(fail_on: Level) -> str:
    return "MUST and SHOULD" if fail_on is Level.SHOULD else "MUST"


def _levels(standings: list[Standing]) -> str:
    """A count of requirements by level, with its verb: ``2 MUST requirements are``."""
    parts = []
    for level in (Level.MUST, Level.SHOULD):
        number = sum(s.requirement.level is level for s in standings)
        if number:
            parts.append(f"{number} {level.upper()}")
    return f"{' and '.join(parts)} requirement{'s are' if len(standings) > 1 else ' is'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
