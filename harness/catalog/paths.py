"""Where our own data lie, and the JSON Schemas of the files that we read and write."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ..checks import Schemas

SPEC = Path(__file__).resolve().parent.parent.parent / "spec"


def schemas_below(spec: Path) -> Schemas:
    """The schemas of a folder like ``spec/`` for its own files, by name."""
    paths = sorted((spec / "schemas" / "files").glob("*.json"))
    return Schemas({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths})


@cache
def own_schemas() -> Schemas:
    """Those of our own ``spec/``."""
    return schemas_below(SPEC)
