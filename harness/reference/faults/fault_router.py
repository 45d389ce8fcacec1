"""Serves the reference and all its faults on one port: ``/v1``, and ``/fault/NAME/v1`` for each fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..answers import answer
from ..app import Answer, App, Receive, Send
from .fault import FAULTS

PREFIX = "/fault/"


class FaultRouter:
    """An ASGI application that answers paths below ``/fault/NAME`` with that fault, and other paths with ``respond``."""

    def __init__(self, respond: Answer = answer, faults: Mapping[str, Answer] = FAULTS) -> None:
        self._front = App(respond)
        self._others = {name: App(wrong) for name, wrong in faults.items()}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request. An unknown fault is an unknown URL."""
        path = (scope.get("raw_path") or scope.get("path", "").encode()).decode().split("?")[0]
        name, slash, rest = path.removeprefix(PREFIX).partition("/") if path.startswith(PREFIX) else ("", "", "")
        if name in self._others:
            below = slash + rest
            await self._others[name]({**scope, "path": below, "raw_path": below.encode()}, receive, send)
        else:
            await self._front(scope, receive, send)
