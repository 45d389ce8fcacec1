"""What the parts of the plugin leave for each other in pytest's configuration, and where the suites lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..catalog import Catalog
from ..model import CaseResult
from ..records import Report, RunTerms
from ..runner import Run, RunOptions

CATALOG = pytest.StashKey[Catalog]()
OPTIONS = pytest.StashKey[RunOptions]()
RUN = pytest.StashKey[Run]()
REPORT = pytest.StashKey[Report]()
TERMS = pytest.StashKey[RunTerms]()
PENDING = pytest.StashKey[list[CaseResult]]()
KNOWN = pytest.StashKey[list[CaseResult]]()
UNSHOWN = pytest.StashKey[int]()
SUITES = Path(__file__).resolve().parent.parent.parent / "suites"
