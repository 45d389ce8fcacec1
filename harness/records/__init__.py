"""Records of our runs, and recordings made by other tools.

In: results as a run produces them, or files: our ``run.jsonl``, HAR, VCR cassettes, JSON Lines.
Out: the record of a run, verdicts on recordings without an endpoint, and the report of an audit of logs of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .audit.auditing import Audit, AuditProgress, audited
    from .audit.mapping import read_mapping
    from .audit.reading import read_report
    from .audit.work import AuditTerms
    from .claim import PREVIOUS, ClaimError, ReportFolder
    from .lines import ExchangeRecorder
    from .report import Judged, Report, judged_again
    from .run_record import RecordError, read_record, result_from_json, result_to_json, subject_from_json
    from .terms import RunTerms
    from .verdicts import OfHost, OfRun, RecordingTerms, gravest, judge_files

__getattr__ = loader(
    __name__,
    {
        "audit.auditing": ("Audit", "AuditProgress", "audited"),
        "audit.mapping": ("read_mapping",),
        "audit.reading": ("read_report",),
        "audit.work": ("AuditTerms",),
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
    "Audit",
    "AuditProgress",
    "AuditTerms",
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
    "audited",
    "gravest",
    "judge_files",
    "judged_again",
    "read_mapping",
    "read_record",
    "read_report",
    "result_from_json",
    "result_to_json",
    "subject_from_json",
]
