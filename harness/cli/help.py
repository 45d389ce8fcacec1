"""What ``wireproof --help`` prints: the commands, and our options in groups."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping

from ..options import GROUPS, Option

USAGE = "usage: wireproof [OPTIONS]  or  wireproof COMMAND [...]     (wireproof --help lists both)"

INDENT = 26
"""The column in which explanations begin."""


def help_text(commands: Mapping[str, str]) -> str:
    """The whole help."""
    width = min(shutil.get_terminal_size().columns, 120)
    return "".join(f"{line}\n" for line in _lines(commands, width))


def _lines(commands: Mapping[str, str], width: int) -> Iterator[str]:
    yield USAGE
    yield ""
    yield "Judges an OpenAI-compatible endpoint: wireproof --base-url URL --model NAME"
    yield ""
    yield "commands:"
    for name, about in commands.items():
        yield from _entry(name, about, width)
    for title, options in GROUPS.items():
        yield ""
        yield f"{title}:"
        for option in options:
            yield from _entry(option.usage, _about(option), width)
    yield ""
    yield from textwrap.wrap(
        "Options that a project repeats may stand in wireproof.toml, or in pyproject.toml under [tool.wireproof]. It is pytest underneath: "
        "-k, -x, -q, -v and its other options work too (pytest --help), and -n with wireproof[xdist].",
        width,
    )


def _about(option: Option) -> str:
    default = f"{option.default:,g}" if isinstance(option.default, int | float) else option.default
    return option.about + (f" ({default})" if default is not None else "")


def _entry(name: str, about: str, width: int) -> Iterator[str]:
    """A name and its explanation, which begins on the next line if the name is long."""
    lines = textwrap.wrap(about, max(width - INDENT, 30))
    first = f"  {name}"
    if len(first) > INDENT - 2:
        yield first
        first = ""
    for line in lines:
        yield f"{first:<{INDENT}}{line}"
        first = ""
