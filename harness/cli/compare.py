"""Compares recorded runs, or two audits."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..judging import Exit
from ..model import Level
from ..records import read_report
from ..reporting import audit_page, compare, compare_audits, comparison_lines, comparison_page, labels, matrix, on_terminal
from ..reporting import comparison_text as comparison
from ..wire import Scrubber
from . import files


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("records", metavar="RUN.jsonl", nargs="+", help="the old record and the new one, or more; or two audit.json")
    parser.add_argument("--markdown", metavar="FILE", help="write it as Markdown too")
    parser.add_argument("--html", metavar="FILE", help="write it as a page too")
    parser.add_argument("--fail-on", choices=["must", "should"], default="should", help="which requirements may break (%(default)s)")
    files.declare_key(parser)


def run(given: argparse.Namespace) -> int:
    """Compare; the exit code is 1 if anything broke between two runs, else 2 if one of them was interrupted."""
    if len(given.records) < 2:
        files.complain("compare needs at least two records: wireproof compare OLD/run.jsonl NEW/run.jsonl")
    scrubber = files.scrubber_of(given)
    if (audits := files.or_complain(lambda: [read_report(Path(path)) for path in given.records])) and all(audits):
        return _audits(given, scrubber, [one for one in audits if one is not None])
    if any(audits):
        files.complain("an audit and a run cannot be compared")
    runs = files.or_complain(lambda: [files.judged(path, scrubber) for path in given.records])
    reports = [_report(Path(path), Path(given.html or ".")) for path in given.records]
    if len(runs) > 2:
        named, rows = labels(runs), matrix(runs)
        texts = comparison.matrix_text(named, runs, rows), comparison.matrix_markdown(named, runs, rows)
        draw = partial(comparison_page.matrix_page, named, runs, rows, reports)
        code = Exit.CONFORMS
    else:
        found = compare(*runs)
        texts = comparison.text(found), comparison.markdown(found)
        draw = partial(comparison_page.page, found, reports)
        code = Exit.UNMET if any(change.requirement.level in _levels(given) for change in found.broke) else Exit.CONFORMS
    files.say(texts[0], scrubber)
    cut_off = [(path, one) for path, one in zip(given.records, runs, strict=True) if one.scope.interrupted]
    for path, one in cut_off:
        print(f"{path} was interrupted: it holds {len(one.record.results)} of {one.record.header['cases']} cases; the others say nothing.")
    if cut_off and code == Exit.CONFORMS:
        code = Exit.INTERRUPTED
    if given.markdown:
        files.write(Path(given.markdown), texts[1], scrubber)
    if given.html:
        files.write(Path(given.html), draw(), scrubber)
    return int(code)


def _audits(given: argparse.Namespace, scrubber: Scrubber, reports: Sequence[Mapping[str, Any]]) -> int:
    """Compare two audits; the exit code is 1 if anything broke."""
    if len(reports) > 2:
        files.complain("only two audits can be compared at a time")
    if given.markdown:
        files.complain("--markdown: a comparison of audits has no Markdown; use --html")
    found = compare_audits(*reports)
    files.say(on_terminal("\n".join(comparison_lines(found))), scrubber)
    if given.html:
        files.write(Path(given.html), audit_page.comparison(found), scrubber)
    return int(Exit.UNMET if found.broken(_levels(given)) else Exit.CONFORMS)


def _levels(given: argparse.Namespace) -> set[Level]:
    """The levels at which nothing may break."""
    return {Level.MUST} if given.fail_on == Level.MUST else {Level.MUST, Level.SHOULD}


def _report(record: Path, page: Path) -> str:
    """The relative URL of a run's own page from another page; empty if no page lies beside the record."""
    report = record.parent / "compliance.html"
    return quote(os.path.relpath(report, page.parent)) if report.is_file() else ""
