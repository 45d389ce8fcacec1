"""Reserves the report folder for one run. An unusable folder is refused before anything is sent."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TextIO

try:
    import fcntl
except ImportError:  # Windows has no fcntl: two runs there are not kept apart
    fcntl = None  # type: ignore[assignment]


PREVIOUS = "previous"
"""The subfolder of the report folder that holds the previous run's files."""

PAPERS = (
    "compliance.html",
    "summary.md",
    "junit.xml",
    "results.sarif",
    "code-quality.json",
    "metrics.prom",
    "badge.json",
)
"""The files beside the record that belong to the same run."""


class ClaimError(Exception):
    """The report folder cannot be used; the text says why and what to do."""


class ReportFolder:
    """A report folder locked for this run until ``close``. Its old content stays until the record begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "run.jsonl"
        self._was_there = self.path.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b" " * 4096)
            self.file: TextIO = self.path.open("a", encoding="utf-8")
        except OSError as error:
            raise ClaimError(
                f"--report-dir {folder}: cannot be created or written ({error.strerror or error}); name another folder."
            ) from error
        self._lock()

    def _lock(self) -> None:
        """Lock out other runs while the file is open."""
        if fcntl is None:
            return
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.close()
            raise ClaimError(
                f"--report-dir {self.folder}: another run is writing there; wait until it ends, or name another folder."
            ) from None
        except OSError:  # a file system without locks
            return

    def begin(self) -> TextIO:
        """Move the previous run's files to ``previous`` and return the emptied record file. Raises ``OSError``."""
        if self.path.is_file():
            self._keep()
            self.file.seek(0)
            self.file.truncate()
        return self.file

    def _keep(self) -> None:
        """Move all files of the previous run together, so that files of two runs never mix."""
        self.file.flush()
        if self.path.stat().st_size == 0:
            return
        kept = self.folder / PREVIOUS
        kept.mkdir(exist_ok=True)
        for name in ("run.jsonl", *PAPERS):
            (kept / name).unlink(missing_ok=True)
        shutil.copyfile(self.path, kept / "run.jsonl")  # the file itself stays: its lock keeps others out
        for name in PAPERS:
            if (self.folder / name).is_file():
                (self.folder / name).replace(kept / name)

    def close(self) -> None:
        """Release the folder. A record that was never begun leaves no file."""
        if not self.file.closed:
            with suppress(OSError):
                self.file.flush()
            if not self._was_there and os.fstat(self.file.fileno()).st_size == 0:
                self.path.unlink(missing_ok=True)
            with suppress(OSError):  # a full disk was already reported
                self.file.close()
