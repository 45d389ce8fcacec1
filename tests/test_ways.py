"""The covering cases: each two ways of asking that can meet do, and nothing is written but what the generator makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.baseline import Baseline
from tests.ways.__main__ import ENDPOINTS, file_of, met_by, text
from tests.ways.covering import requests, required, table
from tests.ways.endpoint import Endpoint

each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@each_endpoint
def test_cases_are_those_of_the_generator(endpoint: Endpoint) -> None:
    assert file_of(endpoint).read_text(encoding="utf-8") == text(endpoint), "write them again: python -m tests.ways"


@each_endpoint
def test_every_two_ways_that_can_meet_do(endpoint: Endpoint) -> None:
    assert [pair for pair, count in table(endpoint, requests(endpoint)).items() if not count] == []
    assert all(endpoint.is_possible(chosen) for chosen in requests(endpoint))


@each_endpoint
def test_no_two_ways_that_can_meet_are_missing_in_a_run(endpoint: Endpoint, baseline: Baseline) -> None:
    asked = [pair for played in baseline.cases.values() for pair in zip(played.asked, played.replies, strict=True)]
    assert [pair for pair, count in met_by(endpoint, asked).items() if not count] == []


@each_endpoint
def test_every_constraint_forbids_something(endpoint: Endpoint) -> None:
    possible = len(required(endpoint))
    for name in endpoint.impossible:
        others = {other: has for other, has in endpoint.impossible.items() if other != name}
        assert len(required(replace(endpoint, impossible=others))) > possible, name
