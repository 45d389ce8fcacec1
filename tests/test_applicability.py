"""``when`` is read the same way for exchanges and for steps, and so are features that are not offered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.catalog.applicability import asks_for, may_show
from harness.checks.json_value import same_json
from harness.judging.absence import NO_KEY, absence, absence_by
from harness.model import Data, Exchange, Request, Step, When


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0, False, False),
        (1, True, False),
        (1, 1.0, True),
        (None, False, False),
        ([1, [True]], [1.0, [True]], True),
        ([1], [True], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 0}, {"a": False}, False),
        ({"a": None}, {}, False),
        ("1", 1, False),
    ],
)
def test_json_equality(one: Data, other: Data, same: bool) -> None:
    assert same_json(one, other) is same
    assert same_json(other, one) is same


@pytest.mark.parametrize(
    ("asks", "body", "applies"),
    [
        ({"tools.*.type": "custom"}, {"tools": [{"type": "function"}, {"type": "custom"}]}, True),
        ({"tools.*.type": "custom"}, {"tools": [{"type": "function"}]}, False),
        ({"logprobs": False}, {"logprobs": 0}, False),
        ({"n": 1}, {"n": True}, False),
        ({"stop": None}, {}, True),
        ({"stop": None}, {"stop": None}, True),
        ({"stop": None}, {"stop": ""}, False),
    ],
)
def test_step_and_exchange_are_read_alike(catalog: Catalog, asks: dict[str, Data], body: dict[str, Data], applies: bool) -> None:
    requirement = replace(catalog.requirements["usage.adds-up"], when=When(asks=asks))
    assert asks_for(When(asks=asks), body) is applies
    assert may_show(requirement, Step("only", "chat", send=body)) is applies


def settled(catalog: Catalog, feature: str, probes: dict[str, int], *, has_key: bool = True) -> str | None:
    """Why a feature is absent, when the cases of probes were answered with these statuses."""
    request = Request("responses", "POST", "/responses", (), b"{}")
    found = {case: Exchange("x", request, status) for case, status in probes.items()}
    return absence_by(lambda asked: found.get(asked.case), absence(catalog, feature, {} if has_key else {"auth": NO_KEY}))


def test_absence_is_settled_by_the_probes_that_are_there(catalog: Catalog) -> None:
    probe = catalog.features["responses"].probe
    assert probe is not None
    told = settled(catalog, "responses", {probe.cases[0]: 404})
    assert told == f"POST /responses was answered with 404 ({probe.cases[0]})"
    assert settled(catalog, "responses.stream", {probe.cases[0]: 404}) == told, "a part of what is not offered"
    assert settled(catalog, "responses", {}) is None
    assert settled(catalog, "responses", {probe.cases[0]: 200}) is None


def test_auth_is_not_offered_without_a_key(catalog: Catalog) -> None:
    assert settled(catalog, "auth", {}, has_key=False) == "the run has no key"
    assert settled(catalog, "auth", {}) is None
