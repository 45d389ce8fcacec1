"""What crossed the wire: requests, replies with the times of their pieces, what kept them from coming, and what a client made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .levels import Data, Wants


@dataclass(frozen=True, slots=True)
class ClientOutcome:
    """What a client handed to its user in one call: values by name, or the ``raised`` exception's class, with its values.

    ``client`` is its name and version, ``kinds`` are the classes that the exception's own is derived from. ``late`` tells that the call
    did not end by itself.
    """

    client: str
    values: Mapping[str, Data] = field(default_factory=dict)
    raised: str | None = None
    kinds: tuple[str, ...] = ()
    message: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes over the wire. ``path`` is relative to the base URL and begins with a slash."""

    endpoint: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wants: Wants | None = None
    leave_after: int | None = None
    read_pause: float = 0.0


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """What kept a reply from arriving whole.

    ``kind`` is one of unreachable, tls, silent (no reply at all within the limit), stalled, cut, garbled, too-large,
    too-long, undecodable and ours. Behind a gateway: reset, closed or stalled, which the script wanted, or left, by the gateway.
    """

    kind: str
    text: str


NEVER_ANSWERED = frozenset({"unreachable", "tls", "silent"})
"""Kinds of trouble in which not even a status arrived: nothing can be said about conformance."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """``octets`` of the body had arrived ``seconds`` after the request was sent."""

    seconds: float
    octets: int


@dataclass(frozen=True, slots=True)
class RetriedAttempt:
    """An earlier attempt: one that was answered with a call to wait, or, with status 0, one whose connection was closed as it went out."""

    status: int
    retry_after: str | None
    waited: float


@dataclass(frozen=True, slots=True)
class Cut:
    """A body that was too large to be kept whole: its size in bytes, and the SHA-256 of all of it."""

    octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and all that came back, recorded before anything is judged.

    Header names are lower case. ``body`` is the reply's content after content decoding. ``started_at`` is Unix time in
    seconds, or ``None`` for recordings that do not tell. All durations are in seconds. ``behind`` is what happened behind a gateway
    meanwhile: each request that reached the scripted upstream for this one, and what it was answered, as the upstream saw it. ``twin`` is
    the same request's exchange with another endpoint that this one is compared with. Once it was judged, a large ``body`` is ``cut``:
    only its beginning is kept.
    """

    id: str
    request: Request
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    arrivals: tuple[Arrival, ...] = ()
    started_at: float | None = None
    seconds: float = 0.0
    trouble: TransportFailure | None = None
    attempts: tuple[RetriedAttempt, ...] = ()
    behind: tuple[Exchange, ...] = ()
    twin: Exchange | None = None
    cut: Cut | None = None

    def header(self, name: str) -> str | None:
        """The first value of a reply header, by lower-case name."""
        return next((value for key, value in self.headers if key == name), None)
