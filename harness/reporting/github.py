"""A run as GitHub Actions takes it: one annotation for each requirement that fails it, and the outputs of the step."""

from __future__ import annotations

from collections.abc import Iterator

from ..judging import RequirementResult
from ..model import CaseResult
from ..records import Judged
from .causes import causes_of
from .counts import share
from .explain import headline
from .reproduce import rerun
from .safe_text import in_workflow_command, on_one_line

LIMIT = 10
"""The most annotations of a kind that GitHub shows for a step."""


def errors(run: Judged) -> Iterator[str]:
    """Error lines for requirements that fail the run, and for outdated entries in the list of known failures."""
    by_case = {result.case: result for result in run.record.results}
    lines = [(standing.requirement.id, "\n".join(_told(run, standing, by_case))) for standing in run.verdict.failing]
    lines += [("known failures", text) for text in run.verdict.stale]
    for position, (title, text) in enumerate(lines):
        if position == LIMIT - 1 and len(lines) > LIMIT:
            yield f"::error title=Wireproof::{len(lines) - position} more: see the report"
            return
        yield f"::error title=Wireproof%3A {in_workflow_command(title)}::{in_workflow_command(text)}"


def _told(run: Judged, standing: RequirementResult, by_case: dict[str, CaseResult]) -> Iterator[str]:
    """What is required, what was received in the plainest case, and how to rerun that case."""
    cause = causes_of(standing, by_case)[0]
    count = f" ({share(standing.missed, standing.judged, 'case')})" if standing.judged else ""
    yield standing.requirement.says
    yield headline(cause.finding).removeprefix(f"{standing.requirement.id}: ")
    yield f"case: {cause.finding.case}{count}"
    yield f"rerun: {rerun(run.subject, cause.finding.case)}"


def outputs(run: Judged, folder: str) -> Iterator[str]:
    """The outputs of the step that ran us: verdict, unmet requirements, and where the report is."""
    yield f"verdict={on_one_line(run.verdict.sentence)}"
    yield f"unmet={' '.join(standing.requirement.id for standing in run.verdict.failing)}"
    yield f"report={on_one_line(folder)}"
