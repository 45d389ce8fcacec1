"""The protocol's schemas are valid, and the authoritative and the fast validator agree on them."""

from __future__ import annotations

import json
from functools import cache

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.catalog.endpoints import REQUEST_SCHEMAS
from harness.catalog.paths import SPEC
from harness.model import Data
from tests.catalogs import read_once

SCHEMAS = read_once().schemas
NAMES = sorted(SCHEMAS.documents)
MEMBERS = sorted({name for document in SCHEMAS.documents.values() for name in document.get("properties", {})})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "stop", "assistant", "chat.completion", "[DONE]", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS.documents[name])
    assert SCHEMAS.documents[name]["title"]


@cache
def validators(name: str) -> tuple[jsonschema_rs.Draft202012Validator, Draft202012Validator]:
    """The two validators of a schema, with all that it refers to."""
    document = SCHEMAS.bundled(name)
    return jsonschema_rs.Draft202012Validator(document), Draft202012Validator(document)


@given(st.sampled_from(NAMES), VALUES)
@settings(max_examples=400, deadline=None)
def test_both_libraries_agree(name: str, value: Data) -> None:
    fast, authoritative = validators(name)
    assert fast.is_valid(value) == authoritative.is_valid(value)
    assert bool(SCHEMAS.errors(name, value)) != SCHEMAS.is_valid(name, value)


def test_references_name_files_that_exist() -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for item in node for found in references(item)] if isinstance(node, list) else []

    for path in (*(SPEC / "schemas").glob("*.json"), *(SPEC / "schemas" / "files").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for reference in references(document):
            inside = reference.removeprefix("#/definitions/")
            there = (path.parent / reference).is_file() if inside == reference else inside in document["definitions"]
            assert there, f"{path.name} refers to {reference}"


def test_missing_member_is_named_by_its_place() -> None:
    ((path, problem),) = SCHEMAS.errors("usage", {"prompt_tokens": 1, "completion_tokens": 1})
    assert path == ("total_tokens",)
    assert (problem.where, problem.expected, problem.got) == ("/total_tokens", "present", "absent")


def test_wrong_value_is_shown() -> None:
    ((_, problem),) = SCHEMAS.errors("usage", {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": "2"})
    assert (problem.expected, problem.got) == ("integer", "2")


def test_request_schemas_exist() -> None:
    assert set(REQUEST_SCHEMAS.values()) <= set(NAMES)
