"""Says what is wrong with the arguments of a run in our words: pytest would print its own usage, which is not what was called."""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator, Sequence
from difflib import get_close_matches

import pytest

from ..options import OPTIONS
from .help import USAGE

_UNKNOWN = re.compile(r"unrecognized arguments: (.*)")
_USAGE = re.compile(r"\Ausage: .*?error: (.*?)(\n  inifile: .*)?\Z", re.DOTALL)
"""Usage, message and hints, as pytest writes them."""


class Refusals:
    """A plugin that puts pytest's refusals of arguments in our words."""

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self, args: list[str]) -> Generator[None, object, object]:
        """Parse the arguments, or refuse them."""
        try:
            return (yield)
        except pytest.UsageError as error:
            said = _USAGE.fullmatch(str(error))
            if said is None:
                raise
            raise pytest.UsageError(f"{_reason(said[1], args)}\n{USAGE}") from None


def _reason(said: str, args: Sequence[str]) -> str:
    """What is wrong, in a sentence that names the nearest option."""
    unknown = _UNKNOWN.match(said)
    if unknown is None:
        return re.sub(r"argument (--wireproof-[a-z-]+/)?(-[a-z-]+): ", r"\2: ", said.partition("\n")[0])
    name = next((word for word in shlex.split(unknown[1]) if word.startswith("-")), unknown[1]).partition("=")[0]
    close = get_close_matches(name, [f"--{known}" for known in OPTIONS], n=1)
    return f"there is no option {name}; " + (f"did you mean {close[0]}?" if close else "wireproof --help lists them")
