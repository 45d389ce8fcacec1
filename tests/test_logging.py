"""What a run says of itself at DEBUG: each request, wait and decision by its case, and never a secret."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.reference.refusals import KEY
from tests.inprocess import SUBJECT, judge


def test_log_follows_each_request_and_holds_no_key(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    """A model with the key in its name puts the key into a path."""
    cases = [case for case in catalog.cases if case.startswith("models/list/")]
    with caplog.at_level(logging.DEBUG, logger="wireproof"):
        loop.run_until_complete(judge(catalog, cases=cases, subject=replace(SUBJECT, model=f"model-{KEY}")))
    assert f"{cases[0]}: begins" in caplog.text
    assert "GET /models/model-[key removed]" in caplog.text
    assert "status 404 after" in caplog.text
    assert KEY not in caplog.text


def test_log_is_silent_by_default() -> None:
    logger = logging.getLogger("wireproof")
    assert not logger.handlers
    assert not logger.isEnabledFor(logging.DEBUG)
