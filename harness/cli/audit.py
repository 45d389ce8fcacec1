"""Judges logs of real traffic, of any size."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from .. import spare_collector
from ..model import Level
from ..records import Audit, AuditProgress, AuditTerms, audited, read_mapping
from ..reporting import audit_page, audit_text, on_terminal
from . import files

TOLD_EVERY = 10.0
"""Seconds between two lines of progress; on a terminal, where they replace each other, one."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "patterns", nargs="+", metavar="PATTERN", help="files, globs or folders: paths, or addresses such as s3://bucket/day-*"
    )
    parser.add_argument("--workers", type=_number, default=1, metavar="N", help="judge with so many processes (%(default)s)")
    parser.add_argument("--on", metavar="WHERE", help="judge on a Dask cluster: local, or its scheduler's tcp:// or tls:// address")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="keep here what is done, and go on from it")
    parser.add_argument("--mapping", type=Path, metavar="FILE", help="a YAML file that tells where a log keeps the parts of an exchange")
    parser.add_argument("--profile", default="openai", metavar="NAME", help="what is expected of the endpoints (%(default)s)")
    parser.add_argument("--fail-on", choices=["must", "should"], default="must", help="which unmet requirements count (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which examples are drawn (%(default)s)")
    parser.add_argument("--keep-texts", action="store_true", help="let examples show what people wrote and got, not only its structure")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", help="write audit.html and audit.json here")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    files.declare_key(parser)


def run(given: argparse.Namespace) -> int:
    """Audit the logs and print what was found; the exit code is that of judge."""
    spare_collector()
    scrubber = files.scrubber_of(given)
    mapping = files.or_complain(lambda: read_mapping(given.mapping)) if given.mapping else None
    terms = AuditTerms(given.profile, given.seed, given.keep_texts, mapping)
    audit = Audit(given.patterns, terms, Level(given.fail_on), given.workers, given.on, given.checkpoint)
    report = scrubber.clean(files.or_complain(lambda: audited(audit, _Teller().tell)))
    if given.report_dir:
        files.or_complain(lambda: given.report_dir.mkdir(parents=True, exist_ok=True))
        files.write(given.report_dir / "audit.json", json.dumps(report, indent=1) + "\n", scrubber)
        files.write(given.report_dir / "audit.html", audit_page.page(report), scrubber)
    if given.json:
        print(json.dumps(report, indent=2))
    else:
        files.say(on_terminal(audit_text.text(report)), scrubber)
    return int(report["code"])


def _number(word: str) -> int:
    """A number of processes."""
    if not word.isdecimal() or not 1 <= int(word) <= 1_000:
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 to 1,000")
    return int(word)


class _Teller:
    """Tells on standard error how far an audit has come, now and then."""

    def __init__(self) -> None:
        self._redraws = sys.stderr.isatty()
        self._last = time.monotonic() - (TOLD_EVERY - 1 if self._redraws else 0)

    def tell(self, progress: AuditProgress) -> None:
        """Tell it, unless that was just done."""
        now, done = time.monotonic(), progress.octets >= progress.all_octets
        if now - self._last < (1 if self._redraws else TOLD_EVERY) and not (done and self._redraws):
            return
        self._last = now
        share = progress.octets / progress.all_octets if progress.all_octets else 1.0
        rate = progress.entries / progress.seconds if progress.seconds > 0 else 0
        left = "" if progress.seconds_left is None else f", {_duration(progress.seconds_left)} left"
        line = f"audit: {share:.0%}, {progress.entries:,} records, {rate:,.0f} a second{left}"
        print(f"\r{line:<78}" if self._redraws else line, end="\n" if done or not self._redraws else "", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    """A time that is easy to read."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
