"""A dialect makes the reference behave as a provider documents: it changes requests and replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..exchange import ServerReply, ServerRequest

Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A provider's dialect. ``base`` is the base path of its endpoints; ``speak`` gets requests with the full path."""

    name: str
    base: str
    speak: Callable[[ServerRequest], ServerReply]

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer a request, given with its full path, in this dialect."""
        return self.speak(asked)


def in_json(change: Change, value: Any) -> Any:
    """Change each object inside a JSON value, innermost first."""
    if isinstance(value, list):
        return [in_json(change, item) for item in value]
    if isinstance(value, dict):
        return change({name: in_json(change, item) for name, item in value.items()})
    return value


def below(asked: ServerRequest, base: str) -> str | None:
    """The path of a request relative to a base; ``None`` if it is not below the base."""
    return asked.path.removeprefix(base) if asked.path.startswith(f"{base}/") else None
