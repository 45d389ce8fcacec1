"""Finds the test files affected by changes: ``python -m tests.changed`` prints them, for ``make check``.

A changed test is one; so are the tests that import a changed module, or a package that it belongs to, the tests of the data where
the data changed, and the mutants where a rule changed. What is changed is what differs from the main branch, and what is not committed.
"""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = {"tests/test_architecture.py"}
OF_DATA = {"tests/test_catalog.py", "tests/test_data.py", "tests/test_schemas.py"}
OF_RULES = {"tests/test_mutants.py"}
RULES = ("spec/requirements/", "spec/cases/", "harness/checks/", "harness/judging/")
LONG = {f"tests/test_{name}.py" for name in ("clients", "official_client", "plugin", "properties", "relay", "wheel")}
"""Tests that take longer than a check may; they run when they are changed themselves."""


def changed() -> set[str]:
    """The files that changed."""
    commands = (["diff", "--name-only", "main...HEAD"], ["diff", "--name-only", "HEAD"], ["ls-files", "--others", "--exclude-standard"])
    done = [subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False) for words in commands]
    return {name for one in done for name in one.stdout.splitlines()}


def imported(path: Path) -> set[str]:
    """The dotted names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def dotted(name: str) -> str:
    """The module of a file."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def with_packages(module: str) -> set[str]:
    """A module and the packages that it belongs to, but for the outermost."""
    parts = module.split(".")
    return {".".join(parts[:end]) for end in range(2, len(parts) + 1)} | {module}


def concerned(files: set[str]) -> set[str]:
    """The test files that these files concern."""
    tests = {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "tests").glob("test_*.py"))}
    modules = {part for name in files if name.endswith(".py") for part in with_packages(dotted(name))}
    found = {name for name, path in tests.items() if name not in LONG and not modules.isdisjoint(imported(path))}
    data = OF_DATA if any(name.startswith("spec/") for name in files) else set()
    rules = OF_RULES if any(name.startswith(RULES) for name in files) else set()
    return (found | (files & tests.keys()) | data | rules | ALWAYS) & tests.keys()


if __name__ == "__main__":
    print(*sorted(concerned(changed())))
