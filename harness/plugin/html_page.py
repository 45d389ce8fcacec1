"""Makes pytest-html write its page whole or not at all, and only if the run has results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def write_whole(config: pytest.Config, *, has_results: bool) -> None:
    """Write the page under another name, then rename it. Without results the previous run's page stays."""
    for page in list(config.pluginmanager.get_plugins()):
        if not (type(page).__module__.startswith("pytest_html.") and hasattr(page, "_write_report")):
            continue
        if has_results:
            _rename_when_written(page)
        else:
            page._write_report = lambda _: None
            config.pluginmanager.unregister(page)  # else it would report a page that it did not write


def _rename_when_written(page: Any) -> None:
    """Rename the finished page, so that nobody sees half of it."""
    write, path = page._write_report, Path(page._report_path)

    def whole(rendered: str) -> None:
        page._report_path = path.with_name(f".{path.name}.part")
        try:
            write(rendered)
            page._report_path.replace(path)
        finally:
            page._report_path.unlink(missing_ok=True)
            page._report_path = path

    page._write_report = whole
