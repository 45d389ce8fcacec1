"""The kept examples of properties are those that were drawn."""

from __future__ import annotations

import subprocess
import sys

from harness.catalog import Catalog
from tests.kept_examples import FOLDER, SEED, drawn_with, text


def test_same_seed_keeps_the_same_examples(catalog: Catalog) -> None:
    written = (FOLDER / "embeddings.yaml").read_text(encoding="utf-8")
    same_version = written.startswith(f"# Drawn by make draw with {drawn_with()} from seed {SEED}.")
    assert (written == text(catalog, "embeddings", SEED)) is same_version
    assert written != text(catalog, "embeddings", SEED + 1)


def test_every_property_keeps_as_many_as_it_says(catalog: Catalog) -> None:
    names = [name.rpartition("-")[0] for name, case in catalog.cases.items() if case.area == "properties"]
    assert {name: names.count(name) for name in names} == {prop.id: prop.keep for prop in catalog.properties.values() if prop.keep}


def test_kept_examples_need_no_hypothesis() -> None:
    """They are the same on every machine, whatever version is there."""
    told = "import sys; from harness.catalog import load; load(); sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
