"""``spec-diff``: what a newer OpenAPI document of the reference changes, and which requirements rest on it."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.catalog import reference_document as reference
from harness.cli import main
from harness.cli.spec_diff import owner
from harness.judging.verdict import Exit

ROOTS = ["Chat"]
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"version": "1"},
    "paths": {"/chat": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Chat"}}}}}}},
    "components": {
        "schemas": {
            "Chat": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "choices": {"type": "array", "items": {"$ref": "#/components/schemas/Choice"}},
                    "next": {"$ref": "#/components/schemas/Chat"},
                },
            },
            "Choice": {"type": "object", "properties": {"reason": {"type": "string", "enum": ["stop", "length"]}}},
            "Unrelated": {"type": "string"},
        }
    },
}


def test_outline_says_what_a_document_says() -> None:
    assert reference.outline(DOCUMENT, ROOTS) == {
        "version": "1",
        "POST /chat": "takes application/json Chat",
        "Chat": "object",
        "Chat.id": "string, required",
        "Chat.choices": "array of Choice",
        "Chat.next": "Chat",
        "Choice": "object",
        "Choice.reason": 'string, "length" / "stop"',
    }


@pytest.mark.parametrize(
    ("change", "places"),
    [
        (lambda s: s["Choice"]["properties"]["reason"]["enum"].append("tool"), {"Choice.reason"}),
        (lambda s: s["Choice"]["properties"].update(more={"type": "null"}), {"Choice.more"}),
        (lambda s: s["Chat"]["required"].clear(), {"Chat.id"}),
        (lambda s: s["Chat"]["properties"].pop("next"), {"Chat.next"}),
        (lambda s: s["Chat"]["properties"]["id"].update(type=["string", "null"]), {"Chat.id"}),
        (lambda s: s["Chat"]["properties"]["choices"].update(minItems=1), {"Chat.choices"}),
        (lambda s: s["Chat"].update(additionalProperties=False), {"Chat"}),
        (lambda s: s["Chat"].update(anyOf=[{"properties": {"x": {"oneOf": [{"type": "null"}]}}}]), {"Chat", "Chat.x"}),
        (lambda s: s["Chat"]["properties"]["id"].update(description="Other prose."), set()),
        (lambda s: s["Unrelated"].update(type="null"), set()),
    ],
)
def test_each_change_is_seen_at_its_place(change: Any, places: set[str]) -> None:
    changed = deepcopy(DOCUMENT)
    change(changed["components"]["schemas"])
    before, now = reference.outline(DOCUMENT, ROOTS), reference.outline(changed, ROOTS)
    assert {place for place in before.keys() | now.keys() if before.get(place) != now.get(place)} == places


@pytest.mark.parametrize("place", ["Chat", "Chat.a.b", "Chat[].a", "Chat{}.a"])
def test_place_belongs_to_its_component(place: str) -> None:
    assert owner(place) == "Chat"
    assert owner("POST /chat.x/{id}") == "POST /chat.x/{id}"


def test_outline_that_spec_was_written_from_has_what_requirements_cite(catalog: Catalog) -> None:
    kept = reference.read_outline()
    assert set(reference.cited(catalog.requirements.values())) <= set(kept)
    assert f"document {kept['version']}" in catalog.sources["openai-openapi"].title


def test_command_names_what_rests_on_a_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = deepcopy(DOCUMENT)
    document["components"]["schemas"]["CreateChatCompletionResponse"] = {"type": "object", "properties": {"new": {"type": "string"}}}
    path = tmp_path / "openapi.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    assert main(["spec-diff", str(path)]) == Exit.UNMET
    said = capsys.readouterr().out
    assert said.startswith("from version 2.3.0 to 1: ")
    assert "\nCreateChatCompletionResponse\n  requirements: chat.object-shape, " in said
    assert "\n  schemas: spec/schemas/chat-completion.json" in said
    assert "  + CreateChatCompletionResponse.new: string" in said
    assert "  - CreateChatCompletionResponse.id: string, required" in said
    assert "\nPOST /chat\n  + POST /chat: takes application/json Chat\n" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "this is no JSON and no YAML"),
        ("a: b", "this is no OpenAPI document"),
        ("[]", "no OpenAPI document"),
        ("a: [", "no JSON and no YAML"),
        ("[" * 100_000, "no JSON and no YAML"),
        ("a: " + "[" * 100_000, "no JSON and no YAML"),
        ("a: &a [*a]", "no JSON and no YAML"),
    ],
)
def test_document_that_is_none_costs_one_sentence(text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "openapi"
    path.write_text(text, encoding="utf-8")
    for given in (path, tmp_path / "none"):
        with pytest.raises(SystemExit) as ended:
            main(["spec-diff", str(given)])
        assert ended.value.code == Exit.NOT_JUDGEABLE
        said = capsys.readouterr().err
        assert len(said.splitlines()) == 1
        assert (says if given == path else "cannot be read (No such file or directory)") in said


def test_document_in_yaml_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\ninfo: {version: '1'}\npaths: {}\ncomponents: {schemas: {Chat: {type: object}}}\n", encoding="utf-8")
    assert reference.outline(reference.read_document(path), ROOTS) == {"version": "1", "Chat": "object"}
