"""What a run says of itself at DEBUG: each request, wait and decision by its case, and never a secret."""

from __future__ import annotations

import asyncio
import logging

import pytest

from harness.catalog import Catalog
from harness.model import Request
from harness.reference.answers import answer
from harness.reference.refusals import KEY
from harness.wire import Scrubber
from harness.wire.transport import Wire
from tests.inprocess import BASE_URL, Loopback, VirtualClock, judge


def test_log_follows_each_request(catalog: Catalog, loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="wireproof"):
        loop.run_until_complete(judge(catalog, cases=["models/list/unknown"]))
    assert "models/list/unknown: begins" in caplog.text
    assert "models/list/unknown#1: GET /models/wireproof-no-such-model" in caplog.text
    assert "models/list/unknown#1: status 404 after" in caplog.text


def test_log_holds_no_key(loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where an id that came from the endpoint puts it into a path."""
    clock = VirtualClock()
    wire = Wire(BASE_URL, Scrubber([KEY]), transport=Loopback(answer, clock), clock=clock, sleep=clock.sleep, trust_env=False)

    async def ask() -> None:
        await wire.exchange(Request("model", "GET", f"/models/{KEY}", (("authorization", f"Bearer {KEY}"),), b""), "case#1")
        await wire.close()

    with caplog.at_level(logging.DEBUG, logger="wireproof"):
        loop.run_until_complete(ask())
    assert "case#1: GET /models/" in caplog.text
    assert KEY not in caplog.text


def test_log_is_silent_by_default() -> None:
    logger = logging.getLogger("wireproof")
    assert not logger.handlers
    assert not logger.isEnabledFor(logging.DEBUG)
