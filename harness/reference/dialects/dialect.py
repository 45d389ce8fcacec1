"""The reference as another provider's documentation has it: a dialect changes what is asked, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..exchange import ServerReply, ServerRequest

Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to answer. ``base`` is where its endpoints lie; ``speak`` sees the whole path of a request."""

    name: str
    base: str
    speak: Callable[[ServerRequest], ServerReply]

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer a request, whose path is the whole one, in this dialect."""
        return self.speak(asked)


def in_json(change: Change, value: Any) -> Any:
    """A JSON value with a change made to each object inside, the innermost first."""
    if isinstance(value, list):
        return [in_json(change, item) for item in value]
    if isinstance(value, dict):
        return change({name: in_json(change, item) for name, item in value.items()})
    return value


def below(asked: ServerRequest, base: str) -> str | None:
    """The path of a request below a base; ``None`` when it lies elsewhere."""
    return asked.path.removeprefix(base) if asked.path.startswith(f"{base}/") else None
