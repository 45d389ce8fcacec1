"""The reference's request, and its reply before it is encoded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .state import State

DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request. ``path`` is relative to the base URL and percent-encoded; header names are lower case.

    ``state`` is the state of the server that received it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    state: State = field(default_factory=State, compare=False, repr=False)


@dataclass(slots=True)
class ServerReply:
    """A reply to send: one body, or events.

    ``bytes`` are sent unchanged, a text event is sent as the event's data, anything else as JSON. With ``named``, each event object has
    its type as the event name. ``pace`` is the pause before each event but the first, in seconds. ``breaks_off`` closes the connection
    before the reply is complete.
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
        """Yield the pieces of the body, each with the pause before it."""
        if self.events is None:
            yield self.delay, self.body if isinstance(self.body, bytes) else encode(self.body)
            return
        for number, event in enumerate(self.events):
            yield self.pace if number else self.delay, frame(event, named=self.named)


def encode(value: Any) -> bytes:
    """Encode a value as JSON. A lone surrogate, which UTF-8 cannot encode, becomes an escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def frame(event: Any, *, named: bool = False) -> bytes:
    """Encode an event for the wire."""
    if isinstance(event, bytes):
        return event
    if named and isinstance(event, dict):
        return f"event: {event.get('type')}\n".encode() + b"data: " + encode(event) + b"\n\n"
    data = event.encode() if isinstance(event, str) else encode(event)
    return b"data: " + data + b"\n\n"
