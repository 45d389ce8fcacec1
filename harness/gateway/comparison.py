"""Sends the same requests to a second endpoint, to compare both: for example a gateway and the endpoint behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..catalog import compact
from ..model import Exchange, Request, Step
from ..wire import Wire, is_secret_header


class ReferenceEndpoint:
    """The second endpoint, with its own ``headers`` and optionally its own model name.

    ``first`` are the run's headers for the first endpoint. This endpoint gets none of them.
    """

    def __init__(self, wire: Wire, headers: Mapping[str, str], model: str | None, first: Mapping[str, str]) -> None:
        self._wire = wire
        self._headers = headers
        self._model = model
        self._first = {(name.lower(), value) for name, value in first.items()}
        self._first_has_key = any(is_secret_header(name) for name in first)

    async def exchange(self, request: Request, identity: str, model: str) -> Exchange:
        """Send a request with this endpoint's headers and model; ``model`` is the model's name at the first endpoint."""
        body = request.body
        if self._model is not None:
            body = body.replace(_member("model", model), _member("model", self._model), 1)
        return await self._wire.exchange(replace(request, headers=self._own(request.headers), body=body), f"{identity}^twin")

    def _own(self, headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The headers for this endpoint. A case that sends no key, or a wrong one, does the same here."""
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
    """A member as our request bodies spell it."""
    return f"{compact(name)}:{compact(value)}".encode()


def is_comparable(step: Step) -> bool:
    """Whether a step means the same at another endpoint: it refers to nothing stored, and the client reads it to the end."""
    refers = "$from" in json.dumps([step.send, step.target, dict(step.query)])
    return not refers and step.until is None and step.leave_after is None
