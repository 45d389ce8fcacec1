"""Wireproof: a conformance suite for OpenAI-compatible endpoints.

The flow, in five lines, is the map of the packages:

1. ``catalog`` reads what is asked (``spec/``), or refuses it with file and line.
2. ``runner`` plays each case: ``catalog`` makes its requests, ``wire`` sends them and records the exchanges.
3. ``judging`` holds every exchange against every requirement that applies to it, through the pure ``checks``.
4. ``records`` keeps the header, the results and the footer; ``judging`` sums them up in one verdict.
5. ``reporting`` turns the record into text and HTML; ``plugin`` is the only part that knows pytest, ``cli`` the command.

Beside these: ``model`` has the nouns, ``generated`` draws requests nobody wrote, ``gateway`` stands on both sides of a gateway,
``clients`` drives real client libraries, and ``reference`` is a faultless endpoint that shares no code with the judge.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from importlib import import_module

VERSION = "0.1.0"
COMMAND = "pytest" if __name__ == "harness" else "wireproof"
"""What plays a case again: in a checkout, and where the wheel is installed."""


def spare_collector() -> None:
    """Have Python's garbage collector run seldom. What we build, parsed replies and findings, has no cycles, and the catalog stays."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def loader(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """A ``__getattr__`` for a package that loads a heavy module when one of its names is first asked for.

    ``homes`` maps modules below the package to the names that they hold; a module that has its own name there is exported itself.
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = import_module(f"{package}.{home_of[name]}")
        found = home if home_of[name].rpartition(".")[2] == name else getattr(home, name)
        globals_of = import_module(package).__dict__
        return globals_of.setdefault(name, found)

    return load
