"""Another endpoint that gets the same requests, so that both can be compared: a gateway and the endpoint behind it, say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..catalog import compact
from ..model import Exchange, Request, Step
from ..wire import Wire, is_secret_header


class ReferenceEndpoint:
    """The other endpoint, with ``headers`` of its own and, maybe, its own name for the model.

    ``first`` are the headers that the run sends to the first endpoint. This one gets none of them.
    """

    def __init__(self, wire: Wire, headers: Mapping[str, str], model: str | None, first: Mapping[str, str]) -> None:
        self._wire = wire
        self._headers = headers
        self._model = model
        self._first = {(name.lower(), value) for name, value in first.items()}
        self._first_has_key = any(is_secret_header(name) for name in first)

    async def exchange(self, request: Request, identity: str, model: str) -> Exchange:
        """Send a request there too, as this endpoint wants it; ``model`` is what the run's model is called at the first one."""
        body = request.body
        if self._model is not None:
            body = body.replace(_member("model", model), _member("model", self._model), 1)
        return await self._wire.exchange(replace(request, headers=self._own(request.headers), body=body), f"{identity}^twin")

    def _own(self, headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The headers for this endpoint. Where a case goes to the first one without its key, or with a wrong one, it does so here too."""
        kept = {name: value for name, value in headers if (name.lower(), value) not in self._first}
        shows_key = any((name.lower(), value) in self._first and is_secret_header(name) for name, value in headers)
        added = {
            name: value
            for name, value in self._headers.items()
            if name not in kept and (shows_key or not self._first_has_key or not is_secret_header(name))
        }
        return (*kept.items(), *added.items())

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
