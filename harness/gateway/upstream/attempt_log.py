"""Which attempt at the upstream belongs to which request of a client: told by a token that the request carries in several places."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...model import Data, Exchange

PLACEHOLDER = "$token"
"""Stands in the data where the token of a request goes."""

HEADER = "x-wireproof-case"


@dataclass(slots=True)
class CaseAttempts:
    """One request of a client: its token, what the upstream is to do, attempt by attempt, and the attempts that came."""

    token: str
    identity: str
    endpoint: str
    scripts: Sequence[Mapping[str, Data]]
    attempts: list[Exchange] = field(default_factory=list)
    under_way: list[Callable[[], Exchange]] = field(default_factory=list)
    begun: int = 0

    @property
    def seen(self) -> tuple[Exchange, ...]:
        """All attempts in their order, those that are still under way as far as they have come."""
        return (*self.attempts, *(look() for look in self.under_way))

    def next_script(self) -> Mapping[str, Data]:
        """What to do with the attempt that begins now; the last script is for all that follow."""
        self.begun += 1
        return self.scripts[min(self.begun, len(self.scripts)) - 1] if self.scripts else {}


class AttemptLog:
    """The sheets of a run, by token."""

    def __init__(self) -> None:
        run = secrets.token_hex(4)
        self._prefix = f"wp{run}x"
        self._pattern = re.compile(f"{self._prefix}[0-9]+z".encode())
        self._sheets: dict[str, CaseAttempts] = {}
        self.unmatched: list[str] = []

    def open(self, identity: str, endpoint: str, scripts: Sequence[Mapping[str, Data]]) -> CaseAttempts:
        """A new sheet with a token of its own."""
        sheet = CaseAttempts(f"{self._prefix}{len(self._sheets) + 1}z", identity, endpoint, scripts)
        self._sheets[sheet.token] = sheet
        return sheet

    def match(self, *places: bytes) -> CaseAttempts | None:
        """The sheet of a request, by the token in any of the places; ``None`` when there is none, or more than one."""
        found = {token for place in places for token in self._pattern.findall(place)}
        return self._sheets.get(found.pop().decode()) if len(found) == 1 else None
