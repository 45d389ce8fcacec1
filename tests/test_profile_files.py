"""The user's own profiles: how they are read, and what is refused or reported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalog.paths import SPEC
from harness.catalog.profile import Profile
from harness.catalog.profile_files import KnownNames, read_profile
from harness.catalog.reader import SpecReader, UnknownNameError
from harness.catalog.requests import plan
from harness.judging.verdict import Exit
from harness.model import Level, Step, Subject
from harness.reference.serve import KEY
from tests.catalogs import read_once
from tests.dialect_mutants import OPEN

ROOT = Path(__file__).resolve().parent.parent
URL = "http://reference.test"

VALID = """\
profile: ours
about: our gateway
extends: t-cloud
sources: [{id: handbook, title: Handbook of our gateway, date: "2026-11"}]
deviations:
  - requirements: [usage.adds-up]
    level: may
    reason: Our gateway counts tokens in its own way.
    source: handbook
endpoints:
  - {endpoints: [embeddings], base: /v1, reason: Embeddings lie where they always did., source: handbook}
"""


WHY = "reason: It lies where it always did., source: handbook"


@pytest.fixture(scope="module")
def known() -> KnownNames:
    """The names that profiles may use."""
    catalog = read_once(profile="t-cloud")
    own = {"wireproof", "openai-openapi", "t-cloud-queue"}
    return KnownNames(catalog.features, catalog.requirements, catalog.schemas, {name: catalog.sources[name] for name in own})


Read = Callable[[str], tuple[Profile, list[str]]]


@pytest.fixture
def read(known: KnownNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """A function that reads a user's profile and returns the complaints."""
    monkeypatch.chdir(tmp_path)

    def read_text(text: str) -> tuple[Profile, list[str]]:
        Path("ours.yaml").write_text(text, encoding="utf-8")
        reader = SpecReader(SPEC)
        fresh = KnownNames(known.features, known.requirements, known.schemas, dict(known.sources))
        return read_profile(reader, fresh, "ours.yaml"), reader.complaints

    return read_text


def test_profile_of_the_users_own_is_read_on_top_of_another(read: Read) -> None:
    profile, complaints = read(VALID)
    assert complaints == []
    assert (profile.name, profile.lineage, profile.idle) == ("ours", ("ours", "t-cloud", "openai"), ())
    assert profile.queue is not None
    assert profile.deviations[-1].level is Level.MAY
    subject = Subject(URL, "m", "m", "m", "./ours.yaml", places=profile.places)
    assert plan(Step("only", "embeddings"), subject, {}, {}).path == "/v1/embeddings"
    assert plan(Step("only", "chat"), subject, {}, {}).path == "/v2/chat/completions"
    assert plan(Step("only", "chat", place="queue"), subject, {}, {}).path == "/queue/chat/completions"


