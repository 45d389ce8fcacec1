"""Writes the files beside the compliance page, for machines and for quick readers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from ..records import Judged
from . import badge, code_quality, junit, markdown, metrics, sarif
from .since import Since

PAPERS: Mapping[str, Callable[[Judged, Since | None], str]] = {
    "summary.md": markdown.summary,
    "junit.xml": lambda run, _: junit.junit(run.catalog, run.subject, run.record.results, run.scope),
    "results.sarif": lambda run, _: _json(sarif.sarif(run)),
    "code-quality.json": lambda run, _: _json(code_quality.code_quality(run)),
    "metrics.prom": lambda run, _: metrics.metrics(run),
    "badge.json": lambda run, _: _json(badge.badge(run)),
}
"""How each file is drawn."""


def _json(value: object) -> str:
    # ASCII only: an endpoint may send lone surrogates, which no UTF-8 file can hold.
    return json.dumps(value, indent=1) + "\n"


def withdraw_badge(folder: Path) -> None:
    """Replace an earlier run's badge if the endpoint could not be judged."""
    path = folder / "badge.json"
    if path.is_file():
        write_whole(path, _json(badge.drawn(badge.NOT_JUDGED)))


def write_whole(path: Path, text: str) -> None:
    """Write a file under another name and rename it, so that nobody ever sees half of it. A device or a pipe is written to directly."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        return
    path = path.resolve()  # a link stays a link
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_artifacts(run: Judged, folder: Path, scrubbed: Callable[[str], str], since: Since | None = None) -> list[Path]:
    """Write all files, redacted, and return their paths. ``since`` is what changed since the previous run."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in PAPERS.items():
        path = folder / name
        write_whole(path, scrubbed(draw(run, since)))
        written.append(path)
    return written
