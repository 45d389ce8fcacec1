"""One behaviour judged from beginning to end: preflight, some cases, the record, the page and all other files."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.catalog import WHOLENESS, Catalog
from harness.judging import Exit
from harness.model import CaseResult, Level, Outcome
from harness.records import Report, ReportFolder, RunTerms, judged_again, read_record
from harness.reporting import compliance, frame, terminal, write_artifacts
from harness.runner import NotJudgeableError, RateLimitedError, Run, RunOptions

KEY = "sk-hostile-Zq7mN2xV9pLr4TdW8kYb3HsJ6cFg5Aeu"
TIMEOUT = 0.6
"""The longest silence, in seconds; a whole reply may take three times as long."""

CASES = (
    "models/list/listed",
    "chat/basics/short-reply",
    "chat/basics/stream-false",
    "chat-stream/basics/short-reply",
    "embeddings/input/text",
    "responses/basics/short-reply",
)
"""What is played of most behaviours: those of these cases that the catalog has."""

MINUTES = 0.5


@dataclass(frozen=True, slots=True)
class Played:
    """What a behaviour came to, and all that was written of it."""

    code: int
    sentence: str
    names: tuple[str, ...]
    ours: tuple[str, ...]
    texts: dict[str, str]
    seconds: float

    @property
    def outcome(self) -> str:
        """The exit code and what the run names, as the table has it."""
        return " ".join([str(self.code), *self.names])

    def leaks(self) -> Iterator[str]:
        """Where twelve characters of the key in a row were written, as they are or as JSON or a URL may spell them."""
        runs = [KEY[at : at + 12] for at in range(len(KEY) - 11)]
        for name, text in self.texts.items():
            spelled = re.sub(r"\\u00([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)
            if any(run in text or run in spelled for run in runs):
                yield name


def play(catalog: Catalog, base_url: str, folder: Path, chosen: tuple[str, ...] = ()) -> Played:
    """Judge a behaviour in the cases that meet it."""
    started = time.monotonic()
    run = Run(catalog, RunOptions(base_url=base_url, key=KEY, key_name="HOSTILE_KEY", timeout=TIMEOUT, minutes=MINUTES))
    try:
        try:
            known = run.clear()
        except (NotJudgeableError, RateLimitedError) as refusal:
            code = Exit.INCOMPLETE if isinstance(refusal, RateLimitedError) else Exit.NOT_JUDGEABLE
            return Played(code, str(refusal), (), (), {"stderr": str(refusal)}, time.monotonic() - started)
        del known
        cases = [case for name, case in run.catalog.cases.items() if name in (chosen or CASES)]
        run.start(cases)
        results = [run.result(case) for case in cases]
        return _written(run, results, folder, started)
    finally:
        run.close()


def _written(run: Run, results: list[CaseResult], folder: Path, started: float) -> Played:
    """Write all that a run writes, and read the record back."""
    assert run.subject is not None
    report = Report(run.catalog, run.subject, run.scrubber, ReportFolder(folder), RunTerms(), "pytest")
    for result in results:
        report.take(result, run.absent())
    verdict = report.finish(interrupted=False, broken=False)
    report.close()
    judged = report.judged()
    write_artifacts(judged, folder, run.scrubber.text)
    page = compliance.fragment(judged.catalog, judged.subject, judged.verdict, judged.record)
    (folder / "compliance.html").write_text(frame.standalone("x", page), "utf-8")
    again = judged_again(read_record(report.path), run.catalog)
    assert again.verdict.code == verdict.code, "the record does not read back as it was written"
    texts = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in folder.iterdir() if path.is_file()}
    texts["stdout"] = run.scrubber.text("\n".join(terminal.summary(judged.catalog, judged.subject, verdict)))
    unmet = sorted(s.requirement.id for s in verdict.standings if s.missed and s.requirement.level is Level.MUST)
    names = (WHOLENESS,) if WHOLENESS in unmet else tuple(unmet[:3])
    ours = tuple(f.reason for r in results for f in r.findings if f.outcome is Outcome.ERROR and "our own" in f.reason)
    return Played(verdict.code, verdict.sentence, names, ours, texts, time.monotonic() - started)
