"""Ends a run early on Ctrl-C (also repeated), SIGTERM or a closed terminal, and closes its record as interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))

PATIENCE = 3
"""After this many signals the process ends at once, even with files unwritten."""


class Interruption:
    """Replaces Python's signal handlers during a run.

    The first signal ends the run as Ctrl-C does in pytest. Later ones, and any while the run is ``closing``, are only counted.
    """

    def __init__(self) -> None:
        self.signals = 0
        self.closing = False
        self._before: dict[signal.Signals, Any] = {}

    def install(self) -> Callable[[], None]:
        """Install the handlers and return a function that restores the old ones. Only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # nohup ignores SIGHUP
            self._before = {number: signal.signal(number, self._take) for number in heeded}
        return self._restore

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals == 1 and not self.closing:
            raise KeyboardInterrupt
        if self.signals >= PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
