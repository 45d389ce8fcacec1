"""Reads what the official Python client returns, with or without ``async``."""

from __future__ import annotations

import base64
import inspect
from collections.abc import AsyncIterator
from typing import Any

from .protocol import Values


async def now(value: Any) -> Any:
    """Return a value, awaited if necessary."""
    return await value if inspect.isawaitable(value) else value


async def each(stream: Any) -> AsyncIterator[Any]:
    """Iterate over a normal or an asynchronous iterator."""
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item


async def pages(first: Any) -> AsyncIterator[Any]:
    """Iterate over the items of all pages of a list."""
    async for item in each(first if hasattr(first, "__aiter__") else await now(first)):
        yield item


def file_of(send: Values) -> tuple[str, bytes]:
    """A file's name and its content, as the client takes them."""
    return send["file"]["filename"], base64.b64decode(send["file"]["base64"])
