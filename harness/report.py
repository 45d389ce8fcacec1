"""What a run leaves behind: the record as it grows, and the verdict at its end."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from .catalog import Catalog
from .model import CaseResult, Json, Level, RunRecord, Subject
from .record import RecordWriter
from .secrets import Scrubber
from .verdict import Exit, Verdict, reach

LIBRARIES = ("httpx", "jsonschema", "hypothesis", "pytest")


class Report:
    """Collects the results of a run, writing each one down at once."""

    def __init__(self, catalog: Catalog, subject: Subject, scrubber: Scrubber, folder: Path, fail_on: Level, command: str) -> None:
        self.catalog = catalog
        self.subject = subject
        self.scrubber = scrubber
        self.path = folder / "run.jsonl"
        self.verdict: Verdict | None = None
        self._fail_on = fail_on
        self._results: list[CaseResult] = []
        self._absent: dict[str, str] = {}
        self._unshown = 0
        self._started = time.time()
        self._footer: dict[str, Json] | None = None
        self._header: dict[str, Json] = {
            "subject": asdict(subject),
            "spec": catalog.snapshot,
            "fail_on": fail_on,
            "command": scrubber.text(command),
            "started_at": self._started,
            "cases": len(catalog.cases),
            "versions": {name: version(name) for name in ("wireproof", *LIBRARIES)} | {"python": platform.python_version()},
        }
        self._writer = RecordWriter(self.path, scrubber)
        self._writer.header(self._header)

    def take(self, result: CaseResult, absent: Mapping[str, str], unshown: int = 0) -> None:
        """Keep a result, and what is known by then of features that are not offered.

        ``unshown`` requests were sent for it whose exchanges it does not hold.
        """
        self._unshown += unshown
        self._results.append(result)
        self._absent.update(absent)
        self._writer.result(result)

    def finish(self, *, interrupted: bool, broken: bool) -> Verdict:
        """Reach the verdict and write the footer. ``broken`` tells that our own code failed somewhere."""
        partial = self._partial() if not broken else ""
        self.verdict = reach(self.catalog, self._results, self._absent, fail_on=self._fail_on, partial=partial, interrupted=interrupted)
        if broken:
            self.verdict = replace(self.verdict, code=Exit.OUR_FAULT, sentence="no verdict: the harness itself failed, see above")
        self._footer = {
            "verdict": self.verdict.sentence,
            "code": int(self.verdict.code),
            "complete": not (interrupted or broken or partial),
            "absent": self._absent,
            "seconds": round(time.time() - self._started, 3),
            "requests": self._unshown + sum(1 + len(e.attempts) for result in self._results for e in result.exchanges),
        }
        self._writer.footer(self._footer)
        return self.verdict

    def _partial(self) -> str:
        """What part of the suite was judged; empty when all cases were."""
        kinds: dict[str, Mapping[str, object]] = {
            "cases": self.catalog.cases,
            "properties": self.catalog.properties,
            "calls of clients": self.catalog.calls,
        }
        counts = {kind: (sum(result.case in known for result in self._results), len(known)) for kind, known in kinds.items()}
        if counts["cases"][0] == counts["cases"][1]:
            return ""
        return ", ".join(f"{judged} of {all_} {kind}" for kind, (judged, all_) in counts.items() if judged or kind == "cases")

    def record(self) -> RunRecord:
        """The whole run so far."""
        return RunRecord(self._header, tuple(self._results), self._footer)

    def close(self) -> None:
        """Close the record's file."""
        self._writer.close()
