"""Runs the suites that lie beside this folder, wherever it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import __name__ as harness

HOME = Path(__file__).resolve().parent.parent.parent
"""The folder that holds ``harness/``, ``spec/`` and ``suites/``."""

UNNEEDED = ("-p", "no:hypothesispytest", "-p", "no:anyio", "--assert=plain")
"""Plugins that a run has no use for, and the rewriting of assertions, which is for tests of the harness: each costs time at every start."""

SETTINGS = Path(__file__).with_name("pytest.ini")


def run(words: Sequence[str]) -> int:
    """Hand everything to pytest, with all suites unless some are named; settings of the folder we are in do not count."""
    import pytest  # slow to import, and other commands do without it

    found = [_found(word) for word in words]
    unneeded = [*UNNEEDED, *(("-p", "no:html", "-p", "no:html_fixtures") if "--plan" in words else ())]
    suites = [] if found != list(words) or any(word.startswith(str(HOME)) for word in words) else [str(HOME / "suites")]
    return int(pytest.main(["-c", str(SETTINGS), f"--rootdir={Path.cwd()}", *unneeded, "-p", f"{harness}.plugin", *found, *suites]))


def is_runnable(word: str) -> bool:
    """Whether a word can begin a run: an option, or the path of a suite. Anything else was meant for a command."""
    path = _found(word).split("::")[0]
    return word.startswith(("-", "@")) or Path(path).exists()


def _found(word: str) -> str:
    """A suite that is named as in a checkout, where it lies; any other word as it is."""
    path = HOME / word.split("::")[0]
    return str(HOME / word) if word.startswith("suites/") and path.exists() else word
