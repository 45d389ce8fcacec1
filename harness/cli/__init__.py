"""The command line besides pytest's own: ``wireproof``, or ``python -m harness`` in a checkout.

If the first word names a command, its module runs; anything else runs the suites with pytest's options and ours. Each module has
``declare``, which adds its arguments to a parser, and ``run``, which takes them and returns an exit code.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

from .. import VERSION
from ..options import refusal
from . import suites
from .help import help_text
from .suites import NOT_JUDGEABLE

COMMANDS = {
    "audit": "judge logs of real traffic, of any size, here or in object storage, and count what they show by model, host, route and hour",
    "compare": "compare two recorded runs, or put more than two side by side",
    "explain": "print everything known about a requirement",
    "known-failures": "rewrite a list of known failures by case as one by requirement, endpoint and mode",
    "judge": "judge recordings without an endpoint: run.jsonl, HAR, VCR cassettes, or exchanges as JSON Lines",
    "list": "list requirements, cases, features, areas, profiles or faults, with words to filter them",
    "report": "write all reports of a recorded run again",
    "spec-diff": "compare a newer OpenAPI document of the reference with the one that the requirements were written from",
    "serve": "serve the reference endpoint until interrupted, faultless or with a bug that a real server had",
}
"""Each command and what it does. Its module is imported when it is run."""

__all__ = ["main"]


INTERRUPTED = 2
"""As in ``judging.Exit``, which is slow to import."""


def main(words: Sequence[str] | None = None) -> int:
    """Run a command, or the suites, and return the exit code."""
    given = list(sys.argv[1:] if words is None else words)
    if (sentence := refusal()) is not None:
        print(f"wireproof: {sentence}", file=sys.stderr)
        return NOT_JUDGEABLE
    try:
        return _run(given)
    except KeyboardInterrupt:  # before pytest takes it, or in a command
        print("wireproof: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(given: list[str]) -> int:
    if not given or given[0] not in COMMANDS:
        if {"-h", "--help"} & {*given}:
            print(help_text(COMMANDS), end="")
            return 0
        if {"-V", "--version"} & {*given}:
            print(f"wireproof {VERSION}")
            return 0
        if given and not suites.is_runnable(given[0]):
            print(_unknown(given[0]), file=sys.stderr)
            return NOT_JUDGEABLE
        return suites.run(given)
    module = import_module(f"{__name__}.{module_of(given[0])}")
    parser = _CommandParser(prog=f"wireproof {given[0]}", description=COMMANDS[given[0]])
    module.declare(parser)
    arguments = parser.parse_args(given[1:])
    try:
        return int(module.run(arguments))
    except BrokenPipeError:  # the reader of our output closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def module_of(command: str) -> str:
    """The module of a command. A module called ``list`` would shadow the built-in here."""
    return "listing" if command == "list" else command.replace("-", "_")


def _unknown(word: str) -> str:
    """The error for a first word that is no command, option or suite."""
    if word.startswith("suites/"):
        names = [f"suites/{path.name}" for path in (suites.HOME / "suites").glob("test_*.py")]
        close = get_close_matches(word, names, n=1)
        return f"wireproof: there is no suite {word!r}; {f'did you mean {close[0]}?' if close else 'wireproof list areas names them.'}"
    close = get_close_matches(word, COMMANDS, n=1)
    meant = (
        f"did you mean wireproof {close[0]}?"
        if close
        else f"the commands are {', '.join(COMMANDS)}; anything else is an option or a suite."
    )
    return f"wireproof: there is no command {word!r}; {meant}"


class _CommandParser(argparse.ArgumentParser):
    """Refuses bad arguments with our exit code: argparse's own, 2, means an interrupted run."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        self.print_usage(sys.stderr)
        self.exit(NOT_JUDGEABLE, f"{self.prog}: {message}\n")
