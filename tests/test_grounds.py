"""Every MUST has a ground, and the ground can be checked."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.catalog import Catalog, CatalogError
from harness.catalog.paths import SPEC
from harness.catalog.reader import SpecReader
from harness.model import Level, Requirement
from tests import contract, operations, test_client_needs
from tests.catalogs import read_once

ROOT = SPEC.parent
REQUIREMENTS = list(
    {r.id: r for one in (read_once(), read_once(relay=True), read_once(twin=True)) for r in one.requirements.values()}.values()
)
AT_HAND = pytest.mark.skipif(contract.file() is None, reason=f"the OpenAPI document is not at {contract.FOLDER}")

GENERAL = ("status_is", "statuses_agree", "status_class_is_not", "keeps_rule", "fits_schema", "event_fits_schema", "header_is_present")
"""Checks that many rules share: two requirements with one of them are the same rule only if their names end alike."""


def of_ground(ground: str) -> list[Requirement]:
    return [requirement for requirement in REQUIREMENTS if requirement.ground == ground]


def kept_in(path: Path) -> set[str]:
    """The tests of a file, as pytest names them."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}{one.name}" for one in inner if isinstance(one, ast.FunctionDef)}
    return found


def test_every_must_has_a_ground_and_no_contradiction() -> None:
    musts = [requirement for requirement in REQUIREMENTS if requirement.level is Level.MUST]
    assert [r.id for r in musts if r.ground is None or not r.at or r.contradiction] == []


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("level: must", "ground"),
        ("level: must\n    ground: prose\n    contradiction: It says one thing here and another there.", "contradiction"),
        ("level: must\n    ground: client", "test"),
        ("level: should\n    ground: prose\n    test: tests/test_client_needs.py::test_x", "test"),
    ],
    ids=["no ground", "contradiction", "client without test", "test without client"],
)
def test_a_must_without_its_ground_is_refused(lines: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "schemas").symlink_to(SPEC / "schemas")
    (tmp_path / "requirements").mkdir()
    item = f"  - id: a.b\n    {lines}\n    says: It is so.\n    at: here\n    check: has_choices\n"
    head = "area: a\nabout: Something to be judged.\nsource: wireproof\nfeature: core\nrequirements:\n"
    (tmp_path / "requirements" / "a.yaml").write_text(head + item, encoding="utf-8")
    reader = SpecReader(tmp_path)
    list(reader.items("requirements/a.yaml", "requirements"))
    with pytest.raises(CatalogError, match=wrong):
        reader.finish()


@pytest.mark.parametrize("requirement", of_ground("client"), ids=lambda r: r.id)
def test_what_a_client_needs_is_shown_by_a_test(requirement: Requirement) -> None:
    file, _, name = str(requirement.test).partition("::")
    assert name in kept_in(ROOT / file)
    assert requirement.source == "openai-python"


def test_the_client_is_the_one_that_is_cited(catalog: Catalog) -> None:
    assert version("openai") == test_client_needs.VERSION
    assert catalog.sources["openai-python"].title.endswith(f"openai {test_client_needs.VERSION}")


@AT_HAND
@pytest.mark.parametrize("requirement", of_ground("contract"), ids=lambda r: r.id)
def test_what_the_contract_fixes_is_there(requirement: Requirement) -> None:
    assert contract.at(requirement.at.partition(",")[0].partition(" and ")[0]), f"there is no {requirement.at}"


QUOTED = [r for r in REQUIREMENTS if r.ground is not None and r.source == "openai-openapi" and '"' in r.at]


@AT_HAND
def test_each_operation_is_judged_or_the_page_says_why_not() -> None:
    assert operations.PAGE.read_text(encoding="utf-8") == operations.page(read_once()), "write it again: python -m tests.operations"


@AT_HAND
@pytest.mark.parametrize("requirement", QUOTED, ids=lambda r: r.id)
def test_what_is_quoted_is_said_there(requirement: Requirement) -> None:
    said = contract.told_of(requirement.at)
    for quoted in re.findall(r'"([^"]+)"', requirement.at):
        assert contract.plain(quoted) in said


def test_prose_of_the_reference_is_quoted() -> None:
    loose = [r.id for r in of_ground("prose") if r.level is Level.MUST and r.source == "openai-openapi" and r not in QUOTED]
    assert loose == ["relay-request.members-arrive", "relay-request.values-stay"]  # what each member is said to do


def test_the_same_rule_has_the_same_level_elsewhere() -> None:
    rules: dict[tuple[str, str], list[Requirement]] = defaultdict(list)
    for requirement in REQUIREMENTS:
        if requirement.check is not None and not requirement.area.startswith(("relay", "twin", "queue", "other-clients", "clients")):
            name = requirement.id.partition(".")[2] if requirement.check in GENERAL or "members" in requirement.check else ""
            arguments = "" if name else str(sorted((k, v) for k, v in requirement.arguments.items() if k != "schema"))
            rules[requirement.check, name or arguments].append(requirement)
    apart = {
        tuple(r.id for r in group): {r.level.value for r in group}
        for group in rules.values()
        if len({r.level for r in group}) > 1 and not any(r.differs or r.contradiction for r in group)
    }
    assert apart == {}
