"""A report folder that is taken by one run: told to be unusable before anything is sent, and never shared with another run."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TextIO

try:
    import fcntl
except ImportError:  # not on Windows, where nothing keeps two runs apart
    fcntl = None  # type: ignore[assignment]


PREVIOUS = "previous"
"""The folder, below that of the reports, which holds what the run before left."""

PAPERS = (
    "compliance.html",
    "summary.md",
    "junit.xml",
    "results.sarif",
    "code-quality.json",
    "metrics.prom",
    "badge.json",
)
"""The files beside the record that tell of the same run."""


class ClaimError(Exception):
    """A report folder that cannot be used; the text says why and what to do."""


class ReportFolder:
    """A folder that is ours to write into, from now on until it is closed. What was in it stays until the record begins."""

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
                f"--report-dir {folder}: cannot be made or written ({error.strerror or error}); name another folder."
            ) from error
        self._lock()

    def _lock(self) -> None:
        """Keep other runs out, for as long as the file is open."""
        if fcntl is None:
            return
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.close()
            raise ClaimError(
                f"--report-dir {self.folder}: another run writes there now; wait for its end, or name another folder."
            ) from None
        except OSError:  # a file system without locks
            return

    def begin(self) -> TextIO:
        """The file for a new record, emptied; what the run before left is kept below ``previous``. Raises ``OSError``."""
        if self.path.is_file():
            self._keep()
            self.file.seek(0)
            self.file.truncate()
        return self.file

    def _keep(self) -> None:
        """Put the run before aside, as a whole: pages of two runs never lie together."""
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
        """Let others have the folder. A record that was never begun leaves no file."""
        if not self.file.closed:
            with suppress(OSError):
                self.file.flush()
            if not self._was_there and os.fstat(self.file.fileno()).st_size == 0:
                self.path.unlink(missing_ok=True)
            with suppress(OSError):  # a full disk was told of before
                self.file.close()
