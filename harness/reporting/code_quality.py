"""A run as GitLab's code-quality JSON, for the widget of a merge request: one entry for each unmet requirement."""

from __future__ import annotations

from ..judging import RequirementResult
from ..model import Data, Level, Outcome
from ..records import Judged
from .causes import causes_of
from .explain import headline
from .sarif import fingerprint, place_of

PIPELINE = ".gitlab-ci.yml"
"""GitLab wants a file for each entry; without a list of known failures we name the pipeline's own file."""


def code_quality(run: Judged) -> list[dict[str, Data]]:
    """The entries, in the catalog's order."""
    by_case = {result.case: result for result in run.record.results}
    entries: list[dict[str, Data]] = []
    for standing in run.verdict.standings:
        if not (standing.unmet or standing.outcome is Outcome.ERROR):
            continue
        requirement, first = standing.requirement, causes_of(standing, by_case)[0].finding
        came = headline(first).removeprefix(f"{requirement.id}: ")
        path, line = place_of(run.scope, requirement.id) or (PIPELINE, 1)
        entries.append(
            {
                "description": f"{requirement.id}: {requirement.says} {came} (in {first.case})",
                "check_name": requirement.id,
                "fingerprint": fingerprint(requirement.id),
                "severity": _severity(standing),
                "location": {"path": path, "lines": {"begin": line}},
            }
        )
    return entries


def _severity(standing: RequirementResult) -> str:
    if standing.known:
        return "info"
    if standing.outcome is Outcome.ERROR:
        return "major"
    return "critical" if standing.requirement.level is Level.MUST else "minor"
