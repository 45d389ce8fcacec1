"""What a run says of itself while a slow endpoint keeps it waiting."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.model import CaseResult, Finding, Outcome
from harness.plugin.case_report import ATTRIBUTE, CaseReport
from harness.plugin.progress import RunProgress
from harness.plugin.screen import LiveScreen, Screen
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.serve import KEY, Server
from harness.runner.progress import InFlight, Progress
from harness.wire import Scrubber
from tests.running import ROOT, environment


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


def line(progress: Progress | None, *outcomes: Outcome, seconds: float = 0.0) -> str | None:
    """The line that is shown after cases of these outcomes, so many seconds after the beginning."""
    times = iter([0.0, seconds])
    told = RunProgress(FakeRun(progress), Screen(io.StringIO()), 1.0, lambda: next(times))  # type: ignore[arg-type]
    for outcome in outcomes:
        told.pytest_runtest_logreport(FakeReport(outcome))
    return told.line()


@pytest.mark.parametrize(
    ("progress", "outcomes", "seconds", "expected"),
    [
        (None, (), 1.0, None),
        (Progress(400, 400), (), 1.0, None),
        (Progress(3, 400), (), 1.0, "3 of 400 cases"),
        (Progress(3, 400), (Outcome.FAIL, Outcome.FAIL, Outcome.WARN), 1.0, "3 of 400 cases · 1 MUST not met"),
        (Progress(3, 400, 1, "chat/a/b#1", 31.4), (), 1.0, "3 of 400 cases · 1 in flight, oldest 31 s: chat/a/b"),
        (Progress(3, 400, 8, "chat/a/b#1", 31.4), (), 1.0, "3 of 400 cases · 8 in flight, oldest 31 s: chat/a/b"),
        (Progress(100, 400), (), 20.0, "100 of 400 cases · about 60 s left"),
        (Progress(100, 400), (), 200.0, "100 of 400 cases · about 10 min left"),
    ],
)
def test_line_tells_cases_failures_time_left_and_the_oldest_request(
    progress: Progress | None, outcomes: tuple[Outcome, ...], seconds: float, expected: str | None
) -> None:
    assert line(progress, *outcomes, seconds=seconds) == expected


def test_oldest_request_is_the_one_that_waits_longest() -> None:
    in_flight = InFlight()
    with in_flight.holding("first"), in_flight.holding("second"):
        progress = in_flight.progress(1, 2)
        assert (progress.under_way, progress.oldest) == (2, "first")
    assert in_flight.progress(2, 2) == Progress(2, 2)


def test_line_of_a_terminal_is_written_again_and_cut_to_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    screen = LiveScreen(file := io.StringIO())
    for words in ("short", "short", "one that is too long"):
        screen.show(words)
    screen.clear()
    screen.clear()
    assert file.getvalue() == "\r\x1b[Kshort\r\x1b[Kone that…\r\x1b[K"


class Held:
    """The reference, which holds every reply back until it is released, and is slow then."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer, once that is allowed."""
        assert self.released.wait(60)
        time.sleep(0.3)
        return answer(asked)


def run_in_terminal(out: int, folder: Path, base_url: str) -> subprocess.Popen[bytes]:
    """A run whose terminal is this descriptor."""
    words = [sys.executable, "-m", "harness", f"--base-url={base_url}", "--model=reference", "-q", "-k", "models/"]
    given = {**environment(KEY), "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "200"}
    return subprocess.Popen(words, cwd=folder, env=given, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def read_until(descriptor: int, said: Callable[[str], bool]) -> str:
    """What comes until it says what is awaited, or ends."""
    text = ""
    while not said(text):
        try:
            piece = os.read(descriptor, 65_536)
        except OSError:  # a terminal whose last writer is gone
            break
        if not piece:
            break
        text += piece.decode(errors="replace")
    return text


def test_terminal_has_one_live_line_while_replies_are_awaited(tmp_path: Path) -> None:
    held = Held()
    server = Server(App(held))
    ours, theirs = pty.openpty()
    run = run_in_terminal(theirs, tmp_path, server.base_url)
    os.close(theirs)
    try:
        before = read_until(ours, lambda text: "whether it can be judged: 1 s" in text)
        held.released.set()
        after = read_until(ours, lambda text: False)
        assert run.wait(60) == 0
    finally:
        run.kill()
        run.wait()
        os.close(ours)
        server.close()
    assert before.startswith("\r\x1b[Kasking http://127.0.0.1")
    assert "\n" not in before
    assert after.startswith("\r\x1b[K")
    assert re.search(r"^\.+", after, re.MULTILINE) is None
    assert " of 3 cases · 1 in flight, oldest 0 s: models/" in after  # while a case is played, and pytest captures
    assert "3 passed" in after
