"""Compares a newer OpenAPI document of the reference with the one behind ``spec/``, and says which requirements a change concerns."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..catalog import Catalog, YamlError, load, reference_document
from ..wire import Scrubber
from . import files

WIDTH = 120


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("document", metavar="FILE", type=Path, help="an OpenAPI document in JSON or YAML, perhaps compressed (.gz)")
    parser.add_argument("--write", action="store_true", help="in a checkout: keep this document's outline, once spec/ follows it")
    parser.epilog = "The exit code is 0 if nothing changed, 1 if something did, and 4 where the document cannot be read."


def run(given: argparse.Namespace) -> int:
    """Print what changed."""
    catalog = load()
    try:
        document = reference_document.read_document(given.document)
    except OSError as error:
        files.complain(f"{given.document} cannot be read ({error.strerror})")
    except YamlError as error:
        files.complain(f"{given.document}: {error}")
    roots = reference_document.cited(catalog.requirements.values())
    now = reference_document.outline(document, reference_document.roots_of(document, catalog.requirements.values()))
    if given.write:
        files.write(reference_document.OUTLINE, reference_document.written(now), Scrubber())
        print(f"{reference_document.OUTLINE} is the outline of version {now['version']}: {len(now):,} lines")
        return 0
    before = reference_document.read_outline()
    lines = list(_lines(before, now, reference_document.needed(document["components"].get("schemas", {}), roots), catalog, roots))
    print(f"from version {before['version']} to {now['version']}: {_counted(before, now)}")
    print("\n".join(lines), end="\n" * bool(lines))
    return 1 if lines else 0


def _counted(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """How many places are new, gone and changed."""
    changed = sum(before[place] != now[place] for place in before.keys() & now.keys())
    return f"{len(now.keys() - before.keys())} new, {len(before.keys() - now.keys())} gone, {changed} changed, of {len(now):,}"


def _lines(
    before: Mapping[str, str],
    now: Mapping[str, str],
    needing: Mapping[str, list[str]],
    catalog: Catalog,
    roots: Mapping[str, list[str]],
) -> Iterator[str]:
    """Each change below its component or operation, and the requirements that rest on it."""
    head = ""
    for place in sorted({*before, *now}, key=lambda place: (owner(place), place)):
        if before.get(place) == now.get(place) or place == "version":
            continue
        if owner(place) != head:
            head = owner(place)
            yield f"\n{head}"
            for text in _concerned(head, needing, catalog, roots):
                yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        if place not in before:
            yield f"  + {place}: {now[place]}"
        elif place not in now:
            yield f"  - {place}: {before[place]}"
        else:
            yield f"  ~ {place}"
            yield f"      was {before[place]}"
            yield f"      is  {now[place]}"


def owner(place: str) -> str:
    """The component or the operation that a place belongs to."""
    return place if " /" in place else place.partition(".")[0].partition("[")[0].partition("{")[0]


def _concerned(head: str, needing: Mapping[str, list[str]], catalog: Catalog, roots: Mapping[str, list[str]]) -> Iterator[str]:
    """The requirements that name a component as their source, or else the named components that it is part of."""
    if head in roots:
        schemas = {str(a) for name in roots[head] for a in catalog.requirements[name].arguments.values() if isinstance(a, str)}
        known = sorted(f"spec/schemas/{name}.json" for name in schemas if name in catalog.schemas)
        yield f"requirements: {', '.join(roots[head])}"
        if known:
            yield f"schemas: {', '.join(known)}"
    elif " /" in head:
        path = re.compile(rf"paths\.{re.escape(head.split()[1])}(?![\w/{{-])")
        resting = [one.id for one in catalog.requirements.values() if path.search(one.at)]
        if resting:
            yield f"requirements: {', '.join(resting)}"
    elif head in needing:
        yield f"part of {', '.join(needing[head])}"
