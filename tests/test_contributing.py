"""The worked example of CONTRIBUTING.md works: a requirement, its check, a case and a mutant, taken from the page as they stand there."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog import load
from harness.checks import CHECKS, registry
from harness.checks.chat import choices
from tests.inprocess import judge
from tests.mutants import chat as mutants_of_chat
from tests.mutants.changing import MUTANTS

ROOT = Path(__file__).resolve().parent.parent
_SHOWN = re.compile(r"^`(\S+)`, [^\n]*(?:\n[^\n`][^\n]*)*:?\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)

REQUIREMENT = "chat.id-is-no-blank"
MUTANT = "chat-id-blank"
CASE = "chat/basics/identified"


def shown() -> dict[str, str]:
    """The blocks of the example by the file that they go into."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return dict(_SHOWN.findall(page[page.index("## A worked example") : page.index("## Before you commit")]))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """``spec/`` with the example in it, its check registered and its mutant made, while the test lasts."""
    blocks = shown()
    spec = tmp_path / "spec"
    shutil.copytree(ROOT / "spec", spec)
    for name, block in blocks.items():
        if name.startswith("spec/"):
            path = tmp_path / name
            path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + block, encoding="utf-8")
    assert len(CHECKS) > 100
    checks, number = dict(registry._REGISTERED), len(MUTANTS)
    exec(compile(blocks["harness/checks/chat/choices.py"], "example", "exec", dont_inherit=True), dict(vars(choices)))
    exec(compile(blocks["tests/mutants/chat.py"], "example", "exec", dont_inherit=True), dict(vars(mutants_of_chat)))
    yield spec
    registry._REGISTERED.clear()
    registry._REGISTERED.update(checks)
    del MUTANTS[number:]


def test_worked_example_works(folder: Path, loop: asyncio.AbstractEventLoop) -> None:
    catalog = load(folder)
    faultless = loop.run_until_complete(judge(catalog, cases=[CASE]))
    (finding,) = [finding for finding in faultless.results[0].findings if finding.requirement == REQUIREMENT]
    assert finding.outcome == "pass"
    assert MUTANTS[-1].name == MUTANT
    broken = loop.run_until_complete(judge(catalog, MUTANTS[-1], cases=[CASE]))
    assert broken.unmet() == {REQUIREMENT}
