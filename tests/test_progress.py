"""What a run says of itself while a slow endpoint keeps it waiting."""

from __future__ import annotations

import pytest

from harness.model import CaseResult, Finding, Outcome
from harness.plugin.case_report import ATTRIBUTE, CaseReport
from harness.plugin.progress import ProgressLines
from harness.runner.progress import InFlight, Progress
from harness.wire import Scrubber


class FakeRun:
    """A run that is where it is told to be."""

    scrubber = Scrubber()

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def progress(self) -> Progress | None:
        """How far it is."""
        return self._progress


class FakeReport:
    """A test's report of a case."""

    when = "call"

    def __init__(self, outcome: Outcome) -> None:
        finding = Finding("chat/basics/short-reply", "chat.object-shape", outcome)
        setattr(self, ATTRIBUTE, CaseReport(CaseResult(finding.case, (), (finding,)), {}))


def line(progress: Progress | None, *outcomes: Outcome) -> str | None:
    """The line that is printed after cases of these outcomes."""
    lines = ProgressLines(FakeRun(progress), None, 1.0)  # type: ignore[arg-type]
    for outcome in outcomes:
        lines.pytest_runtest_logreport(FakeReport(outcome))
    return lines.line()


@pytest.mark.parametrize(
    ("progress", "outcomes", "expected"),
    [
        (None, (), None),
        (Progress(400, 400), (), None),
        (Progress(3, 400), (), "3 of 400 cases"),
        (Progress(3, 400), (Outcome.FAIL, Outcome.FAIL, Outcome.WARN), "3 of 400 cases, 1 MUST not met"),
        (Progress(3, 400, 8, "chat/a/b#1", 31.4), (), "3 of 400 cases, 8 requests in flight, the oldest for 31 s: chat/a/b#1"),
    ],
)
def test_line_tells_cases_failures_and_the_oldest_request(
    progress: Progress | None, outcomes: tuple[Outcome, ...], expected: str | None
) -> None:
    assert line(progress, *outcomes) == expected


def test_oldest_request_is_the_one_that_waits_longest() -> None:
    in_flight = InFlight()
    with in_flight.holding("first"), in_flight.holding("second"):
        progress = in_flight.progress(1, 2)
        assert (progress.under_way, progress.oldest) == (2, "first")
    assert in_flight.progress(2, 2) == Progress(2, 2)
