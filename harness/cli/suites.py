"""Runs the suites that lie beside this folder, wherever it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import __name__ as harness

HOME = Path(__file__).resolve().parent.parent.parent
"""The folder that holds ``harness/``, ``spec/`` and ``suites/``."""

UNNEEDED = ("-p", "no:hypothesispytest", "-p", "no:anyio", "--assert=plain")
"""Disables plugins and assertion rewriting that a run does not need: each costs time at every start."""

SETTINGS = Path(__file__).with_name("pytest.ini")


def run(words: Sequence[str]) -> int:
    """Run pytest with all suites unless some are named; settings of the current folder are ignored."""
    import pytest  # slow to import, and other commands do without it

    found = [_found(word) for word in words]
    unneeded = [*UNNEEDED, *(("-p", "no:html", "-p", "no:html_fixtures") if "--plan" in words else ())]
    suites = [] if found != list(words) or any(word.startswith(str(HOME)) for word in words) else [str(HOME / "suites")]
    return int(pytest.main(["-c", str(SETTINGS), f"--rootdir={Path.cwd()}", *unneeded, "-p", f"{harness}.plugin", *found, *suites]))


def is_runnable(word: str) -> bool:
    """Whether a word can begin a run: an option or a suite's path. Anything else was meant as a command."""
    path = _found(word).split("::")[0]
    return word.startswith(("-", "@")) or Path(path).exists()


def _found(word: str) -> str:
    """Resolve a suite named as in a checkout to its installed path; return any other word unchanged."""
    path = HOME / word.split("::")[0]
    return str(HOME / word) if word.startswith("suites/") and path.exists() else word
