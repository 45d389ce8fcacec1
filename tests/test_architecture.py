"""Imports go one way, package by package, and through the front door. Read from the sources, so that a lazy import counts too."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from harness.catalog import load
from harness.checks import CHECKS
from harness.checks.registry import check
from harness.checks.reply import Reply
from harness.model import Problem
from tests.records import as_run, write_run

ROOT = Path(__file__).resolve().parent.parent
HARNESS = ROOT / "harness"

BELOW = {
    "model": set(),
    "options": set(),
    "wire": {"model"},
    "checks": {"model", "wire"},
    "catalog": {"checks", "model"},
    "judging": {"catalog", "checks", "model"},
    "generated": {"catalog", "checks", "model"},
    "gateway": {"catalog", "checks", "model", "wire"},
    "clients": {"catalog", "checks", "judging", "model", "wire"},
    "records": {"catalog", "checks", "gateway", "judging", "model", "wire"},
    "reporting": {"catalog", "checks", "gateway", "judging", "model", "options", "records", "wire"},
    "runner": {"catalog", "checks", "clients", "gateway", "judging", "model", "options", "records", "reference", "wire"},
    "reference": set(),
    "plugin": {"catalog", "gateway", "generated", "judging", "model", "options", "records", "reference", "reporting", "runner", "wire"},
    "cli": {"catalog", "judging", "model", "options", "records", "reference", "reporting", "wire"},
    "__main__": {"cli"},
}
"""Which packages each package may import. Whoever adds an arrow here changes the house; one that nobody needs any more goes."""

ONLY = {
    "h11": {"gateway"},
    "httpx": {"wire"},
    "pytest": {"plugin", "cli", "options"},
    "uvicorn": {"clients", "reference"},
    "jsonschema": {"checks"},
    "jsonschema_rs": {"checks"},
    "yaml": {"catalog"},
    "hypothesis": {"generated"},
    "hypothesis_jsonschema": {"generated"},
    "jinja2": {"reporting"},
    "markupsafe": {"reporting"},
}
"""Libraries that a few packages alone may know."""

ROOT_NAMES = {"COMMAND", "VERSION", "loader", "spare_collector", "__name__"}
"""What any package may take from ``harness`` itself."""


def package_of(path: Path) -> str:
    """The first name below ``harness``."""
    return path.relative_to(HARNESS).parts[0].removesuffix(".py")


MODULES = sorted(HARNESS.rglob("*.py"))


@cache
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


@cache
def ours(path: Path) -> set[tuple[str, ...]]:
    """What a module imports of other packages of ours: package and name, or more where it reaches inside."""
    found = {tuple(name.split(".")[1:]) for name in imports(path) if name.startswith("harness.")}
    return {parts for parts in found if parts[0] not in ROOT_NAMES and parts[0] != package_of(path)}


EXPORTED = {path.parent.name: set() for path in HARNESS.glob("*/__init__.py")} | {
    path.parent.name: {
        name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for name in ast.literal_eval(node.value)
    }
    for path in HARNESS.glob("*/__init__.py")
}
"""The public names of each package."""


@pytest.mark.parametrize("package", BELOW)
def test_package_imports_only_what_stands_below_it(package: str) -> None:
    needed = {parts[0] for path in MODULES if package_of(path) == package for parts in ours(path)}
    assert needed == BELOW[package]


@pytest.mark.parametrize("package", [name for name in BELOW if name != "__main__"])
def test_others_enter_a_package_by_its_face_and_use_all_of_it(package: str) -> None:
    wanted = {parts[1:] for path in MODULES for parts in ours(path) if parts[0] == package}
    assert {".".join(parts) for parts in wanted if len(parts) != 1 or parts[0] not in EXPORTED[package]} == set()
    inside = EXPORTED[package] - {parts[0] for parts in wanted}
    assert package in ("plugin", "model") or inside - {"Check"} == set(), "nobody imports these: take them out of __all__"


def test_every_exported_name_is_there() -> None:
    """Also those that are loaded when they are asked for."""
    script = (
        "import importlib, json, sys\n"
        "for package, names in json.loads(sys.argv[1]).items():\n"
        "    module = importlib.import_module(f'harness.{package}')\n"
        "    assert set(module.__all__) == set(names), package\n"
        "    for name in names: getattr(module, name)\n"
    )
    named = json.dumps({package: sorted(names) for package, names in EXPORTED.items() if package != "plugin"})
    subprocess.run([sys.executable, "-c", script, named], cwd=ROOT, check=True)


@pytest.mark.parametrize("library", ONLY)
def test_library_is_known_to_few_packages(library: str) -> None:
    assert {package_of(path) for path in MODULES if library in {name.split(".")[0] for name in imports(path)}} <= ONLY[library]


def test_no_package_and_no_module_needs_itself() -> None:
    """Within a package, too, imports go one way."""
    TopologicalSorter(BELOW).prepare()
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES}
    known = set(names.values())
    needed = {
        name: {full if full in known else full.rpartition(".")[0] for full in imports(path)} & known - {name}
        for path, name in names.items()
    }
    inner = {name: {one for one in others if one.split(".")[1:2] == name.split(".")[1:2]} for name, others in needed.items()}
    TopologicalSorter(inner).prepare()


def test_our_own_imports_are_relative() -> None:
    absolute = [
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and not node.level and str(node.module).split(".")[0] == "harness"
    ]
    assert absolute == []


def test_first_level_is_small() -> None:
    entries = {path.name for path in HARNESS.iterdir() if path.name != "__pycache__"}
    assert entries == {*BELOW} - {"__main__"} | {"__init__.py", "__main__.py"}


def test_no_two_public_classes_have_one_name() -> None:
    found = [
        node.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert sorted(name for name in set(found) if found.count(name) > 1) == []


def loaded(*words: str) -> set[str]:
    """The libraries, and our packages and heavy modules, that a command has loaded when it ends."""
    script = (
        "import sys, json, contextlib, io, runpy\n"
        "sys.argv = ['harness', *json.loads(sys.argv[1])]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('harness', run_name='__main__')\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, json.dumps(words)], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_little() -> None:
    libraries = {"httpx", "hypothesis", "jinja2", "jsonschema", "uvicorn", "yaml"}
    helping = loaded("--help")
    assert helping & {*libraries, "pytest", "harness.catalog", "harness.checks", "harness.reference.app"} == set()


def test_text_is_written_without_the_library_of_pages(tmp_path: Path) -> None:
    """Comparing runs in a terminal draws no page."""
    run = write_run(tmp_path / "run.jsonl", as_run(load(), ()))
    plain, drawn = loaded("compare", str(run), str(run)), loaded("compare", str(run), str(run), f"--html={tmp_path / 'page.html'}")
    assert "harness.reporting.comparison_text" in plain
    assert "jinja2" not in plain
    assert "jinja2" in drawn


def test_plan_loads_nothing_that_plays_judges_or_draws() -> None:
    """And a run of a given endpoint loads nothing that only other runs need."""
    loaded("--plan")  # the second time, spec/ is parsed already
    planning = loaded("--plan")
    assert "harness.catalog.loading" in planning, "nothing was planned"
    libraries = {"anyio", "asyncio", "httpx", "hypothesis", "jinja2", "jsonschema", "ssl", "uvicorn", "yaml"}
    parts = {"harness.judging.judge", "harness.runner.run", "harness.reporting.terminal", "harness.records.report", "harness.reference.app"}
    assert planning & {*libraries, *parts} == set()
    asking = loaded("--base-url", "http://127.0.0.1:9/v1", "suites/test_models.py")
    assert "harness.wire.transport" in asking, "nothing was asked"
    unneeded = {"harness.reference.serve", "harness.clients.player", "harness.gateway.relay", "harness.generated.explore"}
    assert asking & {"hypothesis", "jsonschema", "uvicorn", "yaml", *unneeded} == set()


def test_two_checks_cannot_have_one_name() -> None:
    assert CHECKS["usage_adds_up"].replies == ("reply",)

    def usage_adds_up(reply: Reply) -> list[Problem] | None:
        return None if reply.whole else []

    with pytest.raises(ValueError, match="two checks are called usage_adds_up"):
        check(usage_adds_up)

    def needs_no_reply(number: int) -> list[Problem] | None:
        return None if number else []

    with pytest.raises(TypeError, match="takes no reply"):
        check(needs_no_reply)


def test_suites_are_thin() -> None:
    for path in sorted((ROOT / "suites").glob("*.py")):
        assert {name.split(".")[0] for name in imports(path)} <= {"__future__", "collections", "typing", "harness"}
        assert len(path.read_text(encoding="utf-8").splitlines()) < 60


def test_every_area_has_a_suite() -> None:
    areas = {path.name for path in (ROOT / "spec" / "cases").iterdir()}
    suites = {path.stem.removeprefix("test_").replace("_", "-") for path in (ROOT / "suites").glob("test_*.py")}
    properties = {f"properties-{path.stem}" for path in (ROOT / "spec" / "properties").glob("*.yaml")}
    assert areas - {"properties"} | properties | {"clients"} == suites


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name.split(">")[0].replace("-", "_") for name in project["dependencies"]}
    used = {name.split(".")[0] for folder in ("harness", "tests") for path in (ROOT / folder).rglob("*.py") for name in imports(path)}
    assert declared - used - {"pytest_html", "pyyaml"} == set()
