"""The files beside the compliance page that a run leaves for machines and for people in a hurry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import VERSION
from ..records import Judged
from . import badge, junit, markdown, sarif

PAPERS: Mapping[str, Callable[[Judged], str]] = {
    "summary.md": lambda run: markdown.summary(run.catalog, run.subject, run.verdict),
    "junit.xml": lambda run: junit.junit(run.catalog, run.subject, run.record.results, run.scope),
    "results.sarif": lambda run: _json(sarif.sarif(run.catalog, run.subject, run.verdict, VERSION)),
    "badge.json": lambda run: _json(badge.badge(run.verdict)),
}
"""How each file is drawn."""


def _json(value: object) -> str:
    # ASCII only: an endpoint may send lone surrogates, which no UTF-8 file can hold.
    return json.dumps(value, indent=1) + "\n"


def write_artifacts(run: Judged, folder: Path, scrubbed: Callable[[str], str]) -> list[Path]:
    """Write all of them, without what is secret, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in PAPERS.items():
        path = folder / name
        path.write_text(scrubbed(draw(run)), encoding="utf-8", errors="backslashreplace")
        written.append(path)
    return written
