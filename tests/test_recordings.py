"""Recorded exchanges with real endpoints: no false alarm against the reference provider, and only real deviations elsewhere.

The recordings are not part of the project; without them these tests say so and skip.
"""

from __future__ import annotations

import pytest

from harness.catalog import Catalog
from harness.checks import Reply
from harness.model import Outcome
from harness.records.exchange_judging import Alarms, ExchangeJudge, false_alarms
from harness.records.forms import read
from harness.records.recorded import Lost
from tests.recorded import COUNTS, DEVIATIONS, NOT_FROM_THE_PROVIDER, RECORDINGS, REFERENCE


@pytest.fixture(scope="module")
def alarms(catalog: Catalog) -> dict[str, Alarms]:
    """What the requirements say of all recordings."""
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    return false_alarms(catalog, RECORDINGS, besides=NOT_FROM_THE_PROVIDER)


def test_no_must_fails_on_the_reference_provider(alarms: dict[str, Alarms]) -> None:
    assert dict(alarms[REFERENCE].musts) == {}


def test_every_record_is_judged(alarms: dict[str, Alarms]) -> None:
    assert {host: found.read for host, found in alarms.items()} == COUNTS
    assert {host: found.judged for host, found in alarms.items()} == COUNTS


def test_what_other_hosts_miss_are_their_own_deviations(alarms: dict[str, Alarms]) -> None:
    found = {host: {name: len(ids) for name, ids in seen.musts.items()} for host, seen in alarms.items() if seen.musts}
    assert found == {host: {name: count for name, (count, _) in missed.items()} for host, missed in DEVIATIONS.items()}


def test_records_from_elsewhere_are_the_ones_that_show(catalog: Catalog) -> None:
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    shown = {name for ids in false_alarms(catalog, RECORDINGS)[REFERENCE].musts.values() for name in ids}
    assert shown == set(NOT_FROM_THE_PROVIDER)


def test_general_requirements_really_judge_them(catalog: Catalog) -> None:
    if not RECORDINGS.is_file():
        pytest.skip(f"there are no recordings at {RECORDINGS}")
    recorded, judge = read(RECORDINGS).exchanges, ExchangeJudge(catalog)
    found = [judge.findings(one, Reply(one.exchange)) for one in recorded]
    judged = {finding.requirement for findings in found for finding in findings if finding.outcome is Outcome.PASS}
    assert {"responses.object-shape", "responses-stream.text-joins", "responses-stream.arguments-join", "responses.usage-shape"} <= judged
    assert {"responses-stream.annotations-kept", "responses-stream.tools-go-on", "responses-stream.other-texts-join"} <= judged
    assert {"chat.object-shape", "chat-stream.ends-with-done", "chat-stream.usage-chunk", "errors.envelope", "usage.adds-up"} <= judged
    assert all(Lost.HEADERS in one.lost for one in recorded)
    rewritten = [findings for one, findings in zip(recorded, found, strict=True) if Lost.SPELLING in one.lost]
    assert rewritten
    assert "http.integers-plain" not in {finding.requirement for findings in rewritten for finding in findings}
