"""Turns the results of all requirements into one verdict for the run."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TypeAlias

from ..catalog import Catalog
from ..checks import TOO_DEEP
from ..model import CaseResult, Exchange, Finding, Level, Outcome
from .known_failures import FAILING, Accept, KnownFailure, KnownFailures
from .rate_limited import RateLimited, rate_limited
from .requirement_result import RequirementResult, standings, without_followers

STOPPED_ANSWERING = "the endpoint stopped answering"
"""How the reason of a finding begins for a case that was not run, because the endpoint was gone."""

OUT_OF_TIME = "not tried: the run reached its --max-time limit"
"""The reason of a finding for a case that was not run in time."""


class Exit(IntEnum):
    """Exit codes. Codes up to 5 have the same meaning as pytest's."""

    CONFORMS = 0
    UNMET = 1
    INTERRUPTED = 2
    OUR_FAULT = 3
    NOT_JUDGEABLE = 4
    NOTHING_JUDGED = 5
    INCOMPLETE = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of a run: ``sentence`` is the headline, ``code`` the exit code, ``stale`` the known failures to delete."""

    sentence: str
    code: Exit
    standings: tuple[RequirementResult, ...]
    absent: Mapping[str, str]
    stale: tuple[str, ...] = ()
    failing: tuple[RequirementResult, ...] = ()
    """The requirements that fail the run."""
    limited: RateLimited = field(default_factory=RateLimited)
    """What the endpoint rate-limited."""

    @property
    def besides(self) -> dict[str, str]:
        """Absent features without requirements of their own, with the reason. No requirement's result mentions them."""
        own = {s.requirement.feature for s in self.standings}
        return {name: reason for name, reason in self.absent.items() if name not in own}

    def of_area(self, area: str, level: Level) -> list[RequirementResult]:
        """The requirement results of one cell of the matrix."""
        return [s for s in self.standings if s.requirement.area == area and s.requirement.level is level]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the suite was run, and which levels count. ``partial`` names the selected part; the rest cannot be undecided."""

    fail_on: Level = Level.MUST
    partial: str = ""
    interrupted: bool = False
    known: KnownFailures = field(default_factory=KnownFailures)

    @property
    def complete(self) -> bool:
        """Whether the whole suite was run to its end."""
        return not (self.partial or self.interrupted)

    def is_grave(self, finding: Finding) -> bool:
        """Whether a finding fails its case, if it is no known failure."""
        return finding.outcome in (Outcome.FAIL, Outcome.ERROR) or (finding.outcome is Outcome.WARN and self.fail_on is Level.SHOULD)

    def fails(self, finding: Finding, exchanges: Sequence[Exchange]) -> bool:
        """Whether a finding fails its case: it is grave and no known failure."""
        return self.is_grave(finding) and not self.known.excuses(finding, exchanges)

    def counts(self, standing: RequirementResult) -> bool:
        """Whether a requirement can fail the run."""
        return standing.requirement.level is Level.MUST or (self.fail_on is Level.SHOULD and standing.requirement.level is Level.SHOULD)


def reach_verdict(catalog: Catalog, results: Sequence[CaseResult], absent: Mapping[str, str], scope: Scope | None = None) -> Verdict:
    """The verdict of a run. Without ``scope``, the whole suite was run."""
    scope = scope or Scope()
    excused = _excused(results, scope.known)
    stood = standings(catalog, results, absent, partial=not scope.complete)
    if scope.fail_on is Level.MUST:  # where warnings fail their cases, each has to be seen
        stood = without_followers(stood)
    found = tuple(_accepted(s, scope.known, excused) for s in stood)
    stale = tuple(scope.known.stale(catalog, results, complete=scope.complete))
    failing = tuple(s for s in found if scope.counts(s) and s.unmet and not s.known)
    limited = rate_limited(results)
    tally = _tally(found, scope, stale, excused, limited)
    sentence, code = next(said for rule in RULES if (said := rule(tally)) is not None)
    if scope.interrupted:
        code = Exit.INTERRUPTED
        if failing:
            sentence += "; the run was interrupted"
    return Verdict(sentence, code, found, absent, stale, failing if limited.served else (), limited)


def _excused(results: Sequence[CaseResult], known: KnownFailures) -> dict[Finding, tuple[KnownFailure, ...]]:
    """The known failures, each with the entries that accept it."""
    if not known.entries:
        return {}
    pairs = ((finding, known.excuses(finding, result.exchanges)) for result in results for finding in result.findings)
    return {finding: entries for finding, entries in pairs if entries}


def _accepted(standing: RequirementResult, known: KnownFailures, excused: Mapping[Finding, Sequence[KnownFailure]]) -> RequirementResult:
    """A requirement result with the reason why all its failures, or its being undecided, are accepted, if they are."""
    if standing.undecided:
        entry = known.undecided(standing.requirement.id)
        return standing if entry is None else replace(standing, known=f"{entry.accept}: {entry.reason}")
    failures = [finding for finding in standing.findings if finding.outcome in FAILING]
    if not failures or not all(finding in excused for finding in failures):
        return standing
    entries = dict.fromkeys(entry for finding in failures for entry in excused[finding])
    reasons = dict.fromkeys(f"flaky: {e.reason}" if e.accept is Accept.FLAKY else e.reason for e in entries)
    return replace(standing, known="; ".join(reasons))


@dataclass(frozen=True, slots=True)
class _Tally:
    """The input of the rules: requirements that count, by outcome, and errors, by who caused them."""

    counted: Sequence[RequirementResult]
    unmet: Sequence[RequirementResult]
    hidden: Sequence[RequirementResult]
    """Requirements that would count, but were not judged because of an error of ours."""
    undecided: Sequence[RequirementResult]
    ours: int
    silent: int
    untried: int
    """Cases that were not run in time."""
    unasked: int
    """Cases that were not run because the endpoint was gone."""
    stale: int
    is_anything_judged: bool
    limited: RateLimited
    scope: Scope

    @property
    def part(self) -> str:
        """The part of the suite that was run, in words."""
        return f"in this part of the suite ({self.scope.partial}) " if self.scope.partial else ""

    @property
    def beside(self) -> str:
        """Our own errors, in words, for a verdict that does not depend on them."""
        return f"; also, {_count(self.ours, 'error')} of our own" if self.ours else ""

    @property
    def late(self) -> str:
        """Rate-limited cases, in words, to add to a verdict."""
        return f"; {self.limited.told}" if self.limited.cases else ""

    @property
    def rest(self) -> str:
        """The cases that were not run, in words, to add to a verdict: what was judged is not the whole."""
        if self.unasked:
            return f"; {_count(self.unasked, 'case')} not tried, because {STOPPED_ANSWERING}"
        return f"; {_count(self.untried, 'case')} not tried, because the run reached its --max-time limit" if self.untried else ""


def _tally(
    found: Sequence[RequirementResult], scope: Scope, stale: Sequence[str], excused: Container[Finding], limited: RateLimited
) -> _Tally:
    """Count everything that the rules need."""
    counted = [s for s in found if scope.counts(s)]
    errors = [finding for s in found for finding in s.findings if finding.outcome is Outcome.ERROR]
    return _Tally(
        counted=counted,
        unmet=[s for s in counted if s.unmet and not s.known],
        hidden=[s for s in counted if s.hidden_by_us],
        undecided=[s for s in counted if s.undecided and not s.known and (not scope.partial or _is_unread(s))],
        ours=sum(finding.is_ours for finding in errors),
        silent=sum(not finding.is_ours and finding not in excused for finding in errors),
        untried=len({finding.case for s in found for finding in s.findings if finding.reason == OUT_OF_TIME}),
        unasked=len({finding.case for s in found for finding in s.findings if finding.reason.startswith(STOPPED_ANSWERING)}),
        stale=len(stale),
        is_anything_judged=any(s.judged for s in found),
        limited=limited,
        scope=scope,
    )


def _is_unread(standing: RequirementResult) -> bool:
    """Whether a requirement is undecided because we did not read the replies. This counts even in a partial run."""
    return any(finding.reason == TOO_DEEP for finding in standing.findings)


_Said: TypeAlias = tuple[str, Exit] | None
"""A rule's sentence and exit code; ``None`` if the rule does not apply."""


