"""The keys under which the plugin's modules share state in pytest's configuration, and the path of the suites."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..model import CaseResult
    from ..records import Report, ReportFolder, RunTerms
    from ..runner import Run, RunOptions

CATALOG: pytest.StashKey[Catalog] = pytest.StashKey()
OPTIONS: pytest.StashKey[RunOptions] = pytest.StashKey()
RUN: pytest.StashKey[Run] = pytest.StashKey()
FOLDER: pytest.StashKey[ReportFolder] = pytest.StashKey()
REPORT: pytest.StashKey[Report] = pytest.StashKey()
TERMS: pytest.StashKey[RunTerms] = pytest.StashKey()
PENDING: pytest.StashKey[list[CaseResult]] = pytest.StashKey()
KNOWN: pytest.StashKey[list[CaseResult]] = pytest.StashKey()
UNSHOWN: pytest.StashKey[int] = pytest.StashKey()
SUITES = Path(__file__).resolve().parent.parent.parent / "suites"
