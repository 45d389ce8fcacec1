"""What crossed the wire: requests, replies with arrival times, transport failures, and what a client returned to its caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .levels import Data, Wants


@dataclass(frozen=True, slots=True)
class ClientOutcome:
    """What a client library returned from one call: values by name, or the class of the exception it ``raised`` with that one's values.

    ``client`` is the library's name and version. ``kinds`` are the base classes of the exception. ``late`` means that the call did not
    end by itself.
    """

    client: str
    values: Mapping[str, Data] = field(default_factory=dict)
    raised: str | None = None
    kinds: tuple[str, ...] = ()
    message: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent. ``path`` is relative to the base URL and begins with a slash."""

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
    """Why a reply did not arrive in full.

    ``kind`` is one of unreachable, tls, silent (no reply at all within the limit), stalled, cut, garbled, too-large,
    too-long, undecodable and ours. Behind a gateway: reset, closed or stalled (as the script says), or left (the gateway hung up).
    """

    kind: str
    text: str


NEVER_ANSWERED = frozenset({"unreachable", "tls", "silent"})
"""Failures in which not even a status arrived, so conformance cannot be judged."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """``octets`` of the body had arrived ``seconds`` after the request was sent."""

    seconds: float
    octets: int


@dataclass(frozen=True, slots=True)
class RetriedAttempt:
    """An earlier attempt: the endpoint asked us to wait, or (status 0) a reused connection was closed while the request was sent."""

    status: int
    retry_after: str | None
    waited: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The size in bytes and the SHA-256 of a whole body of which only the beginning is kept."""

    octets: int
    sha256: str


CLEAN_UP = "clean-up"
"""How the last part of the id of an exchange begins if it deletes what a case has left."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and everything that came back, recorded before anything is judged.

    Header names are lower case. ``body`` is the reply's content after content decoding. ``started_at`` is Unix time in
    seconds, or ``None`` for recordings without it. All durations are in seconds. ``behind`` holds the upstream side of a gateway: each
    request that reached the scripted upstream because of this one, with the upstream's answer. ``twin`` is the exchange of the same
    request with the endpoint that this one is compared with. After judging, a large ``body`` is ``cut``: only its beginning is kept.
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

    @property
    def is_clean_up(self) -> bool:
        """Whether it belongs to no step of a case, but deletes what the case has left."""
        return self.id.rpartition("#")[2].startswith(CLEAN_UP)

    def header(self, name: str) -> str | None:
        """The first value of a reply header, by lower-case name."""
        return next((value for key, value in self.headers if key == name), None)
