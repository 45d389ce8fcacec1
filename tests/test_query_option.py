"""``--query``: what it adds, and what it refuses."""

from __future__ import annotations

import pytest

from harness.catalog.requests import plan
from harness.model import Step, Subject
from harness.plugin.refused_values import query_of


def test_query_goes_with_each_request_beside_its_own() -> None:
    subject = Subject("http://host/v1", "m", "m", "m", "openai", query=query_of(["api-version=2024-10-21", "a=b=c"]))
    step = Step("only", "models", "GET", query={"limit": 2})
    assert plan(step, subject, {}, {}).path == "/models?api-version=2024-10-21&a=b%3Dc&limit=2"


@pytest.mark.parametrize("text", ["api-version", "=x", " =x", "a=\n"])
def test_query_without_a_name_or_a_value_is_refused(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="needs the form NAME=VALUE"):
        query_of([text])


@pytest.mark.parametrize("name", ["key", "api_key", "access-token"])
def test_credential_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(pytest.UsageError, match="looks like a credential") as caught:
        query_of([f"{name}=s3cret-value"])
    assert "s3cret" not in str(caught.value)
