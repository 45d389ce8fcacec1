"""Malformed data: file, line, what is wrong, and nothing is run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.catalog import CatalogError, load
from harness.catalog.paths import SPEC


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A copy of the data to break."""
    return Path(shutil.copytree(SPEC, tmp_path / "spec"))


def complaints(spec: Path, profile: str = "openai") -> list[str]:
    """What the catalog says of a folder."""
    with pytest.raises(CatalogError) as caught:
        load(spec, profile)
    return list(caught.value.complaints)


def edit(file: Path, old: str, new: str) -> int:
    """Replace a text once; the line it stood on, from 1."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


BASICS = "cases/chat/basics.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (BASICS, "title: A short reply to one user message.", "titel: A short reply.", "expected"),
        (BASICS, "title: A short reply to one user message.", "title: a test", "expected pattern"),
        (BASICS, "- id: stream-false", "- id: short-reply", "used already at spec/cases/chat/basics.yaml"),
        (BASICS, "feature: chat\n", "feature: chatting\n", "not in features.yaml"),
        (BASICS, "model: $model", "model: $modell", "no run setting"),
        ("cases/chat/members.yaml", "chat/parameters/one-choice", "chat/parameters/nulls", "the alias chat/parameters/nulls is a case"),
        ("cases/chat/members.yaml", "chat/parameters/one-choice", "chat/messages/system", "stands for chat/members/many-at-once already"),
        (BASICS, "about: The plainest requests.", "about: The plainest requests.\nabout: Again.", "given twice"),
        (BASICS, "cases:", "cases: [", "expected"),
        ("cases/chat/limits.yaml", "{limit: 8}", "{limits: 8}", "takes no argument 'limits'"),
        ("cases/chat/limits.yaml", "chat.limit-ends-with-length", "chat.limit-ends", "which is no requirement"),
        ("cases/chat/messages.yaml", "$from: first", "$from: last", "an earlier step"),
        ("cases/http/identity.yaml", "{first: first, second: second}", "{first: first}", "lacks the argument second"),
        ("requirements/chat.yaml", "check: has_choices", "check: have_choices", "no check 'have_choices'"),
        ("requirements/chat.yaml", "schema: chat-completion", "schema: chat-complexion", "no schema"),
        ("requirements/chat.yaml", "source: openai-openapi", "source: hearsay", "not in sources.yaml"),
        ("requirements/chat.yaml", "id: chat.has-a-choice", "id: text.has-a-choice", "does not begin with the area"),
        ("requirements/chat.yaml", "level: must", "level: ought", "one of"),
        ("features.yaml", "needs: core", "needs: cores", "which is no feature"),
        ("features.yaml", "chat/choices/two", "chat/choices/three", "which is no case"),
        ("parameters.yaml", "chat/choices/two", "chat/choices/three", "is no case"),
        ("parameters.yaml", "chat.stop-left-out", "chat.stop-left-in", "is no requirement"),
        ("cases/audio-speech/refusals.yaml", "$repeat: 1025", "$repeat: 1e3", "a repeated text takes"),
        ("profiles/openai.yaml", "demands: [core]", "demands: [cores]", "is no feature"),
    ],
)
def test_malformed_data_is_refused_with_its_place(spec: Path, file: str, old: str, new: str, says: str) -> None:
    line = edit(spec / file, old, new)
    found = complaints(spec)
    assert any(says in complaint and complaint.startswith("spec/") for complaint in found), found
    assert any(int(complaint.split(":")[1]) <= line + 12 for complaint in found)


def test_place_is_exact(spec: Path) -> None:
    line = edit(spec / BASICS, "title: A short reply to one user message.", "title: 7")
    assert complaints(spec)[0].startswith(f"spec/{BASICS}:{line}: /cases/0/title: expected string, got 7")


def test_unknown_profile_names_those_there_are(spec: Path) -> None:
    assert complaints(spec, "closedai") == [
        "there is no profile 'closedai'; there are: aifoundryhub, azure-openai, open-responses, openai, openrouter, "
        "t-cloud, t-cloud-queue, vllm, "
        "and files of your own, by their path"
    ]


def test_levels_of_a_profile_replace_ours(spec: Path) -> None:
    override = "deviations:\n  - {requirements: [usage.adds-up], level: may, reason: It counts as it likes to., source: wireproof}"
    edit(spec / "profiles/openai.yaml", "demands: [core]", override)
    assert load(spec).requirements["usage.adds-up"].level == "may"


def test_yaml_has_no_surprises(spec: Path) -> None:
    edit(spec / BASICS, "content: Say hi.", "content: no")
    case = load(spec).cases["chat/basics/short-reply"]
    assert case.steps[0].send["messages"][0]["content"] == "no"
