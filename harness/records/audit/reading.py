"""Reads the report of an audit again, to compare it with another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..recorded import UnreadableError
from ..shapes import misshapen
from .result import FORMAT

BEGINS = 512


def read_report(path: Path) -> dict[str, Any] | None:
    """The report that a file holds; ``None`` if it is no report of an audit. Raises ``UnreadableError``."""
    try:
        with path.open("rb") as file:
            if b'"audit":' not in file.read(BEGINS):
                return None
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path}: the report of an audit is cut off or not JSON; audit again.") from error
    if not isinstance(report, dict) or "audit" not in report:
        return None
    if report["audit"] != FORMAT:
        raise UnreadableError(f"{path}: was written by another version; audit again.")
    if (wrong := misshapen("audit", report)) is not None:
        raise UnreadableError(f"{path}: {wrong[1]}; spec/schemas/files/audit.json describes the report of an audit.")
    return report
