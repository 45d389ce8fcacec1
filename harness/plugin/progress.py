"""Says how far a run is, so that a slow endpoint does not look like a hang: one live line on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from ..model import Outcome
from ..options import chosen
from .case_report import attached
from .options import is_worker
from .screen import LiveScreen, Screen

if TYPE_CHECKING:
    from ..runner import Run

SECONDS = {"live": 0.2, "line": 10.0, "file": 30.0}
"""The time between two looks at a run, by how it is told."""

FORESEEABLE = 12
"""So many cases must be judged before the time left is told."""


def progress_of(config: pytest.Config, reporter: pytest.TerminalReporter, run: Run) -> RunProgress | None:
    """What tells how far a run is, as the user wants it; ``None`` if it shall not be told, and in workers of pytest-xdist."""
    wish = chosen(config, "progress")
    if wish == "none" or is_worker(config):
        return None
    config.add_cleanup((file := _uncaptured(reporter)).close)
    is_terminal = file.isatty() and os.environ.get("TERM") != "dumb"
    is_quiet = config.get_verbosity() <= 0 and not config.getoption("numprocesses", None)
    if wish == "auto" and is_terminal and is_quiet:
        reporter.showfspath = False
        return RunProgress(run, LiveScreen(file), SECONDS["live"])
    return RunProgress(run, Screen(file, reporter._tw), SECONDS["line" if wish == "line" or is_terminal else "file"])


def _uncaptured(reporter: pytest.TerminalReporter) -> TextIO:
    """A file of our own for what the reporter writes to: while a test runs, pytest captures the other."""
    with suppress(OSError, AttributeError, ValueError):
        return os.fdopen(os.dup(reporter._tw._file.fileno()), "w", encoding="utf-8", errors="replace")
    return Path(os.devnull).open("w", encoding="utf-8")


class RunProgress:
    """Tells how far a run is from a thread, as pytest's own waits for the case at hand."""

    def __init__(self, run: Run, screen: Screen, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._screen = screen
        self._seconds = seconds
        self._clock = clock
        self._begun = clock()
        self._unmet: set[str] = set()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Tell at once that the endpoint is asked whether it can be judged, and for how long, while that lasts."""

        def line() -> str:
            waited = self._clock() - self._begun
            return f"asking {self._run.base_url} whether it can be judged" + (f": {_duration(waited)}" if waited >= 1 else "")

        with self._telling(line, at_once=True):
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Tell how far the cases are while they are played."""
        self._begun = self._clock()
        with self._telling(self.line):
            return (yield)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note the requirements that a case does not meet."""
        played = attached(report)
        if played is not None:
            self._unmet |= {finding.requirement for finding in played.result.findings if finding.outcome is Outcome.FAIL}

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: Any) -> Generator[None, Any, Any]:
        """Leave out pytest's dots where a live line says more."""
        status = yield
        return (status[0], "", "") if self._screen.is_live and attached(report) is not None else status

    @contextmanager
    def _telling(self, words: Callable[[], str | None], *, at_once: bool = False) -> Iterator[None]:
        """Show these words again and again while this lasts."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(self._seconds):
                show()

        def show() -> None:
            if (line := words()) is not None:
                self._screen.show(self._run.scrubber.text(line))

        if at_once:
            show()
        thread = threading.Thread(target=tell, name="wireproof-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._screen.clear()

    def line(self) -> str | None:
        """How far the run is; ``None`` before it has begun, and once nothing is left to wait for."""
        progress = self._run.progress()
        if progress is None or progress.done == progress.cases:
            return None
        parts = [f"{progress.done} of {progress.cases} cases"]
        if self._unmet:
            parts.append(f"{len(self._unmet)} MUST not met")
        if progress.done >= FORESEEABLE:
            left = (self._clock() - self._begun) * (progress.cases - progress.done) / progress.done
            parts.append(f"about {_duration(left)} left")
        if progress.oldest:
            parts.append(f"{progress.under_way} in flight, oldest {progress.age:.0f} s: {progress.oldest.partition('#')[0]}")
        return " · ".join(parts)


def _duration(seconds: float) -> str:
    """A time in words: seconds below two minutes, else minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
