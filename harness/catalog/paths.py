"""The path of ``spec/``, and the JSON Schemas of the files that we read and write."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ..checks import Schemas

SPEC = Path(__file__).resolve().parent.parent.parent / "spec"


def schemas_below(spec: Path) -> Schemas:
    """The schemas for the data files of a folder like ``spec/``, by name."""
    paths = sorted((spec / "schemas" / "files").glob("*.json"))
    return Schemas({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths})


@cache
def own_schemas() -> Schemas:
    """The schemas for the data files of our own ``spec/``."""
    return schemas_below(SPEC)
