"""Rewrites a list of known failures in the current format."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..catalog import Catalog, load
from ..judging import Exit, KnownError, as_text, read_known, rewritten
from . import files


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("action", choices=["rewrite"], help="rewrite: let each entry name a requirement, an endpoint and a mode")
    parser.add_argument("file", metavar="FILE", help="the list; it is overwritten")


def run(given: argparse.Namespace) -> int:
    """Rewrite the list."""
    path = Path(given.file)
    catalog = everything()
    try:
        known = read_known(path, catalog, datetime.now(UTC).date(), drafts=True)
    except KnownError as error:
        files.complain(str(error))
    entries = rewritten(known, catalog)
    files.or_complain(lambda: path.write_text(as_text(entries), encoding="utf-8"))
    print(f"{path}: {len(known.entries)} entries became {len(entries)}")
    return int(Exit.CONFORMS)


def everything() -> Catalog:
    """All requirements and cases, including those of gateways judged from both sides."""
    one, other = load(twin=True), load(relay=True, twin=True)
    return replace(one, requirements={**one.requirements, **other.requirements}, cases={**one.cases, **other.cases})
