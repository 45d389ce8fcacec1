"""The documents are correct: links resolve, commands parse, and every option is explained."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.cli import COMMANDS
from harness.options import OPTIONS

ROOT = Path(__file__).resolve().parent.parent
OTHERS = [ROOT / folder / "README.md" for folder in ("distribution", "reports", "spec")]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *OTHERS])
OURS = ("make", "pytest", "wireproof", "python")

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    """A document's name below the root."""
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document: Path) -> None:
    text = _BLOCK.sub("", document.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), f"{named(document)} links to {link}"
        assert not anchor or anchor in anchors(target), f"{named(document)} links to {link}, and there is no such heading"


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command of ours that a block shows, with its document."""
    for document in DOCUMENTS:
        for language, block in _BLOCK.findall(document.read_text(encoding="utf-8")):
            if language != "sh":
                continue
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                while words and "=" in words[0] and words[0].split("=")[0].isupper():
                    del words[0]
                if words and words[0] in OURS:
                    yield named(document), words


def refuses(parser: argparse.ArgumentParser, words: list[str]) -> str:
    """Why a parser refuses words; empty where it takes them."""
    try:
        parser.parse_args(words)
    except SystemExit:
        return f"{parser.prog} refuses {words}"
    return ""


def fault_of(words: list[str], config: pytest.Config) -> str:
    """What is wrong with a command; empty where nothing is."""
    program, rest = words[0], words[1:]
    if program == "python":
        if rest[:2] != ["-m", "harness"]:
            path = ROOT / rest[1].replace(".", "/")
            of_ours = rest[1].startswith("tests.") and not (path.is_dir() or path.with_suffix(".py").exists())
            return f"there is no module {rest[1]}" if of_ours else ""
        rest = rest[2:]
    if program == "make":
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        return "" if rest[:1] and rest[0] in targets else f"make has no target {rest[:1]}"
    if program != "pytest" and rest and rest[0] in COMMANDS:
        parser = argparse.ArgumentParser(prog=f"wireproof {rest[0]}")
        import_module(f"harness.cli.{rest[0].replace('-', '_')}").declare(parser)
        return refuses(parser, rest[1:])
    _, unknown = config._parser.parse_known_and_unknown_args(rest)
    return f"no such option: {unknown}" if unknown else ""


def test_commands_can_be_parsed(pytestconfig: pytest.Config) -> None:
    shown = list(commands())
    assert len(shown) > 20
    assert [f"{document}: {fault}" for document, words in shown if (fault := fault_of(words, pytestconfig))] == []
    assert fault_of(["pytest", "--no-such-option"], pytestconfig)
    assert fault_of(["make", "no-such-target"], pytestconfig)
    assert fault_of(["wireproof", "compare"], pytestconfig)


def test_shown_selections_play_something(catalog: Catalog) -> None:
    shown = [(document, words[words.index("-k") + 1]) for document, words in commands() if "-k" in words and document != "CONTRIBUTING.md"]
    assert shown
    missing = [(document, part) for document, part in shown if "/" in part and not any(part in case for case in catalog.cases)]
    assert missing == []


def test_every_option_is_explained() -> None:
    declared = {f"--{name}" for name in OPTIONS}
    explained = set(re.findall(r"^\| `(--[a-z-]+)", (ROOT / "docs" / "options.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert explained == declared


def test_description_for_the_package_index_stands_alone() -> None:
    """An index shows no files of ours, so that links among them lead nowhere there."""
    text = (ROOT / "distribution" / "README.md").read_text(encoding="utf-8")
    assert [link for link in _LINK.findall(text) if "://" not in link] == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
