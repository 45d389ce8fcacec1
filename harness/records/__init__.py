"""Records of our runs, and recordings made by other tools.

In: results as a run produces them, or files: our ``run.jsonl``, HAR, VCR cassettes, JSON Lines.
Out: the record of a run, and verdicts on recordings without an endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .claim import PREVIOUS, ClaimError, ReportFolder
    from .lines import ExchangeRecorder
    from .report import Judged, Report, judged_again
    from .run_record import RecordError, read_record, result_from_json, result_to_json, subject_from_json
    from .terms import RunTerms
    from .verdicts import OfHost, OfRun, RecordingTerms, gravest, judge_files

__getattr__ = loader(
    __name__,
    {
        "claim": ("PREVIOUS", "ClaimError", "ReportFolder"),
        "lines": ("ExchangeRecorder",),
        "report": (
            "Judged",
            "Report",
            "judged_again",
        ),
        "run_record": (
            "RecordError",
            "read_record",
            "result_from_json",
            "result_to_json",
            "subject_from_json",
        ),
        "terms": ("RunTerms",),
        "verdicts": (
            "OfHost",
            "OfRun",
            "RecordingTerms",
            "gravest",
            "judge_files",
        ),
    },
)
__all__ = [
    "PREVIOUS",
    "ClaimError",
    "ExchangeRecorder",
    "Judged",
    "OfHost",
    "OfRun",
    "RecordError",
    "RecordingTerms",
    "Report",
    "ReportFolder",
    "RunTerms",
    "gravest",
    "judge_files",
    "judged_again",
    "read_record",
    "result_from_json",
    "result_to_json",
    "subject_from_json",
]
