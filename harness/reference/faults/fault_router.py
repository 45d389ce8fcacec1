"""The reference with any of its faults on one port: ``/v1`` as asked, and ``/fault/NAME/v1`` for each fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..answers import answer
from ..app import Answer, App, Receive, Send
from .fault import FAULTS

PREFIX = "/fault/"


class FaultRouter:
    """An ASGI application: what stands below ``/fault/NAME`` is answered with that fault, anything else by ``respond``."""

    def __init__(self, respond: Answer = answer, faults: Mapping[str, Answer] = FAULTS) -> None:
        self._front = App(respond)
        self._others = {name: App(wrong) for name, wrong in faults.items()}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request. A fault that nobody knows is a URL that nobody knows."""
        path = (scope.get("raw_path") or scope.get("path", "").encode()).decode().split("?")[0]
        name, slash, rest = path.removeprefix(PREFIX).partition("/") if path.startswith(PREFIX) else ("", "", "")
        if name in self._others:
            below = slash + rest
            await self._others[name]({**scope, "path": below, "raw_path": below.encode()}, receive, send)
        else:
            await self._front(scope, receive, send)
