"""Another endpoint that gets the same requests, so that both can be compared: a gateway and the endpoint behind it, say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ..catalog import compact
from ..model import Exchange, Request, Step
from ..wire import Wire


class ReferenceEndpoint:
    """The other endpoint, with its own key in ``headers`` and, maybe, its own name for the model."""

    def __init__(self, wire: Wire, headers: Mapping[str, str], model: str | None) -> None:
        self._wire = wire
        self._headers = headers
        self._model = model

    async def exchange(self, request: Request, identity: str, model: str) -> Exchange:
        """Send a request there too, as this endpoint wants it; ``model`` is what the run's model is called at the first one."""
        kept = tuple((name, value) for name, value in request.headers if name != "authorization" or not self._headers)
        replaced = tuple(self._headers.items()) if len(kept) < len(request.headers) else ()
        body = request.body
        if self._model is not None:
            body = body.replace(_member("model", model), _member("model", self._model), 1)
        return await self._wire.exchange(replace(request, headers=(*kept, *replaced), body=body), f"{identity}^twin")

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()


def _member(name: str, value: str) -> bytes:
    """A member as it stands in the bodies that we write."""
    return f"{compact(name)}:{compact(value)}".encode()


def is_comparable(step: Step) -> bool:
    """Whether a step means the same elsewhere: it names nothing that an endpoint keeps, and is not left before its end."""
    refers = "$from" in json.dumps([step.send, step.target, dict(step.query)])
    return not refers and step.until is None and step.leave_after is None
