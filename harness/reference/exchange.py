"""A request as the reference sees it, and a reply before it becomes bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .state import State

DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request. ``path`` is below the base URL and percent-encoded, ``query`` what follows it; header names are lower case.

    ``state`` is that of the server it came to.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    state: State = field(default_factory=State, compare=False, repr=False)


@dataclass(slots=True)
class ServerReply:
    """A reply to be sent: one body, or events.

    A body or an event that is ``bytes`` goes out as it is, a text event as the data of an event, anything else as JSON; where events
    are ``named``, an object goes out under its type.
    ``pace`` is the pause before each event but the first, in seconds. ``breaks_off`` ends the connection before the reply is complete.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    events: list[Any] | None = None
    named: bool = False
    pace: float = 0.004
    delay: float = 0.0
    breaks_off: bool = False

    def pieces(self) -> Iterator[tuple[float, bytes]]:
        """The body in pieces, each with the pause before it."""
        if self.events is None:
            yield self.delay, self.body if isinstance(self.body, bytes) else encode(self.body)
            return
        for number, event in enumerate(self.events):
            yield self.pace if number else self.delay, frame(event, named=self.named)


def encode(value: Any) -> bytes:
    """A value as JSON bytes; half a surrogate pair, which is no UTF-8, as the escape that it was."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def frame(event: Any, *, named: bool = False) -> bytes:
    """An event as it goes over the wire."""
    if isinstance(event, bytes):
        return event
    if named and isinstance(event, dict):
        return f"event: {event.get('type')}\n".encode() + b"data: " + encode(event) + b"\n\n"
    data = event.encode() if isinstance(event, str) else encode(event)
    return b"data: " + data + b"\n\n"
