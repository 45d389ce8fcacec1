"""Carries a case's result on its test report: as an object, and as JSON text only between pytest-xdist processes."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from ..model import CaseResult
from ..records import result_from_json, result_to_json

Serialized: TypeAlias = dict[str, Any]

ATTRIBUTE = "wireproof"
FOREIGN = "wireproof_foreign"


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A played case: its result, the features found absent by then, and the number of requests its exchanges do not show."""

    result: CaseResult
    absent: Mapping[str, str]
    unshown: int = 0


def attach(report: pytest.TestReport, played: CaseReport) -> None:
    """Put a played case on its test's report."""
    setattr(report, ATTRIBUTE, played)


def attached(report: Any) -> CaseReport | None:
    """The played case on a report; ``None`` on reports of anything else."""
    played = getattr(report, ATTRIBUTE, None)
    return played if isinstance(played, CaseReport) and report.when == "call" else None


def mark_foreign(report: pytest.TestReport, foreign: bool) -> None:
    """Mark the report of a test that is not of our suites. The mark crosses processes by itself."""
    if foreign:
        setattr(report, FOREIGN, True)


def is_foreign(report: Any) -> bool:
    """Whether a report is of somebody else's test, which runs in the same session."""
    return bool(getattr(report, FOREIGN, False))


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report: Any) -> Generator[None, Serialized | None, Serialized | None]:
    """Send a case to the main process as text, which every transport accepts whatever the endpoint sent."""
    played = getattr(report, ATTRIBUTE, None)
    if isinstance(played, CaseReport):
        delattr(report, ATTRIBUTE)
    data = yield
    if data is not None and isinstance(played, CaseReport):
        data[ATTRIBUTE] = json.dumps({"result": result_to_json(played.result), "absent": dict(played.absent), "unshown": played.unshown})
        setattr(report, ATTRIBUTE, played)
    return data


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data: Serialized) -> Generator[None, Any, Any]:
    """Parse a case from a worker, once."""
    report = yield
    text = getattr(report, ATTRIBUTE, None)
    if isinstance(text, str):
        found = json.loads(text)
        setattr(report, ATTRIBUTE, CaseReport(result_from_json(found["result"]), found["absent"], found["unshown"]))
    return report
