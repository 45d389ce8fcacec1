"""Reviewed texts in ``tests/golden/``. WIREPROOF_GOLDEN=write rewrites them; review the diff."""

from __future__ import annotations

import os
import re
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def steady(text: str) -> str:
    """A text without what differs from run to run."""
    text = re.sub(r"[0-9a-f]{32}", "0" * 32, text)
    text = re.sub(r'("(?:created|created_at|completed_at)": ?)\d+', r"\g<1>0", text)
    text = re.sub(r'timestamp="[0-9T:-]+Z"', 'timestamp="2026-11-23T00:00:00Z"', text)
    return re.sub(r' time="[0-9.]+"', ' time="0"', text)


def hold(name: str, text: str) -> None:
    """Hold a text against the agreed one."""
    path = GOLDEN / name
    if os.environ.get("WIREPROOF_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{name} is not there: write it with WIREPROOF_GOLDEN=write, read it, and commit it if it is right"
    assert text == path.read_text(encoding="utf-8")