def _nothing_served(tally: _Tally) -> _Said:
    told = f"incomplete: rate limited: {_count(len(tally.limited.cases), 'case')} not served, and no request succeeded"
    return None if tally.limited.served else (told, Exit.INCOMPLETE)


def _unmet(tally: _Tally) -> _Said:
    told = f"not conformant: {tally.part}{_levels(tally.unmet)} not met{tally.beside}{tally.late}{tally.rest}"
    return (told, Exit.UNMET) if tally.unmet else None


def _hidden_by_us(tally: _Tally) -> _Said:
    if not tally.hidden:
        return None
    because = f"because of {_count(tally.ours, 'error')} of our own"
    return f"no verdict: {_levels(tally.hidden)} not decided, {because}", Exit.OUR_FAULT


def _interrupted(tally: _Tally) -> _Said:
    return ("incomplete: the run was interrupted", Exit.INTERRUPTED) if tally.scope.interrupted else None


def _stale(tally: _Tally) -> _Said:
    entries = "entry" if tally.stale == 1 else "entries"
    return (f"not accepted: delete {tally.stale} {entries} from the list of known failures", Exit.UNMET) if tally.stale else None


def _silent(tally: _Tally) -> _Said:
    told = f"incomplete: the endpoint gave no answer in {_count(tally.silent, 'case')}{tally.rest}"
    return (told, Exit.INCOMPLETE) if tally.silent else None