def edited(old: str, new: str) -> str:
    """The valid profile with one place changed."""
    assert VALID.count(old) == 1
    return VALID.replace(old, new)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (edited("    reason: Our gateway counts tokens in its own way.\n", ""), 6, "/deviations/0/reason is missing"),
        (edited("Our gateway counts tokens in its own way.", "Because."), 8, "/deviations/0/reason: expected at least 20 characters"),
        (edited("usage.adds-up", "usage.ads-up"), 6, "'usage.ads-up' is no requirement, nor a pattern that any fits"),
        (edited("usage.adds-up", "usages.*"), 6, "'usages.*' is no requirement"),
        (edited("level: may", "level: might"), 7, "expected one of"),
        (edited("    level: may\n", ""), 6, "/deviations/0"),
        (edited("    source: handbook\n", "    source: hearsay\n"), 9, "the source 'hearsay' is neither in sources.yaml"),
        (edited("id: handbook", "id: wireproof"), 4, "the source wireproof is known already"),
        (
            edited("extends: t-cloud", "extends: t-clod"),
            3,
            "extends 't-clod', which is no profile; there are: aifoundryhub, azure-openai, open-responses, openai, openrouter, t-cloud",
        ),
        (edited("extends: t-cloud", "extends: ./ours.yaml"), 3, "profiles extend each other in a circle: ours.yaml -> ours.yaml"),
        (edited("about: our gateway", "abuot: our gateway"), 1, "/about is missing"),
        (edited("deviations:", "deviations: ["), 6, "node content"),
        (edited("[embeddings]", "[embedding]"), 11, "expected one of"),
        (edited("base: /v1", "base: v1"), 11, "expected pattern"),
        (edited("    level: may\n", "    accepts: {with: {schema: no-such}}\n"), 7, "there is no schema 'no-such'"),
        (edited("    level: may\n", "    accepts: {check: no_such}\n"), 7, "there is no check 'no_such'"),
        (edited("    level: may\n", "    accepts: {with: {schemas: usage}}\n"), 7, "takes no argument 'schemas'"),
        (
            edited("    level: may\n", "    level: may\n    models: [large]\n"),
            8,
            "'large' is no kind of models; there are: azure, embedding",
        ),
        (VALID + "demands: [chatting]\n", 12, "'chatting' is no feature"),
        (edited("    level: may\n", "    accepts: {without: no-such}\n"), 7, "there is no schema 'no-such'"),
        (f"{VALID}ignores: [{{unless: usage.ads-up, {WHY}}}]\n", 12, "'usage.ads-up' is no requirement"),
        (f"{VALID}ignores: [{{unless: queue.same-status, {WHY}}}]\n", 12, "queue.same-status judges no reply by itself"),
        (f"{VALID}query: [{{name: 'a b', value: x, {WHY}}}]\n", 12, "/query/0/name: expected pattern"),
        (f"{VALID}key: {{header: API-Key, {WHY}}}\n", 12, "/key/header: expected pattern"),
        ("profile: ours\nabout: our gateway\ndemands: [queue]\n", 3, "the path of the queue is missing: add the key queue"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told_with_its_place(read: Read, text: str, line: int, says: str) -> None:
    _, complaints = read(text)
    assert any(complaint.startswith(f"ours.yaml:{line}: ") and says in complaint for complaint in complaints), complaints


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (edited("level: may", "level: must"), "ours.yaml:6 changes nothing: usage.adds-up is must already"),
        (
            edited("    level: may\n", "    accepts: {with: {}}\n"),
            "ours.yaml:6 changes nothing: usage.adds-up takes this form already",
        ),
        (
            edited("[usage.adds-up]\n    level: may", "[errors.envelope]\n    accepts: {with: {schema: error-detail}}"),
            "ours.yaml:6 changes nothing: errors.envelope takes this form already",
        ),
        (edited("base: /v1", "base: /v2"), "ours.yaml:11 changes nothing: embeddings lie below /v2 already"),
        (VALID + "demands: [chat]\n", "ours.yaml:12 changes nothing: chat is demanded already"),
        (
            VALID + "base: {path: /v2, reason: It lies where it always did., source: handbook}\n",
            "ours.yaml:12 changes nothing: endpoints lie below /v2 already",
        ),
        (
            f"{VALID}ignores: [{{unless: queue.answers-with-the-object, {WHY}}}]\n",
            "ours.yaml:12 changes nothing: replies that do not meet queue.answers-with-the-object are ignored already",
        ),
    ],
)
def test_entry_that_changes_nothing_is_told(read: Read, text: str, says: str) -> None:
    profile, complaints = read(text)
    assert complaints == []
    assert profile.idle == (says,)
    assert says in list(profile.remarks(OPEN))


@pytest.mark.parametrize("name", ["t-cloud", "t-cloud-queue", "aifoundryhub", "openai", "azure-openai", "vllm", "openrouter"])
def test_no_entry_of_our_own_profiles_changes_nothing(name: str) -> None:
    assert read_once(profile=name).profile.idle == ()


def test_profiles_in_a_circle_are_refused(read: Read) -> None:
    Path("theirs.yaml").write_text("profile: theirs\nabout: theirs\nextends: ./ours.yaml\n", encoding="utf-8")
    _, complaints = read("profile: ours\nabout: ours\nextends: ./theirs.yaml\n")
    assert complaints == ["theirs.yaml:3: profiles extend each other in a circle: ours.yaml -> theirs.yaml -> ours.yaml"]
    _, complaints = read(f"profile: ours\nabout: ours\nextends: ../{Path.cwd().name}/ours.yaml\n")
    assert len(complaints) == 1
    assert "in a circle" in complaints[0]


def test_file_that_is_not_there_is_told(known: KnownNames) -> None:
    with pytest.raises(UnknownNameError, match=r"there is no file of a profile '\./nowhere\.yaml'"):
        read_profile(SpecReader(SPEC), known, "./nowhere.yaml")


def test_malformed_profile_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(edited("    reason: Our gateway counts tokens in its own way.\n", ""), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--profile={file}", f"--report-dir={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, env={**kept, "OPENAI_API_KEY": KEY}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert f"{file}:6: /deviations/0/reason is missing" in done.stderr
