"""Prints everything known about a requirement or a case, without an endpoint."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from difflib import get_close_matches

from ..catalog import Catalog, load
from ..model import Case, Requirement
from . import files

WIDTH = 120


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "requirement", metavar="ID", nargs="+", help="a requirement, chat-stream.ends-with-done say, or a case, by its id or an earlier one"
    )


def run(given: argparse.Namespace) -> int:
    """Explain requirements and cases; the exit code is 4 if a name is unknown."""
    catalogs = [load(), load(relay=True), load(twin=True)]
    known = {name: (catalog, one) for catalog in reversed(catalogs) for name, one in catalog.requirements.items()}
    cases = {name: case for catalog in reversed(catalogs) for name, case in catalog.cases.items()}
    cases |= {alias: cases[name] for catalog in catalogs for alias, name in catalog.aliases.items()}
    for number, name in enumerate(given.requirement):
        if name in cases:
            print("\n" * bool(number) + "\n".join(_case_lines(name, cases[name])))
            continue
        if name not in known:
            close = get_close_matches(name, [*known, *cases], n=3)
            files.complain(
                f"there is no requirement {name!r}; {'did you mean ' + ' or '.join(close) if close else 'wireproof list requirements'}?"
            )
        print("\n" * bool(number) + "\n".join(_lines(*known[name])))
    return 0


def _lines(catalog: Catalog, requirement: Requirement) -> Iterator[str]:
    source = catalog.sources[requirement.source]
    yield f"{requirement.id}  {requirement.level.upper()}"
    yield from textwrap.wrap(requirement.says, WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""
    cases = [case.id for case in catalog.cases.values() if any(one.requirement == requirement.id for one in case.expect)]
    rows = [
        ("ground", requirement.ground or ""),
        ("source", f"{source.title}, {source.date} {source.url}".rstrip()),
        ("at", requirement.at),
        ("but", requirement.contradiction or ""),
        ("tolerates", requirement.tolerates or ""),
        ("feature", requirement.feature),
        ("breaks", "; ".join(requirement.breaks)),
        ("seen in", "\n".join(requirement.seen)),
        ("check", str(requirement.check or f"none: {requirement.untestable}")),
        ("cases", ", ".join(cases) if cases else "every exchange that it applies to"),
        ("defined", f"spec/{requirement.place}"),
        ("play it", f"wireproof --requirement {requirement.id}"),
    ]
    yield from _columns(rows)


def _case_lines(name: str, case: Case) -> Iterator[str]:
    yield f"{name}  now {case.id}" if name != case.id else name
    yield from textwrap.wrap(case.title, WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from _columns(
        [
            ("feature", ", ".join((case.feature, *case.also))),
            ("requests", str(len(case.steps))),
            ("expects", ", ".join(dict.fromkeys(one.requirement for one in case.expect))),
            ("replaces", ", ".join(case.aliases)),
            ("defined", f"spec/{case.place}"),
            ("play it", f"wireproof -k {case.id}"),
        ]
    )


def _columns(rows: list[tuple[str, str]]) -> Iterator[str]:
    """Names and wrapped texts in two columns."""
    for name, text in rows:
        lines = [line for part in text.split("\n") for line in textwrap.wrap(part, WIDTH, break_long_words=False)]
        yield from (f"  {name if position == 0 else '':<10} {line}" for position, line in enumerate(lines))
