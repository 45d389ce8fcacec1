"""The catalogs of our own data, each read once a process: reading them takes longer than judging fifty cases."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from harness.catalog import Catalog, load
from harness.catalog.paths import SPEC

READERS = ("plugin.session_start", "records.report", "records.verdicts", "cli.listing", "cli.explain", "cli.known_failures")
"""The modules of the harness that read the data."""


def read_once(
    spec: Path = SPEC,
    profile: str = "openai",
    required: Iterable[str] = (),
    *,
    relay: bool = False,
    twin: bool = False,
    named: Iterable[str] | None = None,
) -> Catalog:
    """What ``load`` reads; of our own data, the same object each time."""
    if spec != SPEC:
        return load(spec, profile, required, relay=relay, twin=twin, named=named)
    return _kept(profile, tuple(required), relay, twin, None if named is None else tuple(named))


@cache
def _kept(profile: str, required: tuple[str, ...], relay: bool, twin: bool, named: tuple[str, ...] | None) -> Catalog:
    return load(SPEC, profile, required, relay=relay, twin=twin, named=named)
