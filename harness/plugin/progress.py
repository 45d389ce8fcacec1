"""Says from time to time how far a run is, so that a slow endpoint does not look like a hang."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from ..model import Outcome
from ..options import chosen
from .case_report import attached

if TYPE_CHECKING:
    from ..runner import Run

SECONDS = {"terminal": 10.0, "file": 30.0}
"""The time between two lines, by where they go."""


def progress_seconds(config: pytest.Config) -> float | None:
    """The time between two lines, as the user wants it; ``None`` where none is wanted."""
    wish = chosen(config, "progress")
    if wish == "none":
        return None
    on_terminal = wish == "line" or config.get_terminal_writer().hasmarkup
    return SECONDS["terminal" if on_terminal else "file"]


class ProgressLines:
    """Prints a line every so many seconds while cases are played. Only the process that plays them has one."""

    def __init__(self, run: Run, reporter: pytest.TerminalReporter, seconds: float) -> None:
        self._run = run
        self._reporter = reporter
        self._seconds = seconds
        self._unmet: set[str] = set()
        self._over = threading.Event()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note the requirements that a case missed."""
        played = attached(report)
        if played is not None:
            self._unmet |= {finding.requirement for finding in played.result.findings if finding.outcome is Outcome.FAIL}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Print while the cases are played."""
        printing = threading.Thread(target=self._print, name="wireproof-progress", daemon=True)
        printing.start()
        try:
            return (yield)
        finally:
            self._over.set()
            printing.join()

    def _print(self) -> None:
        while not self._over.wait(self._seconds):
            if (line := self.line()) is not None:
                self._reporter.ensure_newline()
                self._reporter.write_line(self._run.scrubber.text(line))

    def line(self) -> str | None:
        """How far the run is; ``None`` before it has begun, and once nothing is left to wait for."""
        progress = self._run.progress()
        if progress is None or progress.done == progress.cases:
            return None
        unmet = f", {len(self._unmet)} MUST not met" if self._unmet else ""
        oldest = (
            f", {progress.under_way} requests in flight, the oldest for {progress.age:.0f} s: {progress.oldest}" if progress.oldest else ""
        )
        return f"{progress.done} of {progress.cases} cases{unmet}{oldest}"
