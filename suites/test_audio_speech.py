"""Speech."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Case

AREA = "audio-speech"


def test_audio_speech(case: Case, judged: Callable[[Case], None]) -> None:
    """Each case of the area ends as its findings ask."""
    judged(case)
