"""The data itself: we send what we mean, and everything declared is used."""

from __future__ import annotations

import json

import pytest

from harness.catalog import Catalog
from harness.catalog.cost import Cost, cost_of
from harness.catalog.endpoints import METHODS, PATHS, REQUEST_SCHEMAS, endpoint_of
from harness.catalog.paths import SPEC
from harness.catalog.requests import plan
from harness.checks import CHECKS
from harness.model import Case, Level
from tests.catalogs import read_once
from tests.inprocess import HEADERS, SUBJECT

PROFILED = [read_once(profile=path.stem) for path in sorted((SPEC / "profiles").glob("*.yaml"))]
"""The catalog with each profile: some requirements are asked for by one profile only."""

CASES = list({case.id: case for one in PROFILED for case in one.cases.values()}.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_requests_are_valid_unless_they_mean_not_to_be(case: Case, catalog: Catalog) -> None:
    for step in case.steps:
        schema = REQUEST_SCHEMAS.get(step.endpoint)
        if schema is None or step.raw is not None or "$from" in json.dumps(step.send):
            continue
        body = json.loads(plan(step, SUBJECT, HEADERS, {}).body)
        valid = catalog.schemas.is_valid(schema, body)
        by_other_means = (
            "$too_long" in json.dumps(step.send)
            or any(word in json.dumps(body) for word in ("wireproof-no-such", "base64,AAAA"))
            or "authorization" in step.headers
        )
        if step.wants == "success":
            assert valid, catalog.schemas.errors(schema, body)
        elif step.wants == "refusal":
            assert not valid or by_other_means


FORMS = [deviation.accepts for one in PROFILED for deviation in one.profile.deviations if deviation.accepts is not None]
REQUIREMENTS = [
    requirement for one in (*PROFILED, read_once(twin=True), read_once(relay=True)) for requirement in one.requirements.values()
]


def test_every_check_is_used() -> None:
    assert set(CHECKS) == {r.check for r in REQUIREMENTS if r.check is not None} | {form.check for form in FORMS if form.check is not None}


def test_every_source_is_cited() -> None:
    for one in PROFILED:
        profile = one.profile
        cited = {entry.source for entries in (profile.deviations, profile.samples, profile.lacks) for entry in entries}
        assert cited <= set(one.sources)
    assert {r.source for r in REQUIREMENTS} == set(read_once().sources)


def test_every_reply_schema_is_used(catalog: Catalog) -> None:
    texts = [json.dumps(document) for document in catalog.schemas.documents.values()]
    arguments = [requirement.arguments for requirement in catalog.requirements.values()] + [form.arguments for form in FORMS]
    texts += [json.dumps(dict(given)) for given in arguments] + [json.dumps(form.without) for form in FORMS]
    used = {name for name in catalog.schemas.documents if any(f'"{name}.json"' in text or f'"{name}"' in text for text in texts)}
    assert set(catalog.schemas.documents) - used == set(REQUEST_SCHEMAS.values())


@pytest.mark.parametrize("profiled", PROFILED, ids=lambda one: one.profile.name)
def test_requirements_that_only_cases_judge_have_one(profiled: Catalog) -> None:
    expected = [one.expect for one in profiled.cases.values()] + [one.expect for one in profiled.properties.values()]
    named = {expectation.requirement for expect in expected for expectation in expect}
    of_clients = {call.client.area for call in profiled.calls.values()}  # every call decides all requirements of its client's area
    lonely = [r for r in profiled.requirements.values() if r.when is None and r.untestable is None and r.id not in named]
    assert [r.id for r in lonely if r.area not in of_clients] == []


def test_a_contradiction_is_never_silent(catalog: Catalog) -> None:
    doubtful = {"chat.content-present", "chat.refusal-present", "chat.logprobs-present", "completions-stream.finish-reason-known"}
    for name in doubtful:
        assert catalog.requirements[name].contradiction or catalog.requirements[name].tolerates
    assert all(catalog.requirements[name].level is not Level.MUST for name in doubtful - {"completions-stream.finish-reason-known"})


def test_token_limits_are_small(catalog: Catalog) -> None:
    sent = [step.send for case in catalog.cases.values() for step in case.steps if isinstance(step.send, dict)]
    assert all(max(body.get("max_tokens") or 0, body.get("max_output_tokens") or 0) <= 256 for body in sent)
    making = [step for case in catalog.cases.values() for step in case.steps if step.endpoint == "responses" and step.wants != "refusal"]
    assert all("max_output_tokens" in step.send for step in making)
    default = read_once(named=()).cases.values()
    total = sum(map(cost_of, default), Cost())
    without_responses = sum((cost_of(case) for case in default if not case.feature.startswith("responses")), Cost())
    assert without_responses.requests < 400
    assert total.requests <= 520
    assert total.tokens <= 16_000


def test_data_is_data() -> None:
    assert {path.suffix for path in SPEC.rglob("*") if path.is_file()} <= {".yaml", ".json", ".md"}


def test_endpoints_are_told_by_their_paths() -> None:
    told = {name: {endpoint_of(path.replace("{}", "some-id"), method) for method in METHODS[name]} for name, path in PATHS.items()}
    assert told == {name: {name} for name in PATHS}
    assert endpoint_of("/responses/resp_1?stream=true") == "response"
    assert endpoint_of("/nothing") == "other"
