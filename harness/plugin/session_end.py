"""The end of a run: collects results, reaches the verdict, writes and prints everything."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..gateway import added, stray
from ..judging import Exit, Verdict, written
from ..model import Level, Outcome
from ..options import chosen
from ..records import Report
from ..reporting import (
    cases,
    changed_since,
    client_lines,
    compliance,
    github,
    lines_since,
    on_one_line,
    terminal,
    write_artifacts,
    write_whole,
)
from . import html_page
from .case_report import attached, is_foreign
from .config_keys import RUN, TERMS
from .interruption import Interruption

if TYPE_CHECKING:
    from ..reporting import Since


class Collector:
    """Collects results as they arrive and closes the report. Only the main process has one."""

    def __init__(self, report: Report, session: pytest.Session, interruption: Interruption) -> None:
        self._report = report
        self._session = session
        self._interruption = interruption
        self._unwritten = ""
        self._broken = False
        self._others_failed = False
        self._papers: list[Path] = []
        self._since: Since | None = None
        self._undeleted: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take a case's result; a failure without a result is our fault."""
        played = attached(report)
        if report.outcome == "rerun":  # by pytest-rerunfailures: the last report of a case counts, and has the same result
            return
        if played is not None:
            try:
                self._report.take(played.result, played.absent, played.unshown)
            except OSError as error:
                self._cannot_write(error)
                self._session.shouldstop = self._unwritten
        elif report.failed and is_foreign(report):
            self._others_failed = True
        elif report.failed:
            self._broken = True

    def _cannot_write(self, error: OSError) -> None:
        """Remember that the report cannot be written."""
        where = error.filename or self._report.path
        self._unwritten = f"{where} cannot be written ({error.strerror or error}): make room, or name another place"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Reach the verdict, write the footer, and set the exit code. Other plugins, such as pytest-html, write after us."""
        self._interruption.closing = True
        try:
            self._close(session, exitstatus)
        except OSError as error:
            self._cannot_write(error)
        try:
            yield
        except OSError as error:
            self._cannot_write(error)
        if self._unwritten:
            session.exitstatus = Exit.NOT_JUDGEABLE
            sys.stderr.write(f"ERROR: {self._unwritten}\n")

    def _close(self, session: pytest.Session, exitstatus: int) -> None:
        """Close the report and write the files beside it; without results nothing is written."""
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED or self._interruption.signals > 0
        broken = self._broken or exitstatus == pytest.ExitCode.INTERNAL_ERROR
        self._undeleted = session.config.stash[RUN].clean_up() if RUN in session.config.stash else []
        verdict = self._report.finish(interrupted=interrupted, broken=broken, undeleted=self._undeleted)
        if interrupted:
            session.exitstatus = Exit.INTERRUPTED
        elif exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = verdict.code or (Exit.UNMET if self._others_failed else Exit.CONFORMS)
        html_page.write_whole(session.config, has_results=bool(self._report.results))
        if not self._report.results:
            return
        folder, scrubber = self._report.path.parent, self._report.scrubber
        self._since = changed_since(folder, self._report.judged())
        self._papers = write_artifacts(self._report.judged(), folder, scrubber.text, self._since)
        _tell_github(self._papers[0], map(scrubber.text, github.outputs(self._report.judged(), str(folder))))
        if listed := chosen(session.config, "write-known-failures"):
            path = Path(session.config.invocation_params.dir, listed)
            write_whole(path, scrubber.text(self._known_failures(session.config, verdict)))
            self._papers.append(path)

    def _known_failures(self, config: pytest.Config, verdict: Verdict) -> str:
        """The failures of this run as a list. Those that did not fail everywhere are asked again, unless the run was interrupted."""
        terms, scope = config.stash[TERMS], self._report.judged().scope
        outcomes = [Outcome.FAIL, *([Outcome.WARN] if terms.fail_on is Level.SHOULD else [])]
        whole = scope.complete and not verdict.limited.cases
        undecided = [s.requirement.id for s in verdict.standings if whole and scope.counts(s) and s.undecided]
        replay = None if scope.interrupted else config.stash[RUN].try_out
        catalog, results = self._report.catalog, self._report.results
        return written(catalog, results, outcomes, terms.kept, complete=whole, undecided=undecided, replay=replay)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Generator[None, None, None]:
        """Print our summary after all others, so that the verdict is read last."""
        verbose = config.get_verbosity() > 0
        with _without_cases(terminalreporter) if not verbose else nullcontext():
            yield
        report = self._report
        if report.verdict is None:
            return
        terminalreporter.write_sep("=", "conformance")
        for line in lines_since(self._since) if self._since is not None else ():
            terminalreporter.write_line(report.scrubber.text(line))
        for line in terminal.summary(report.catalog, report.subject, report.verdict, report.results, verbose=verbose):
            terminalreporter.write_line(report.scrubber.text(line))
        for line in client_lines(report.catalog, report.results):
            terminalreporter.write_line(report.scrubber.text(line))
        for line in (*added(report.results), *stray(config.stash[RUN].unmatched if RUN in config.stash else [])):
            terminalreporter.write_line(report.scrubber.text(f"gateway: {line}"))
        for line in self._undeleted:
            terminalreporter.write_line(
                report.scrubber.text(f"still at the endpoint, because it could not be deleted: {on_one_line(line)}")
            )
        self._tell_files(terminalreporter, config)

    def _tell_files(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Print the files written, and annotate on GitHub what fails the run."""
        report = self._report
        assert report.verdict is not None
        if not report.results:
            terminalreporter.write_line(f"no case was played, so nothing was written: {report.path.parent} is as it was")
            return
        if "GITHUB_ACTIONS" in os.environ:
            for line in github.errors(report.judged()):
                terminalreporter.write_line(report.scrubber.text(line))
        for path in (Path(getattr(config.option, "htmlpath", None) or ""), report.path, *self._papers):
            if path.is_file():
                terminalreporter.write_line(os.path.relpath(path, config.invocation_params.dir))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Name the page."""
        report.title = f"Conformance of {self._report.subject.base_url}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Remove the column of links: each case has its link in place of the log."""
        cells[:] = [cell for cell in cells if cell != "<th>Links</th>"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, cells: list[str]) -> None:
        """Remove the cell of links."""
        cells[:] = [cell for cell in cells if not cell.startswith('<td class="col-links"')]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """Replace a case's failure text with its unmet requirements and a link to their evidence on the page."""
        played = attached(report)
        if played is not None:
            data[:] = [cases.told_in_table(played.result)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put our page above pytest-html's own table."""
        report = self._report
        if report.verdict is not None:
            prefix.append(compliance.fragment(report.catalog, report.subject, report.verdict, report.judged().record, self._since))


@contextmanager
def _without_cases(reporter: pytest.TerminalReporter) -> Iterator[None]:
    """Keep pytest from listing failed cases one by one: our summary names each requirement once. Other failures are listed."""
    failed = reporter.stats.get("failed")
    if failed is None:
        yield
        return
    reporter.stats["failed"] = [report for report in failed if attached(report) is None]
    try:
        yield
    finally:
        reporter.stats["failed"] = failed


def _tell_github(summary: Path, outputs: Iterable[str]) -> None:
    """In a GitHub job, write the job summary and the outputs for later steps."""
    for variable, text in (
        ("GITHUB_STEP_SUMMARY", summary.read_text("utf-8")),
        ("GITHUB_OUTPUT", "".join(f"{line}\n" for line in outputs)),
    ):
        if target := os.environ.get(variable):
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(text)
