"""Run records for tests: the smallest header and footer, and runs in this process as if they had been recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.catalog import Catalog
from harness.judging.verdict import Scope, reach_verdict
from harness.model import CaseResult, RunRecord
from harness.records.report import Judged
from harness.records.run_record import RecordWriter
from harness.wire.redaction import Scrubber
from tests.inprocess import SUBJECT

HEADER: dict[str, Any] = {
    "subject": {
        "base_url": "http://h/v1",
        "model": "m",
        "completions_model": "m",
        "embeddings_model": "m",
        "profile": "openai",
    },
    "spec": "2026-08-21",
    "fail_on": "must",
    "command": "pytest",
    "started_at": 1_790_000_000.5,
    "cases": 2,
    "versions": {"wireproof": "0.1.0"},
    "selected": {"areas": [], "requirements": []},
    "known": [],
}
FOOTER: dict[str, Any] = {
    "verdict": "conforms",
    "code": 0,
    "complete": True,
    "partial": "",
    "interrupted": False,
    "broken": False,
    "absent": {},
    "seconds": 1.5,
    "requests": 3,
}


def as_run(catalog: Catalog, results: Sequence[CaseResult], scope: Scope | None = None) -> Judged:
    """What was judged in this process, as a run that was recorded."""
    scope = scope or Scope()
    verdict = reach_verdict(catalog, results, {}, scope)
    header = {"format": 1, **HEADER, "subject": dataclasses.asdict(SUBJECT), "fail_on": str(scope.fail_on), "cases": len(catalog.cases)}
    footer = {**FOOTER, "verdict": verdict.sentence, "code": int(verdict.code), "absent": dict(verdict.absent), "partial": scope.partial}
    return Judged(catalog, SUBJECT, verdict, RunRecord(header, tuple(results), footer), scope)


def write_run(path: Path, run: Judged) -> Path:
    """Write such a run to a file."""
    with RecordWriter(path, Scrubber()) as writer:
        writer.header({name: value for name, value in run.record.header.items() if name != "format"})
        for result in run.record.results:
            writer.result(result)
        if run.record.footer is not None:
            writer.footer(run.record.footer)
    return path
