"""The command line besides pytest's own: ``wireproof``, or ``python -m harness`` in a checkout.

A first word that names a module here runs it; anything else is a run of the suites, with pytest's options and ours. Each module has
``ABOUT``, one sentence; ``declare``, which adds its arguments to a parser; and ``run``, which takes them and returns an exit code.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import compare, judge, report, serve, suites

COMMANDS = {"compare": compare, "judge": judge, "report": report, "serve": serve}


def main(words: Sequence[str] | None = None) -> int:
    """Run a command, or the suites; the exit code comes back."""
    given = list(sys.argv[1:] if words is None else words)
    if given[:1] in (["-h"], ["--help"]):
        _parser().print_help()
        return 0
    if not given or given[0] not in COMMANDS:
        return suites.run(given)
    arguments = _parser().parse_args(given)
    try:
        return int(COMMANDS[arguments.command].run(arguments))
    except BrokenPipeError:  # who read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    parser = argparse.ArgumentParser(
        prog="wireproof",
        description="Judges an OpenAI-compatible endpoint: wireproof --base-url URL [--model NAME] [any option of pytest].",
        epilog="Without one of these commands the suites are run; wireproof --base-url URL --help lists their options.",
    )
    chosen = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, module in COMMANDS.items():
        module.declare(chosen.add_parser(name, help=module.ABOUT, description=module.ABOUT))
    return parser
