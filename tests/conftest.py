"""What the self-tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from harness.catalog import Catalog, load

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The whole catalog, read once."""
    return load()


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop for all tests that need one."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
