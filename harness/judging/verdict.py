"""Findings to one verdict: what each requirement came to, and what that means for the run."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from ..catalog import Catalog
from ..model import JUDGED, CaseResult, Exchange, Finding, Level, Outcome, Requirement
from .known_failures import FAILING, Accept, KnownFailure, KnownFailures
from .rate_limited import RateLimited, rate_limited

NOT_TRIED = "not tried in this part of the suite"


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
class RequirementResult:
    """What one requirement came to over all cases. ``judged`` counts the cases that decided, ``missed`` those it failed in."""

    requirement: Requirement
    outcome: Outcome
    judged: int
    missed: int
    findings: tuple[Finding, ...]
    reason: str = ""
    known: str = ""
    """Why the tested project accepts all its failures, if it does."""

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
    """The sum of a run. ``sentence`` is its headline; ``code`` the exit code; ``stale`` what has to go from the list of known failures."""

    sentence: str
    code: Exit
    standings: tuple[RequirementResult, ...]
    absent: Mapping[str, str]
    stale: tuple[str, ...] = ()
    failing: tuple[RequirementResult, ...] = ()
    """The requirements that fail the run."""
    limited: RateLimited = field(default_factory=RateLimited)
    """What the endpoint put off."""

    @property
    def besides(self) -> dict[str, str]:
        """Features that are not offered and have no requirement of their own, with the reason: no requirement tells of them."""
        own = {s.requirement.feature for s in self.standings}
        return {name: reason for name, reason in self.absent.items() if name not in own}

    def of_area(self, area: str, level: Level) -> list[RequirementResult]:
        """The standings of one cell of the matrix."""
        return [s for s in self.standings if s.requirement.area == area and s.requirement.level is level]


def standings(
    catalog: Catalog, results: Iterable[CaseResult], absent: Mapping[str, str], *, partial: bool = False
) -> tuple[RequirementResult, ...]:
    """What each requirement came to, in the catalog's order; the untestable ones are left out.

    In a partial run, what no case tried was not asked for.
    """
    found: dict[str, list[Finding]] = {}
    for result in results:
        for finding in result.findings:
            found.setdefault(finding.requirement, []).append(finding)
    testable = [r for r in catalog.requirements.values() if r.untestable is None]
    return tuple(_standing(requirement, found.get(requirement.id, []), absent, partial=partial) for requirement in testable)


def _standing(requirement: Requirement, findings: list[Finding], absent: Mapping[str, str], *, partial: bool) -> RequirementResult:
    """What one requirement came to. What was judged outweighs what was not; an error outweighs a pass, and what was missed both."""
    judged = [finding for finding in findings if finding.outcome in JUDGED]
    errors = [finding for finding in findings if finding.outcome is Outcome.ERROR]
    missed = [finding for finding in judged if finding.problems]
    if judged or errors:
        unmet = [finding for finding in judged if finding.outcome in (Outcome.FAIL, Outcome.WARN)]
        worst = max(unmet or (*judged, *errors), key=lambda finding: finding.outcome.rank)
        return RequirementResult(requirement, worst.outcome, len(judged), len(missed), tuple(findings), worst.reason)
    if requirement.feature in absent:
        return RequirementResult(requirement, Outcome.NOT_APPLICABLE, 0, 0, tuple(findings), f"not offered: {absent[requirement.feature]}")
    if not findings and (requirement.occasional or partial):
        reason = requirement.occasional or NOT_TRIED
        return RequirementResult(requirement, Outcome.NOT_APPLICABLE, 0, 0, (), reason)
    reasons = dict.fromkeys(finding.reason for finding in findings if finding.reason)
    if requirement.occasional and all(finding.outcome is Outcome.NOT_APPLICABLE for finding in findings):
        return RequirementResult(requirement, Outcome.NOT_APPLICABLE, 0, 0, tuple(findings), "; ".join(reasons))
    return RequirementResult(requirement, Outcome.INCONCLUSIVE, 0, 0, tuple(findings), "; ".join(reasons) or "no exchange showed it")


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the suite was run, and what counts. ``partial`` says what part was selected; what was not cannot be undecided."""

    fail_on: Level = Level.MUST
    partial: str = ""
    interrupted: bool = False
    known: KnownFailures = field(default_factory=KnownFailures)

    @property
    def complete(self) -> bool:
        """Whether the whole suite was run to its end."""
        return not (self.partial or self.interrupted)

    def fails(self, finding: Finding, exchanges: Sequence[Exchange]) -> bool:
        """Whether a finding fails its case: one that is grave enough, and that nobody accepts."""
        grave = finding.outcome in (Outcome.FAIL, Outcome.ERROR) or (finding.outcome is Outcome.WARN and self.fail_on is Level.SHOULD)
        return grave and not self.known.excuses(finding, exchanges)

    def counts(self, standing: RequirementResult) -> bool:
        """Whether a requirement can fail the run."""
        return standing.requirement.level is Level.MUST or (self.fail_on is Level.SHOULD and standing.requirement.level is Level.SHOULD)


