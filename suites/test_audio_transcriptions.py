"""Transcriptions and translations of sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.model import Case

AREA = "audio-transcriptions"


def test_audio_transcriptions(case: Case, judged: Callable[[Case], None]) -> None:
    """Each case of the area ends as its findings ask."""
    judged(case)