def _out_of_time(tally: _Tally) -> _Said:
    told = f"incomplete: {tally.part}{_count(tally.untried, 'case')} not tried, because the run reached its --max-time limit"
    return (told, Exit.INCOMPLETE) if tally.untried else None


def _nothing_judged(tally: _Tally) -> _Said:
    return None if tally.is_anything_judged else ("nothing was judged", Exit.NOTHING_JUDGED)


def _undecided(tally: _Tally) -> _Said:
    return (f"incomplete: {_levels(tally.undecided)} not decided{tally.late}", Exit.INCOMPLETE) if tally.undecided else None


def _part_put_off(tally: _Tally) -> _Said:
    """In a partial run nothing counts as undecided, so rate-limited cases need a rule of their own."""
    is_put_off = tally.scope.partial and tally.limited.cases
    return (f"incomplete: {tally.part}{tally.limited.told}", Exit.INCOMPLETE) if is_put_off else None


def _conforms(tally: _Tally) -> _Said:
    wanted, but = _wanted(tally.scope.fail_on), _but_for(tally.counted)
    return f"conforms: {tally.part}every {wanted} requirement that was judged is met{but}{tally.beside}{tally.late}", Exit.CONFORMS


RULES: tuple[Callable[[_Tally], _Said], ...] = (
    _nothing_served,
    _unmet,  # nothing may hide an unmet requirement
    _hidden_by_us,
    _interrupted,
    _stale,
    _silent,
    _out_of_time,
    _nothing_judged,
    _undecided,
    _part_put_off,
    _conforms,
)
"""The first rule that applies decides the verdict."""


def _but_for(counted: Iterable[RequirementResult]) -> str:
    """The known failures, in words."""
    accepted = [s for s in counted if s.known]
    undecided = sum(s.undecided for s in accepted)
    failing = len(accepted) - undecided
    parts = [*([_count(failing, "known failure")] if failing else []), *([f"{undecided} accepted as undecided"] if undecided else [])]
    return f", but for {' and '.join(parts)}" if parts else ""


def _wanted(fail_on: Level) -> str:
    return "MUST and SHOULD" if fail_on is Level.SHOULD else "MUST"


def _levels(standings: Sequence[RequirementResult]) -> str:
    """A count of requirements by level, with its verb: ``2 MUST requirements are``."""
    parts = []
    for level in (Level.MUST, Level.SHOULD):
        number = sum(s.requirement.level is level for s in standings)
        if number:
            parts.append(f"{number} {level.upper()}")
    return f"{' and '.join(parts)} requirement{'s are' if len(standings) > 1 else ' is'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
