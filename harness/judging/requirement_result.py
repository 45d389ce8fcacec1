"""The result of each requirement over all cases of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..catalog import Catalog, may_show
from ..model import JUDGED, CaseResult, Finding, Outcome, Requirement

LEAST_JUDGED = 2
"""In at least so many cases a requirement must have been missed, and met in none, before others follow from it."""

NOT_TRIED = "not tried in this part of the suite"


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """The result of one requirement over all cases. ``judged`` counts the cases that decided it, ``missed`` those with problems."""

    requirement: Requirement
    outcome: Outcome
    judged: int
    missed: int
    findings: tuple[Finding, ...]
    reason: str = ""
    known: str = ""
    """Why the tested project accepts all failures of this requirement; empty if it does not."""

    @property
    def unmet(self) -> bool:
        """Whether the endpoint does not meet the requirement."""
        return self.outcome in (Outcome.FAIL, Outcome.WARN)

    @property
    def hidden_by_us(self) -> bool:
        """Whether an error of ours prevented judging."""
        return self.outcome is Outcome.ERROR and any(finding.is_ours for finding in self.findings)

    @property
    def undecided(self) -> bool:
        """Whether it should have been judged and was not."""
        return self.outcome is Outcome.INCONCLUSIVE

    @property
    def met(self) -> bool:
        """Whether it was judged and met. A MAY is always met."""
        return self.outcome in (Outcome.PASS, Outcome.NOTE)


def standings(
    catalog: Catalog, results: Iterable[CaseResult], absent: Mapping[str, str], *, partial: bool = False
) -> tuple[RequirementResult, ...]:
    """The result of each testable requirement, in the catalog's order.

    In a partial run, a requirement that no case tried is not applicable.
    """
    found: dict[str, list[Finding]] = {}
    for result in results:
        for finding in result.findings:
            found.setdefault(finding.requirement, []).append(finding)
    testable = [r for r in catalog.requirements.values() if r.untestable is None]
    standing = (_standing(requirement, found.get(requirement.id, []), absent, partial=partial) for requirement in testable)
    return tuple(replace(s, **_why_not_shown(catalog, s.requirement, absent)) if s.undecided and not s.findings else s for s in standing)


def _why_not_shown(catalog: Catalog, requirement: Requirement, absent: Mapping[str, str]) -> dict[str, Any]:
    """What becomes of a requirement that no reply showed: it is not applicable if only cases about absent features could show it."""
    features = {case.feature for case in catalog.cases.values() if any(may_show(requirement, step) for step in case.steps)}
    if not features or not features <= absent.keys():
        return {}
    return {"outcome": Outcome.NOT_APPLICABLE, "reason": f"not offered: {absent[min(features)]}"}


def _standing(requirement: Requirement, findings: list[Finding], absent: Mapping[str, str], *, partial: bool) -> RequirementResult:
    """The result of one requirement. A failure outweighs an error, an error a pass, and a pass anything that was not judged."""
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
    if findings and all(finding.outcome is Outcome.NOT_APPLICABLE for finding in findings):  # all cases are about absent features
        return RequirementResult(requirement, Outcome.NOT_APPLICABLE, 0, 0, tuple(findings), "; ".join(reasons))
    return RequirementResult(
        requirement, Outcome.INCONCLUSIVE, 0, 0, tuple(findings), "; ".join(reasons) or "no reply showed whether it is met"
    )


def _is_never_met(standing: RequirementResult) -> bool:
    """Whether each case that judged a requirement missed it."""
    judged = [finding.outcome for finding in standing.findings if finding.outcome in JUDGED]
    return bool(judged) and all(outcome in (Outcome.FAIL, Outcome.WARN) for outcome in judged)


def without_followers(found: Sequence[RequirementResult]) -> tuple[RequirementResult, ...]:
    """The results, but those that only follow from another: no case met that one, and at least two judged it."""
    never = {s.requirement.id: s for s in found if s.unmet and s.judged >= LEAST_JUDGED and _is_never_met(s)}

    def told(standing: RequirementResult) -> RequirementResult:
        leader = next((name for name in standing.requirement.follows if name in never), None)
        if leader is None or not standing.unmet or not _is_never_met(standing):
            return standing
        reason = f"follows from {leader}, which none of its {never[leader].judged} cases met"
        return replace(standing, outcome=Outcome.NOT_APPLICABLE, reason=reason)

    return tuple(map(told, found))
