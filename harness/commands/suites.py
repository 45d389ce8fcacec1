"""Runs the suites that lie beside this folder, wherever it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent.parent
"""The folder that holds ``harness/``, ``spec/`` and ``suites/``."""


def run(words: Sequence[str]) -> int:
    """Hand everything to pytest, with the suites unless a path among them was named."""
    import pytest  # slow to import, and other commands do without it

    above = str(__package__).removesuffix("harness.commands")
    plugin = ["-p", f"{above}harness.plugin"] if above else []  # a checkout has its conftest.py
    return int(pytest.main([*plugin, *words, *([] if _names_a_path(words) else [str(HOME / "suites")])]))


def _names_a_path(words: Sequence[str]) -> bool:
    """Whether one of the words is a suite."""
    return any(not word.startswith("-") and Path(word.split("::")[0]).exists() and "test_" in word for word in words)
