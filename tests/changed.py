"""Finds the tests that changes concern: ``python -m tests.changed`` prints them, nearest first, for ``make check``.

A changed test is one; so are the tests that import a name of a changed module, or of one beside it that rests on it, the tests of the
data where the data changed, and the mutants of the requirements whose text, cases, check or mutants changed. What is changed is what
differs from the main branch, and what is not committed.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

from harness.catalog import load
from harness.checks import CHECKS
from tests.mutants import MUTANTS

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = ["tests/test_architecture.py"]
OF_DATA = ["tests/test_catalog.py", "tests/test_data.py", "tests/test_schemas.py"]
LONG = {f"tests/test_{name}.py" for name in ("clients", "mutants", "official_client", "plugin", "properties", "relay", "wheel")}
"""Tests that take longer than a check may; they run when they are changed themselves."""

MUTANTS_OF_A_CHECK = 60
"""What concerns more mutants plays an even share of them."""


def git(*words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def changed() -> set[str]:
    """The files that changed."""
    commands = (["diff", "--name-only", "main...HEAD"], ["diff", "--name-only", "HEAD"], ["ls-files", "--others", "--exclude-standard"])
    return {name for words in commands for name in git(*words).splitlines()}


def before(name: str) -> str:
    """A file's text where the branch began; empty where it was not there."""
    return git("show", f"{git('merge-base', 'main', 'HEAD').strip()}:{name}")


def dotted(name: str) -> str:
    """The module of a file."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imported(name: str) -> frozenset[str]:
    """The modules that a file imports from, and the names in full; what a package's face hands on is followed to its home."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            package = [*Path(name).parts[: -node.level]] if node.level else []
            module = ".".join([*package, *([node.module] if node.module else [])])
            for alias in node.names:
                found |= {f"{module}.{alias.name}", homes(module).get(alias.name, module)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found)


@cache
def homes(package: str) -> Mapping[str, str]:
    """The modules that the names come from which the face of a package hands on, at once or when they are asked for."""
    face = ROOT / package.replace(".", "/") / "__init__.py"
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(face.read_text(encoding="utf-8"))) if face.is_file() else ():
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {alias.name: f"{package}.{node.module or alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "loader" and len(node.args) == 2:
            for module, names in ast.literal_eval(node.args[1]).items():
                found |= dict.fromkeys(names, f"{package}.{module}")
    return found


def with_those_above(names: Iterable[str]) -> set[str]:
    """Modules, and those of the same package that rest on them."""
    found = {dotted(name) for name in names if name.endswith(".py") and name.startswith("harness/")}
    beside = {str(path.relative_to(ROOT)) for path in (ROOT / "harness").rglob("*.py") if path.name != "__init__.py"}
    while more := {dotted(name) for name in beside if any(_is_same_package(name, one) for one in imported(name) & found)} - found:
        found |= more
    return found


def _is_same_package(name: str, module: str) -> bool:
    return name.split("/")[:2] == module.split(".")[:2]


def _of_calls(text: str) -> dict[str, str]:
    """The mutants that a file makes, by name."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "mutant"]
    return {str(call.args[0].value): ast.unparse(call) for call in calls if call.args and isinstance(call.args[0], ast.Constant)}


def _of_items(text: str) -> dict[str, str]:
    """The items of a data file that have an id."""
    data = yaml.safe_load(text) or {}
    return {item["id"]: repr(item) for part in data.values() if isinstance(part, list) for item in part if "id" in item}


def differing(name: str, read: Callable[[str], Mapping[str, str]]) -> set[str]:
    """What a file names that is not as it was; all where it is not to be told."""
    now, then = read((ROOT / name).read_text(encoding="utf-8")), read(before(name))
    return {one for one in now if now[one] != then.get(one)} or set(now)


def mutants(files: Iterable[str]) -> list[str]:
    """The names of the mutants that show what changed."""
    there = [name for name in files if (ROOT / name).is_file()]
    modules, catalog = with_those_above(there), load()
    broken = {r.id for r in catalog.requirements.values() if r.check and CHECKS[r.check].function.__module__ in modules}
    named: set[str] = set()
    for name in there:
        if name.startswith("spec/requirements/"):
            broken |= differing(name, _of_items)
        elif name.startswith("spec/cases/"):
            cases = {case for case in catalog.cases if case.rpartition("/")[2] in differing(name, _of_items)}
            cases = {case for case in cases if name.removeprefix("spec/cases/").removesuffix(".yaml") == case.rpartition("/")[0]}
            broken |= {e.requirement for case in cases for e in catalog.cases[case].expect if e.requirement}
        elif name.startswith("tests/mutants/"):
            named |= differing(name, _of_calls)
    judging = any(name.startswith(("harness/judging/", "harness/model/")) for name in there)
    chosen = [one.name for one in MUTANTS if judging or one.name in named or one.breaks & broken]
    return chosen[:: -(-len(chosen) // MUTANTS_OF_A_CHECK) or 1]


def concerned(files: set[str]) -> Iterator[str]:
    """What to give pytest for these files, nearest first."""
    tests = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").glob("test_*.py"))]
    near = {dotted(name) for name in files if name.endswith(".py")}
    yield from (name for name in tests if name in files)
    yield from (name for name in tests if name not in LONG and imported(name) & near)
    of_data = any(name.startswith("spec/") for name in files)
    chosen = [f"mutant_is_caught_by_what_it_breaks[{one}]" for one in mutants(files)]
    if "tests/test_mutants.py" not in files and (of_data or chosen):
        whole = ("reference_is_faultless", "every_requirement_has_a_mutant", *chosen)
        yield from (f"tests/test_mutants.py::test_{name}" for name in whole)
    yield from OF_DATA if of_data else ()
    yield from ALWAYS
    far = with_those_above(files)
    yield from (name for name in tests if name not in LONG and imported(name) & far)


if __name__ == "__main__":
    print(*dict.fromkeys(concerned(changed())))
