"""Writes the reports of a recorded run again."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..reporting import changed_since, compliance, frame, on_terminal, write_artifacts
from . import files


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("record", metavar="RUN.jsonl", help="the record of a run")
    parser.add_argument("--report-dir", metavar="DIR", help="where the pages go (beside the record)")
    files.declare_key(parser)


def run(given: argparse.Namespace) -> int:
    """Write them; the exit code is the run's own."""
    scrubber = files.scrubber_of(given)
    judged = files.or_complain(lambda: files.judged(given.record, scrubber))
    folder = Path(given.report_dir) if given.report_dir else Path(given.record).parent
    before = changed_since(Path(given.record).parent, judged)
    paths = files.or_complain(lambda: write_artifacts(judged, folder, scrubber.text, before))
    page = folder / "compliance.html"
    title = f"Conformance of {judged.subject.base_url}"
    drawn = compliance.fragment(judged.catalog, judged.subject, judged.verdict, judged.record, before)
    files.write(page, frame.standalone(title, drawn), scrubber)
    for path in (page, *paths):
        files.say(str(path), scrubber)
    files.say(on_terminal(judged.verdict.sentence), scrubber)
    return int(judged.verdict.code)
