"""Runs the suites that lie beside this folder, wherever it is installed, with no plugin of pytest that a run does not need."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from .. import __name__ as harness

HOME = Path(__file__).resolve().parent.parent.parent
"""The folder that holds ``harness/``, ``spec/`` and ``suites/``."""

PAGE = ("metadata", "html", "html_fixtures")
"""The plugins that write the page."""

PROCESSES = ("xdist", "xdist.looponfail")
"""The plugins of ``-n``."""

SETTINGS = Path(__file__).with_name("pytest.ini")

NOT_JUDGEABLE = 4
"""As in ``judging.Exit``, which is slow to import."""


def run(words: Sequence[str]) -> int:
    """Run pytest with all suites unless some are named; settings of the current folder are ignored, and so are installed plugins."""
    spread = any(word.startswith(("-n", "--numprocesses", "--dist", "--maxprocesses")) for word in words)
    if spread and not entry_points(group="pytest11", name=PROCESSES[0]):
        print("wireproof: -n needs pytest-xdist, which is not installed: pip install 'wireproof[xdist]'", file=sys.stderr)
        return NOT_JUDGEABLE
    import pytest  # slow to import, and other commands do without it

    from .refusals import Refusals

    found = [_found(word) for word in words]
    names = [f"{harness}.plugin", *(() if "--plan" in words else PAGE), *(PROCESSES if spread else ())]
    plugins = [part for name in names for part in ("-p", name)]
    suites = [] if found != list(words) or any(_is_suite(word) for word in words) else [str(HOME / "suites")]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # for the processes of -n too
    own = ["-c", str(SETTINGS), f"--rootdir={Path.cwd()}", "--assert=plain"]
    # Our plugins come last, because they leave the names of options to those that the user names.
    return int(pytest.main([*own, *suites, *found, *plugins], plugins=[Refusals()]))


def is_runnable(word: str) -> bool:
    """Whether a word can begin a run: an option or a suite's path. Anything else was meant as a command."""
    path = _found(word).split("::")[0]
    return word.startswith(("-", "@")) or Path(path).exists()


def _is_suite(word: str) -> bool:
    """Whether a word is the path of a suite, or of their folder."""
    path = Path(os.path.realpath(word.split("::")[0]))
    return not word.startswith("-") and (HOME / "suites") in (path, *path.parents)


def _found(word: str) -> str:
    """Resolve a suite named as in a checkout to its installed path; return any other word unchanged."""
    path = HOME / word.split("::")[0]
    return str(HOME / word) if word.startswith("suites/") and path.exists() else word
