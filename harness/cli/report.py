"""Draws the pages of a recorded run again."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..reporting import compliance, frame, write_artifacts
from ..wire import Scrubber
from . import files


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("record", metavar="RUN.jsonl", help="the record of a run")
    parser.add_argument("--report-dir", metavar="DIR", help="where the pages go (beside the record)")


def run(given: argparse.Namespace) -> int:
    """Draw them; the exit code is the run's own."""
    judged = files.or_complain(lambda: files.judged(given.record))
    folder = Path(given.report_dir) if given.report_dir else Path(given.record).parent
    scrubber = Scrubber()  # the record was scrubbed when it was written
    paths = files.or_complain(lambda: write_artifacts(judged, folder, scrubber.text))
    page = folder / "compliance.html"
    title = f"Conformance of {judged.subject.base_url}"
    page.write_text(frame.standalone(title, compliance.fragment(judged.catalog, judged.subject, judged.verdict, judged.record)), "utf-8")
    for path in (page, *paths):
        print(path)
    print(judged.verdict.sentence)
    return int(judged.verdict.code)
