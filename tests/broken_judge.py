"""A plugin that breaks the judge, to see what a fault of our own comes to."""

from __future__ import annotations

import pytest

from harness.judging.judge import Judge


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of our own")

    Judge.case = broken  # type: ignore[method-assign, assignment]
