"""The result of one check for one exchange, and how several of them become a finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model import Blame, Finding, Level, Outcome, Problem

_SHORTFALL = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.MAY: Outcome.NOTE}

SHORT = frozenset({Outcome.FAIL, Outcome.WARN})
"""The outcomes of requirements that are not met."""


def decide(level: Level, problems: Sequence[Problem]) -> Outcome:
    """The outcome of problems, or of none, at a level."""
    if problems:
        return _SHORTFALL[level]
    return Outcome.NOTE if level is Level.MAY else Outcome.PASS


class Judgement(NamedTuple):
    """The result of one check for one exchange, or for several that it compares."""

    outcome: Outcome
    problems: tuple[Problem, ...]
    exchanges: tuple[str, ...]
    reason: str = ""
    fault: Blame | None = None


def unmet_of(said: Sequence[tuple[str, Judgement]]) -> dict[str, str]:
    """The requirements that a reply does not meet, each with what came instead, in words."""
    missed = ((name, judgement) for name, judgement in said if judgement.outcome in SHORT)
    return {name: f"{judgement.problems[0].where}: {judgement.problems[0].got}" if judgement.problems else "" for name, judgement in missed}


def merged(case: str, requirement: str, judgements: Sequence[Judgement]) -> Finding:
    """Merge all judgements on a requirement in a case into one finding: the worst outcome, with every problem.

    Conclusive judgements outweigh inconclusive ones.
    """
    if len(judgements) == 1:
        (only,) = judgements
        if not only.problems and len(only.exchanges) == 1:  # by far the most
            return Finding(case, requirement, only.outcome, (), only.exchanges, only.reason, only.fault)
        problems, exchanges = tuple(dict.fromkeys(only.problems)), tuple(dict.fromkeys(only.exchanges))
        return Finding(case, requirement, only.outcome, problems, exchanges, only.reason, only.fault)
    decided = [judgement for judgement in judgements if judgement.outcome is not Outcome.INCONCLUSIVE] or judgements
    # An error must not hide a failure of the endpoint.
    missed = [judgement for judgement in decided if judgement.outcome in SHORT]
    worst = max(missed or decided, key=lambda judgement: judgement.outcome.rank)
    problems = tuple(dict.fromkeys(problem for judgement in decided for problem in judgement.problems))
    shown = [judgement for judgement in decided if judgement.problems] or decided
    exchanges = tuple(dict.fromkeys(identity for judgement in shown for identity in judgement.exchanges))
    return Finding(case, requirement, worst.outcome, problems, exchanges, worst.reason, worst.fault)
