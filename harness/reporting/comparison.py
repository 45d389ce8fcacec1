"""Compares two runs: what broke, what was fixed, what is new; or many runs side by side.

It compares each requirement in each case, so that a second failing case of a requirement is noticed too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..judging import RequirementResult
from ..model import Finding, Level, Outcome, Requirement
from ..records import Judged

UNMET = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})
MET = frozenset({Outcome.PASS})


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement whose outcome changed: the cases in which it did, and the finding of the first."""

    requirement: Requirement
    cases: tuple[str, ...]
    finding: Finding


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one run to another. ``new`` was not judged before and is unmet; ``lost`` was judged before and is not now."""

    before: Judged
    now: Judged
    broke: tuple[Change, ...]
    healed: tuple[Change, ...]
    new: tuple[Change, ...]
    still: tuple[Change, ...]
    lost: tuple[Change, ...]


def compare(old: Judged, new: Judged) -> Comparison:
    """Compare two runs."""
    before, after = _findings(old), _findings(new)
    broke, healed, fresh, still, lost = ([] for _ in range(5))  # type: list[Finding], list[Finding], list[Finding], list[Finding], list[Finding]
    for key, finding in after.items():
        was = before[key].outcome if key in before else None
        if finding.outcome in UNMET:
            (broke if was in MET else still if was in UNMET else fresh).append(finding)
        elif finding.outcome in MET and was in UNMET:
            healed.append(finding)
    lost += [was for key, was in before.items() if was.outcome in UNMET | MET and _is_undecided(after.get(key))]
    parts = (tuple(_grouped(new if part is not lost else old, part)) for part in (broke, healed, fresh, still, lost))
    return Comparison(old, new, *parts)


def _is_undecided(finding: Finding | None) -> bool:
    return finding is None or finding.outcome not in UNMET | MET


def _findings(judged: Judged) -> dict[tuple[str, str], Finding]:
    """The finding on each requirement in each case, except those only noted."""
    found = (finding for result in judged.record.results for finding in result.findings)
    levels = {name: requirement.level for name, requirement in judged.catalog.requirements.items()}
    return {(f.case, f.requirement): f for f in found if levels.get(f.requirement) in (Level.MUST, Level.SHOULD)}


def _grouped(judged: Judged, findings: Sequence[Finding]) -> Iterator[Change]:
    """Findings by requirement, those of MUST first."""
    by_requirement: dict[str, list[Finding]] = {}
    for finding in findings:
        by_requirement.setdefault(finding.requirement, []).append(finding)
    order = list(judged.catalog.requirements)
    requirements = judged.catalog.requirements
    for name in sorted(by_requirement, key=lambda name: (list(Level).index(requirements[name].level), order.index(name))):
        of_it = by_requirement[name]
        yield Change(requirements[name], tuple(finding.case for finding in of_it), of_it[0])


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement and its result in each run; ``None`` if a run did not know it."""

    requirement: Requirement
    standings: tuple[RequirementResult | None, ...]

    @property
    def missed(self) -> int:
        """In how many runs it is unmet."""
        return sum(standing is not None and standing.outcome in UNMET for standing in self.standings)


def matrix(runs: Sequence[Judged]) -> list[Row]:
    """The requirements that some run does not meet, worst first: MUST before SHOULD, then those unmet in most runs."""
    columns: list[Mapping[str, RequirementResult]] = [{s.requirement.id: s for s in run.verdict.standings} for run in runs]
    names = dict.fromkeys(name for column in columns for name in column)
    rows = [Row(next(c[name] for c in columns if name in c).requirement, tuple(c.get(name) for c in columns)) for name in names]
    unmet = [row for row in rows if row.missed and row.requirement.level is not Level.MAY]
    return sorted(unmet, key=lambda row: (list(Level).index(row.requirement.level), -row.missed))


def labels(runs: Sequence[Judged]) -> list[str]:
    """A short name for each run, no two alike."""
    found: list[str] = []
    for run in runs:
        name = f"{run.subject.base_url.split('//')[-1]} · {run.subject.model}"
        versions = sum(one == name or one.startswith(f"{name} #") for one in found)
        found.append(f"{name} #{versions + 1}" if versions else name)
    return found
