"""Draws the examples that every run plays, and writes them as cases: ``make draw``.

Every property says how many of its examples are kept. The same seed writes the same files where Hypothesis is the same; the files say
which version that was, and are played with any.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from importlib.metadata import version

from harness.catalog import Catalog, load, settings
from harness.catalog.paths import SPEC
from harness.generated.drawn_cases import item
from harness.generated.kept import kept
from harness.generated.strategies import source_of
from harness.model import Property
from tests.inprocess import SUBJECT

FOLDER = SPEC / "cases" / "properties"
SEED = 1
DRAWERS = ("hypothesis", "hypothesis-jsonschema")
PLACEHOLDERS = {name: name for name in settings(SUBJECT)}
"""The run settings stay as they are, since each run has its own."""


def drawn_with() -> str:
    """The versions of what draws."""
    return ", ".join(f"{name} {version(name)}" for name in DRAWERS)


def text(catalog: Catalog, endpoint: str, seed: int) -> str:
    """The file of an endpoint's kept examples."""
    properties = [prop for prop in catalog.properties.values() if prop.endpoint == endpoint and prop.keep]
    lines = [
        f"# Drawn by make draw with {drawn_with()} from seed {seed}. Do not edit: change what is drawn instead.\n",
        f"about: Examples of what holds for every request to {endpoint}, as they were drawn.\n",
        f"feature: {endpoint}\ncases:\n",
    ]
    return "".join([*lines, *(found for place, prop in enumerate(properties) for found in _items(catalog, prop, 100 * seed + place))])


def _items(catalog: Catalog, prop: Property, seed: int) -> Iterable[str]:
    """The kept examples of a property, each under a number."""
    name = prop.id.rpartition("/")[2]
    cases = kept(source_of(prop, catalog.schemas, PLACEHOLDERS), prop.keep, seed)
    return [item(f"{name}-{number}", f"{prop.title[:-1]}, example {number}.", case) for number, case in enumerate(cases, start=1)]


def main(arguments: Iterable[str]) -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m tests.kept_examples", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="the seed of what is drawn (%(default)s)")
    given = parser.parse_args(list(arguments))
    catalog = load()
    FOLDER.mkdir(exist_ok=True)
    for endpoint in dict.fromkeys(prop.endpoint for prop in catalog.properties.values() if prop.keep):
        (FOLDER / f"{endpoint}.yaml").write_text(text(catalog, endpoint, given.seed), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
