"""Imports go one way. Read from the sources, so that a lazy import inside a function counts too."""

from __future__ import annotations

import ast
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = {
    "model": {"model"},
    "sse": set(),
    "secrets": set(),
    "yaml_lines": set(),
    "checks": {"checks", "model", "secrets", "sse"},
    "own_files": {"checks"},
    "reading": {"model", "own_files", "yaml_lines"},
    "profile": {"model"},
    "profile_files": {"checks", "model", "profile", "reading", "yaml_lines"},
    "catalog": {"catalog", "checks", "model", "own_files", "profile", "profile_files", "reading"},
    "plan": {"checks", "model", "writing"},
    "writing": {"model"},
    "budget": {"model"},
    "wire": {"model", "secrets"},
    "excuses": {"checks"},
    "judge": {"catalog", "checks", "excuses", "model", "profile"},
    "slots": set(),
    "gateway": {"checks", "gateway", "model", "plan", "preflight", "secrets", "wire", "writing"},
    "properties": {"checks", "model", "plan", "properties", "writing"},
    "engine": {"catalog", "checks", "excuses", "gateway", "judge", "model", "plan", "slots", "wire"},
    "preflight": {"catalog", "checks", "model", "plan", "profile", "wire"},
    "clients": {"catalog", "checks", "clients", "judge", "model", "plan", "secrets", "wire"},
    "treatment": {"catalog", "checks", "model"},
    "verdict": {"catalog", "known", "model"},
    "known": {"catalog", "model", "own_files", "yaml_lines"},
    "selection": {"catalog", "checks", "model"},
    "record": {"model", "own_files", "secrets"},
    "report": {"VERSION", "catalog", "known", "model", "profile", "record", "secrets", "selection", "verdict"},
    "compare": {"model", "report", "verdict"},
    "papers": {"VERSION", "model", "pages", "report"},
    "explain": {"COMMAND", "catalog", "model"},
    "pages": {"catalog", "checks", "compare", "explain", "gateway", "model", "pages", "report", "sse", "treatment", "verdict"},
    "reference": {"reference"},
    "__main__": {"commands"},
    "recordings": {
        "catalog",
        "checks",
        "excuses",
        "gateway",
        "judge",
        "model",
        "own_files",
        "plan",
        "record",
        "recordings",
        "report",
        "secrets",
        "selection",
        "verdict",
        "yaml_lines",
    },
    "run": {"catalog", "clients", "engine", "gateway", "model", "preflight", "profile", "recordings", "reference", "secrets", "wire"},
}
"""Which of our modules each of our modules may import; ``plugin`` and ``commands`` may import everything, suites only the nouns."""

ONLY = {
    "httpx": {"wire"},
    "pytest": {"plugin", "commands"},
    "uvicorn": {"clients", "reference"},
    "jsonschema": {"checks"},
    "jsonschema_rs": {"checks"},
    "yaml": {"yaml_lines"},
    "hypothesis": {"properties"},
    "hypothesis_jsonschema": {"properties"},
}
"""Libraries that one module alone may know."""


def modules() -> list[tuple[str, Path]]:
    """Our modules by unit: the first name below ``harness``."""
    paths = sorted((ROOT / "harness").rglob("*.py"))
    return [(path.relative_to(ROOT / "harness").parts[0].removesuffix(".py"), path) for path in paths]


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports; ours are relative, so that the folder works under any name, and are told in full."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            names |= {".".join([*package, *([node.module] if node.module else []), alias.name]) for alias in node.names}
    return names


@pytest.mark.parametrize(("unit", "path"), [pytest.param(u, p, id=str(p.relative_to(ROOT))) for u, p in modules()])
def test_module_imports_only_what_it_may(unit: str, path: Path) -> None:
    found = imports(path)
    if unit not in ("plugin", "commands", "__init__"):
        ours = {name.split(".")[1] for name in found if name.startswith("harness.")}
        assert ours - ALLOWED[unit] == set()
    libraries = {name.split(".")[0] for name in found}
    assert {name for name in libraries & set(ONLY) if unit not in ONLY[name]} == set()


def test_no_module_needs_itself() -> None:
    """Within a package, too, imports go one way."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for _, path in modules()}
    ours = set(names.values())
    needed = {
        name: {full if full in ours else full.rpartition(".")[0] for full in imports(path)} & ours - {name} for path, name in names.items()
    }
    TopologicalSorter(needed).prepare()


def test_judge_and_judged_share_no_code() -> None:
    for unit, path in modules():
        if unit == "reference":
            assert {name for name in imports(path) if name.startswith("harness.") and not name.startswith("harness.reference")} == set()


def test_our_own_imports_are_relative() -> None:
    absolute = [
        str(path.relative_to(ROOT))
        for _, path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and not node.level and str(node.module).split(".")[0] == "harness"
    ]
    assert absolute == []


def test_suites_are_thin() -> None:
    for path in sorted((ROOT / "suites").glob("*.py")):
        assert {name.split(".")[0] for name in imports(path)} <= {"__future__", "collections", "typing", "harness"}
        assert len(path.read_text(encoding="utf-8").splitlines()) < 60


def test_every_area_has_a_suite() -> None:
    areas = {path.name for path in (ROOT / "spec" / "cases").iterdir()}
    suites = {path.stem.removeprefix("test_").replace("_", "-") for path in (ROOT / "suites").glob("test_*.py")}
    properties = {f"properties-{path.stem}" for path in (ROOT / "spec" / "properties").glob("*.yaml")}
    assert areas | properties | {"clients"} == suites


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name.split(">")[0].replace("-", "_") for name in project["dependencies"]}
    used = {name.split(".")[0] for folder in ("harness", "tests") for path in (ROOT / folder).rglob("*.py") for name in imports(path)}
    assert declared - used - {"pytest_html", "pyyaml"} == set()
