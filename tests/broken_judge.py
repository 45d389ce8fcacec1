"""A plugin that breaks the judge, to test how our own errors are reported."""

from __future__ import annotations

from unittest import mock

import pytest

from harness.judging.judge import Judge


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of our own")

    breaking = mock.patch.object(Judge, "case", broken)
    breaking.start()
    config.add_cleanup(breaking.stop)
