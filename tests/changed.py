"""Finds the test files affected by changes: ``python -m tests.changed`` prints them, for ``make check``.

A changed test is one; so are the tests that import a changed module, directly or by the package it belongs to, and the tests of the
data where the data changed. What is changed is what differs from the main branch, and what is not committed.
"""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = {"tests/test_architecture.py"}
OF_DATA = {"tests/test_catalog.py", "tests/test_data.py", "tests/test_schemas.py"}
LONG = {"tests/test_clients.py", "tests/test_official_client.py", "tests/test_properties.py", "tests/test_relay.py", "tests/test_wheel.py"}
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


def concerned(files: set[str]) -> set[str]:
    """The test files that these files concern."""
    tests = {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "tests").glob("test_*.py"))}
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in files if name.endswith(".py")}
    found = {name for name, path in tests.items() if name not in LONG and not modules.isdisjoint(imported(path))}
    data = OF_DATA if any(name.startswith("spec/") for name in files) else set()
    return (found | (files & tests.keys()) | data | ALWAYS) & tests.keys()


if __name__ == "__main__":
    print(*sorted(concerned(changed())))
