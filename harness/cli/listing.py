"""Lists requirements, cases, features, areas, profiles and faults, filtered by words."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from ..catalog import load, profile_names
from ..reference import FAULTS

Row = tuple[str, str, str]
"""A name, a word about its kind, and a sentence."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("kind", choices=sorted(KINDS), help="what to list")
    parser.add_argument("word", nargs="*", help="list only entries with all these words in their name, kind or sentence")


def run(given: argparse.Namespace) -> int:
    """List them; the exit code is 0 even if nothing matches."""
    words = [word.lower() for word in given.word]
    rows = [row for row in KINDS[given.kind]() if all(word in " ".join(row).lower() for word in words)]
    width = max((len(name) for name, _, _ in rows), default=0)
    middle = max((len(kind) for _, kind, _ in rows), default=0)
    for name, kind, says in rows:
        print(f"{name:<{width}}  {kind:<{middle}}  {says}".rstrip())
    return 0


def _requirements() -> Iterable[Row]:
    found = {**load(relay=True).requirements, **load(twin=True).requirements}
    return [(one.id, one.level.upper(), one.says) for one in found.values()]


def _cases() -> Iterable[Row]:
    found = {**load().cases, **load(relay=True).cases}
    return [(one.id, one.feature, one.title) for one in found.values()]


def _features() -> Iterable[Row]:
    return [(one.id, one.needs or "", one.says) for one in load().features.values()]


def _areas() -> Iterable[Row]:
    catalog = load()
    counts = {area: sum(one.area == area for one in catalog.requirements.values()) for area in catalog.areas}
    return [(area, f"{number} requirements", "") for area, number in counts.items()]


def _profiles() -> Iterable[Row]:
    return [(name, "", load(profile=name).profile.about) for name in profile_names()]


def _faults() -> Iterable[Row]:
    return [(fault.name, fault.severity, f"{fault.server}: {fault.says}") for fault in sorted(FAULTS.values(), key=lambda one: one.name)]


KINDS: dict[str, Callable[[], Iterable[Row]]] = {
    "areas": _areas,
    "cases": _cases,
    "faults": _faults,
    "features": _features,
    "profiles": _profiles,
    "requirements": _requirements,
}
"""What can be listed."""
