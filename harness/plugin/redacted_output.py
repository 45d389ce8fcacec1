"""Redacts everything the process writes: the terminal, pytest's reports and logs, and pytest-html's page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..runner import Run

HANDLERS = ("caplog_handler", "report_handler", "log_cli_handler", "log_file_handler")
"""The handlers of pytest's own logging."""


def guard(config: pytest.Config, run: Run) -> None:
    """Route all output through the run's redaction from now on."""
    scrubber = run.scrubber
    terminal: Any = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None:
        writer = terminal._tw
        writer._file = scrubber.stream(writer._file)
    logs: Any = config.pluginmanager.getplugin("logging-plugin")
    for handler in (logging.lastResort, *(getattr(logs, name, None) for name in HANDLERS)):
        if isinstance(handler, logging.Handler):
            handler.addFilter(keys := scrubber.log_filter())
            config.add_cleanup(partial(handler.removeFilter, keys))
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__module__.startswith("pytest_html.") and hasattr(plugin, "_write_report"):
            _guard_page(plugin, scrubber.text)


def _guard_page(page: Any, cleaned: Callable[[str], str]) -> None:
    """Redact pytest-html's page, much of which it draws itself."""
    write = page._write_report
    page._write_report = lambda rendered: write(cleaned(rendered))


def clean(report: pytest.TestReport, run: Run) -> None:
    """Redact the texts on a report, from which pytest makes its terminal output, its JUnit file and its page."""
    cleaned = run.scrubber.text
    report.sections = [(name, cleaned(text)) for name, text in report.sections]
    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, cleaned(reason))
    elif report.longrepr is not None:
        told = str(report.longrepr)
        if (without := cleaned(told)) != told or isinstance(report.longrepr, str):
            report.longrepr = without
