"""The ``Fault`` class, and the list of all faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ..answers import answer
from ..exchange import ServerReply, ServerRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A wrong behaviour of the reference: a change to the request, or to the reply.

    If it ``remembers``, its reply also depends on earlier requests; its ``change`` is then an object of its own class.
    """

    name: str
    ask: Callable[[ServerRequest], ServerRequest] = field(default=lambda asked: asked)
    change: Callable[[ServerRequest, ServerReply], ServerReply] = field(default=lambda asked, reply: reply)
    remembers: bool = False

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer a request with the wrong behaviour."""
        return self.change(asked, answer(self.ask(asked)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Wrong):
    """A publicly reported bug of a real server, reproduced. ``says`` describes the bug; nothing else is wrong.

    ``bug`` is its number in our list of reports, ``seen`` the addresses of the reports, ``server`` the server that has the bug.
    ``severity`` is ``breaks-sdk``, ``wrong-data`` or ``cosmetic``. A ``doubtful`` bug is legal or weakly reported; a note is enough.
    """

    bug: str
    says: str
    server: str
    seen: tuple[str, ...]
    severity: str
    doubtful: bool = False

    def afresh(self) -> Fault:
        """A copy of the fault with no memory of earlier requests."""
        return (
            replace(self, change=cast("Callable[[], Callable[[ServerRequest, ServerReply], ServerReply]]", type(self.change))())
            if self.remembers
            else self
        )


FAULTS: dict[str, Fault] = {}
"""Every fault by its name."""


def fault(bug: str, name: str, says: str, *, server: str, seen: str, severity: str, **how: Any) -> None:
    """Add a fault; ``seen`` holds addresses separated by spaces, relative to github.com unless they name a host."""
    if name in FAULTS:
        raise ValueError(f"two faults have the name {name}")
    addresses = tuple(place if "://" in place else f"https://github.com/{place}" for place in seen.split())
    FAULTS[name] = Fault(name=name, bug=bug, says=says, server=server, seen=addresses, severity=severity, **how)
