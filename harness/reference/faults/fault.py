"""What a fault is, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ..answers import answer
from ..exchange import ServerReply, ServerRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A way for the reference to be wrong: a change to what is asked, or to what was answered.

    One that ``remembers`` answers the same request differently at another time; its ``change`` is an object of a class of its own.
    """

    name: str
    ask: Callable[[ServerRequest], ServerRequest] = field(default=lambda asked: asked)
    change: Callable[[ServerRequest, ServerReply], ServerReply] = field(default=lambda asked, reply: reply)
    remembers: bool = False

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer wrongly."""
        return self.change(asked, answer(self.ask(asked)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Wrong):
    """A publicly reported bug of a real server, reproduced: what it ``says`` happens, and nothing else, is wrong.

    ``bug`` is its number in our list of reports, ``seen`` where it was reported, ``server`` whose bug it was. ``severity`` is
    ``breaks-sdk``, ``wrong-data`` or ``cosmetic``; a ``doubtful`` one is legal, or its report is weak, and deserves no more than a note.
    """

    bug: str
    says: str
    server: str
    seen: tuple[str, ...]
    severity: str
    doubtful: bool = False

    def afresh(self) -> Fault:
        """The same fault, which remembers nothing yet."""
        return (
            replace(self, change=cast("Callable[[], Callable[[ServerRequest, ServerReply], ServerReply]]", type(self.change))())
            if self.remembers
            else self
        )


FAULTS: dict[str, Fault] = {}
"""Every fault by its name."""


def fault(bug: str, name: str, says: str, *, server: str, seen: str, severity: str, **how: Any) -> None:
    """Add a fault; ``seen`` are addresses with spaces between, below github.com where they name no host."""
    if name in FAULTS:
        raise ValueError(f"two faults have the name {name}")
    addresses = tuple(place if "://" in place else f"https://github.com/{place}" for place in seen.split())
    FAULTS[name] = Fault(name=name, bug=bug, says=says, server=server, seen=addresses, severity=severity, **how)
