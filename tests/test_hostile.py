"""A sample of the hostile endpoint: no crash, no leak, no undeserved pass, and each outcome as in the table.

``make hostile`` judges all of it, each in a process of its own, with its peak memory and time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog import Catalog
from tests.hostile.behaviours import BEHAVIOURS
from tests.hostile.outcomes import read
from tests.hostile.play import play
from tests.hostile.server import HostileServer

SLOWER = ("retry-after", "unavailable")
"""We wait as we are asked to."""

FAST = [name for name, one in BEHAVIOURS.items() if name in one.names and not one.slow and not name.startswith(SLOWER)]
ALWAYS = ["status-line-ssh", "header-esc", "retry-after-year-too-large", "json-digits-4300", "json-deep-arrays-970", "key-in-json-escapes"]
FROM_THE_FIRST = ["pre-model-id-surrogate", "pre-redirect-javascript", "pre-key-in-error-plain", "pre-json-html"]
SAMPLE = [*dict.fromkeys([*ALWAYS, *FAST[::75]]), *FROM_THE_FIRST]
TABLE = read()


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    """All behaviours on a socket."""
    serving = HostileServer({name: one.act for name, one in BEHAVIOURS.items()})
    yield serving
    serving.close()


@pytest.mark.parametrize("name", SAMPLE)
def test_hostile_endpoint_is_told_for_what_it_is(catalog: Catalog, server: HostileServer, tmp_path: Path, name: str) -> None:
    played = play(catalog, server.url(name), tmp_path, BEHAVIOURS[name.removeprefix("pre-")].cases)
    assert played.ours == (), played.ours
    assert list(played.leaks()) == []
    assert played.code != 0 or BEHAVIOURS[name.removeprefix("pre-")].harmless, played.sentence
    assert played.outcome == TABLE[name], played.sentence
    assert played.seconds < 30


def test_table_is_about_all_behaviours_whose_outcome_no_machine_decides() -> None:
    assert set(TABLE) == {name for one in BEHAVIOURS.values() if not one.slow for name in one.names}
    assert len(BEHAVIOURS) > 500


def test_no_pass_in_the_table_is_unearned() -> None:
    assert [name for name, outcome in TABLE.items() if outcome == "0" and not BEHAVIOURS[name.removeprefix("pre-")].harmless] == []
    assert [name for name, outcome in TABLE.items() if outcome.startswith(("3", "crash"))] == []