def reach_verdict(catalog: Catalog, results: Sequence[CaseResult], absent: Mapping[str, str], scope: Scope | None = None) -> Verdict:
    """The verdict of a run; without a ``scope``, of a whole one."""
    scope = scope or Scope()
    excused = _excused(results, scope.known)
    found = tuple(_accepted(s, scope.known, excused) for s in standings(catalog, results, absent, partial=not scope.complete))
    stale = tuple(scope.known.stale(catalog, results, complete=scope.complete))
    failing = tuple(s for s in found if scope.counts(s) and s.unmet and not s.known)
    limited = rate_limited(results)
    sentence, code = _sum(found, scope, stale, excused, limited)
    if scope.interrupted:
        code = Exit.INTERRUPTED
        if failing:
            sentence += "; the run was interrupted"
    return Verdict(sentence, code, found, absent, stale, failing if limited.served else (), limited)


def _excused(results: Sequence[CaseResult], known: KnownFailures) -> dict[Finding, tuple[KnownFailure, ...]]:
    """The failures that the tested project accepts, each with the entries that do so."""
    if not known.entries:
        return {}
    pairs = ((finding, known.excuses(finding, result.exchanges)) for result in results for finding in result.findings)
    return {finding: entries for finding, entries in pairs if entries}


def _accepted(standing: RequirementResult, known: KnownFailures, excused: Mapping[Finding, Sequence[KnownFailure]]) -> RequirementResult:
    """A standing with the reason why its failures are accepted, if each of them is, or why it need not be decided."""
    if standing.undecided:
        entry = known.undecided(standing.requirement.id)
        return standing if entry is None else replace(standing, known=f"{entry.accept}: {entry.reason}")
    failures = [finding for finding in standing.findings if finding.outcome in FAILING]
    if not failures or not all(finding in excused for finding in failures):
        return standing
    entries = dict.fromkeys(entry for finding in failures for entry in excused[finding])
    reasons = dict.fromkeys(f"flaky: {e.reason}" if e.accept is Accept.FLAKY else e.reason for e in entries)
    return replace(standing, known="; ".join(reasons))


def _sum(
    found: Sequence[RequirementResult], scope: Scope, stale: Sequence[str], excused: Container[Finding], limited: RateLimited
) -> tuple[str, Exit]:
    """One sentence, and the exit code."""
    counted = [s for s in found if scope.counts(s)]
    unmet = [s for s in counted if s.unmet and not s.known]
    errors = [finding for s in found for finding in s.findings if finding.outcome is Outcome.ERROR]
    ours = [finding for finding in errors if "our own" in finding.reason]
    hidden = [s for s in counted if s.outcome is Outcome.ERROR and any("our own" in finding.reason for finding in s.findings)]
    beside = f"; beside that, {_count(len(ours), 'error')} of our own" if ours else ""
    silent = [finding for finding in errors if finding not in ours and finding not in excused]
    undecided = [] if scope.partial else [s for s in counted if s.undecided and not s.known]
    part = f"in this part of the suite ({scope.partial}) " if scope.partial else ""
    but = _but_for(counted)
    late = f"; {limited.told}" if limited.cases else ""
    if not limited.served:
        return f"incomplete: rate limited: {_count(len(limited.cases), 'case')} put off, and no request was served", Exit.INCOMPLETE
    if unmet:
        return f"not conformant: {part}{_levels(unmet)} not met{beside}{late}", Exit.UNMET
    if hidden:
        return f"no verdict: {_levels(hidden)} not decided, because of {_count(len(ours), 'error')} of our own", Exit.OUR_FAULT
    if scope.interrupted:
        return "incomplete: the run was interrupted", Exit.INTERRUPTED
    if stale:
        have = "entry has" if len(stale) == 1 else "entries have"
        return f"not accepted: {len(stale)} {have} to go from the list of known failures", Exit.UNMET
    if silent:
        return f"incomplete: the endpoint gave no answer in {_count(len(silent), 'case')}", Exit.INCOMPLETE
    if not any(s.judged for s in found):
        return "nothing was judged", Exit.NOTHING_JUDGED
    if undecided:
        return f"incomplete: {_levels(undecided)} not decided{late}", Exit.INCOMPLETE
    if scope.partial and limited.cases:
        return f"incomplete: {part}{limited.told}", Exit.INCOMPLETE
    return f"conforms: {part}every {_wanted(scope.fail_on)} requirement that was judged is met{but}{beside}{late}", Exit.CONFORMS


def _but_for(counted: Iterable[RequirementResult]) -> str:
    """What the tested project accepts, in words."""
    accepted = [s for s in counted if s.known]
    undecided = sum(s.undecided for s in accepted)
    failing = len(accepted) - undecided
    parts = [*([_count(failing, "known failure")] if failing else []), *([f"{undecided} accepted as undecided"] if undecided else [])]
    return f", but for {' and '.join(parts)}" if parts else ""


def _wanted(fail_on: Level) -> str:
    return "MUST and SHOULD" if fail_on is Level.SHOULD else "MUST"


def _levels(standings: list[RequirementResult]) -> str:
    """A count of requirements by level, with its verb: ``2 MUST requirements are``."""
    parts = []
    for level in (Level.MUST, Level.SHOULD):
        number = sum(s.requirement.level is level for s in standings)
        if number:
            parts.append(f"{number} {level.upper()}")
    return f"{' and '.join(parts)} requirement{'s are' if len(standings) > 1 else ' is'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
