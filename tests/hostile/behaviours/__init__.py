"""Ways to misbehave, in families; each module has one. ``BEHAVIOURS`` has all by name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from .kind import Behaviour

FAMILIES = (
    *("status", "headers", "connections", "framing", "encodings", "events"),
    *("documents", "values", "sizes", "timing", "redirects", "echoes", "lists", "surface"),
)


def _all() -> Iterable[Behaviour]:
    for family in FAMILIES:
        yield from import_module(f"{__name__}.{family}").behaviours()


BEHAVIOURS: dict[str, Behaviour] = {}
for _one in _all():
    if _one.name in BEHAVIOURS:
        raise ValueError(f"two behaviours are called {_one.name}")
    BEHAVIOURS[_one.name] = _one

__all__ = ["BEHAVIOURS", "FAMILIES", "Behaviour"]
