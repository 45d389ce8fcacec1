"""Where a run's progress is shown: lines in a file, or one line of a terminal that is written again and again."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import Any, TextIO

ERASE = "\r\x1b[K"
"""Back to the beginning of the line, and erase it."""


class Screen:
    """Shows each message in a line of its own. ``writer`` is pytest's, which may be within a line of dots."""

    is_live = False

    def __init__(self, file: TextIO, writer: Any = None) -> None:
        self._file = file
        self._writer = writer

    def show(self, line: str) -> None:
        """Show a message."""
        is_within = self._writer is not None and self._writer.width_of_current_line > 0
        self._write(("\n" if is_within else "") + line + "\n")
        if is_within:
            self._writer._current_line = ""

    def clear(self) -> None:
        """Take away what must not stay: nothing here."""

    def _write(self, text: str) -> None:
        with suppress(OSError):  # whoever closed the terminal wants no progress
            self._file.write(text)
            self._file.flush()


class LiveScreen(Screen):
    """Shows each message in place of the one before."""

    is_live = True
    _shown = ""

    def show(self, line: str) -> None:
        """Show a message, cut to the width that the terminal has now."""
        width = shutil.get_terminal_size().columns - 1
        cut = line if len(line) <= width else line[: width - 1] + "…"
        if cut != self._shown:
            self._write(ERASE + cut)
            self._shown = cut

    def clear(self) -> None:
        """Erase the message."""
        if self._shown:
            self._write(ERASE)
            self._shown = ""
