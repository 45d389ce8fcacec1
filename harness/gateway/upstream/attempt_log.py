"""Matches attempts at the upstream to client requests, by a token that each request has in several places."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...model import Data, Exchange

PLACEHOLDER = "$token"
"""Placeholder for a request's token in the data."""

HEADER = "x-wireproof-case"


@dataclass(slots=True)
class CaseAttempts:
    """One request of a client: its token, the upstream's script for each attempt, and the attempts that arrived."""

    token: str
    identity: str
    endpoint: str
    scripts: Sequence[Mapping[str, Data]]
    attempts: list[Exchange] = field(default_factory=list)
    under_way: list[Callable[[], Exchange]] = field(default_factory=list)
    begun: int = 0

    @property
    def seen(self) -> tuple[Exchange, ...]:
        """All attempts in order; those still under way as far as they have got."""
        return (*self.attempts, *(look() for look in self.under_way))

    def next_script(self) -> Mapping[str, Data]:
        """The script for the attempt that starts now; the last script serves all later attempts too."""
        self.begun += 1
        return self.scripts[min(self.begun, len(self.scripts)) - 1] if self.scripts else {}


class AttemptLog:
    """The requests of a run and their attempts, by token."""

    def __init__(self) -> None:
        run = secrets.token_hex(4)
        self._prefix = f"wp{run}x"
        self._pattern = re.compile(f"{self._prefix}[0-9]+z".encode())
        self._entries: dict[str, CaseAttempts] = {}
        self.unmatched: list[str] = []

    def open(self, identity: str, endpoint: str, scripts: Sequence[Mapping[str, Data]]) -> CaseAttempts:
        """Add a request, with a new token."""
        entry = CaseAttempts(f"{self._prefix}{len(self._entries) + 1}z", identity, endpoint, scripts)
        self._entries[entry.token] = entry
        return entry

    def match(self, *places: bytes) -> CaseAttempts | None:
        """Find the request by the token in any of the places; ``None`` if they hold no token, or different ones."""
        found = {token for place in places for token in self._pattern.findall(place)}
        return self._entries.get(found.pop().decode()) if len(found) == 1 else None
