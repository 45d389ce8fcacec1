"""Fixtures shared by the self-tests."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from harness.catalog import Catalog
from tests.baseline import Baseline
from tests.catalogs import READERS, read_once

pytest_plugins = ["pytester"]

# A process that was started in the background ignores this signal, and would hand that on to the runs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


SECONDS = os.environ.get("WIREPROOF_SECONDS")
ENDS = time.monotonic() + float(SECONDS) if SECONDS else None
"""When no further test begins, for ``make check``."""

LONGEST = (
    "test_wheel.py",
    "test_relay.py",
    "test_plugin.py",
    "test_leaks.py",
    "test_relay_run.py",
    "test_bad_input.py",
    "test_judge_command.py",
)
"""Files with tests that wait or start processes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that no process works alone at the end; with the nearest, where there is no time for all."""
    if ENDS is None:
        items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_runtest_setup() -> None:
    """Begin no test when the time is over."""
    if ENDS is not None and time.monotonic() > ENDS:
        pytest.skip("no time left in a check: make test plays it")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The whole catalog."""
    return read_once()


@pytest.fixture(scope="session")
def relays() -> Catalog:
    """The catalog for gateways."""
    return read_once(relay=True)


@pytest.fixture(scope="session", autouse=True)
def _catalogs_are_read_once() -> Iterator[None]:
    """Runs and commands in this process share the catalogs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in READERS:
            patch.setattr(f"harness.{name}.load", read_once)
        yield


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop for all tests that need one."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def baseline(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Baseline:
    """The requests to the reference in each case, recorded once."""
    baseline = Baseline(catalog)
    loop.run_until_complete(baseline.play())
    return baseline
