"""Each reported bug is found by the requirement that states its rule."""

from __future__ import annotations

import asyncio

import pytest

from harness.catalog import Catalog
from harness.model import Level
from harness.reference.faults import FAULTS
from tests.baseline import Baseline
from tests.detection import Caught, Detection, detect, expectations

CAUGHT, INEXPRESSIBLE = expectations()


@pytest.mark.parametrize("name", CAUGHT)
def test_fault_is_caught(name: str, baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    detection = loop.run_until_complete(detect(catalog, baseline, FAULTS[name], CAUGHT[name]))
    assert detection.missed == ()
    assert detection.found


def test_every_fault_is_expected_to_be_caught_or_has_a_reason() -> None:
    assert CAUGHT.keys() | INEXPRESSIBLE.keys() == FAULTS.keys()
    assert CAUGHT.keys() & INEXPRESSIBLE.keys() == set()
    assert all(len(reason) > 40 for reason in INEXPRESSIBLE.values())


def test_a_note_does_not_count_for_what_breaks_clients() -> None:
    note = (Caught("http.json-at-once", Level.MAY, ""),)
    grave, doubtful = FAULTS["litellm-terminator-dropped"], FAULTS["deepseek-keep-alive-before-the-reply"]
    assert not Detection(grave, note, ()).found
    assert Detection(doubtful, note, ()).found
    assert not Detection(doubtful, (), ()).found
