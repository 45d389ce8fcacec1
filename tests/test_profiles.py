"""Profiles: what each accepts, what it does not, what it makes of a run, and profiles of the user's own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from harness.catalog import Catalog, load
from harness.checks.queue import is_job, members_agree
from harness.checks.reply import Reply
from harness.commands import main
from harness.model import Exchange, Level, Outcome, Request, Step, Subject
from harness.own_files import SPEC
from harness.plan import plan
from harness.preflight import NotJudgeable, Wishes
from harness.profile import Models, Profile
from harness.profile_files import Known, read_profile
from harness.reading import Reader, UnknownName
from harness.reference.dialects import DIALECTS
from harness.reference.dialects.t_cloud import AZURE as AZURE_MODEL
from harness.reference.dialects.t_cloud import OPEN as OPEN_MODEL
from harness.reference.serve import KEY
from harness.run import Run, RunOptions
from harness.verdict import Exit, Standing
from tests.baseline import afresh
from tests.dialect_mutants import AZURE, DIALECT_MUTANTS, OPEN, PLAIN, DialectMutant
from tests.inprocess import Judged, clear, judge

ROOT = Path(__file__).resolve().parent.parent
URL = "http://reference.test"


@cache
def loaded(profile: str) -> Catalog:
    """The catalog with a profile, read once."""
    return load(profile=profile)


@cache
def catalog_of(profile: str, models: Models) -> Catalog:
    """The catalog with a profile, as it is for a run's models."""
    return loaded(profile).narrowed(models)


def subject_of(catalog: Catalog, models: Models, base: str = "") -> Subject:
    """The subject of a run in a dialect; where the profile has no places, everything lies below ``base``."""
    places = catalog.profile.places or {"": base}
    return Subject(URL, models.chat, models.completions, models.embeddings, catalog.profile.name, places=places)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A dialect of the reference with some models, and where the default profile finds it."""

    dialect: str
    models: Models
    base: str


OPEN_RUN, AZURE_RUN, AIFH_RUN = Spoken("t-cloud", OPEN, "/v2"), Spoken("t-cloud", AZURE, "/v2"), Spoken("aifoundryhub", PLAIN, "/v1")


def run(loop: asyncio.AbstractEventLoop, profile: str, spoken: Spoken, judged: dict[tuple[str, Spoken], Judged]) -> Judged:
    """The judgement of a dialect under a profile, made once."""
    if (profile, spoken) not in judged:
        catalog = catalog_of(profile, spoken.models)
        subject = subject_of(catalog, spoken.models, spoken.base)
        with afresh():
            judged[(profile, spoken)] = loop.run_until_complete(judge(catalog, DIALECTS[spoken.dialect], subject=subject))
    return judged[(profile, spoken)]


@pytest.fixture(scope="module")
def judged() -> dict[tuple[str, Spoken], Judged]:
    """What was judged already."""
    return {}


def unmet(judged: Judged) -> set[str]:
    """The requirements that are not met."""
    return {s.requirement.id for s in judged.verdict.standings if s.unmet}


def accepted(judged: Judged) -> set[str]:
    """The requirements that are met only because the profile accepts another form."""
    return {s.requirement.id for s in judged.verdict.standings if s.missed and s.reason.startswith("known deviation")}


def noted(judged: Judged) -> set[str]:
    """The requirements that are only noted, and missed."""
    standings = judged.verdict.standings
    return {s.requirement.id for s in standings if s.outcome is Outcome.NOTE and s.missed and not s.reason.startswith("known deviation")}


RUNS = [
    ("t-cloud", OPEN_RUN),
    ("t-cloud", AZURE_RUN),
    ("t-cloud-queue", OPEN_RUN),
    ("t-cloud-queue", AZURE_RUN),
    ("aifoundryhub", AIFH_RUN),
]


@pytest.mark.parametrize(("profile", "spoken"), RUNS)
def test_reference_in_a_dialect_conforms_to_its_profile(
    profile: str, spoken: Spoken, loop: asyncio.AbstractEventLoop, judged: dict[tuple[str, Spoken], Judged]
) -> None:
    found = run(loop, profile, spoken, judged)
    assert unmet(found) == set()
    assert [s.requirement.id for s in found.verdict.standings if s.undecided and s.requirement.level is not Level.MAY] == []
    assert found.verdict.code == Exit.CONFORMS


DEVIATIONS = {
    OPEN_RUN: {
        "an error is told as a detail": {"errors.envelope", "errors.unknown-url-envelope"},
        "a model tells its meta data": {"models.no-other-members"},
        "reasoning comes beside the content": {"chat.no-other-members", "chat-stream.no-other-members"},
        "rate limits are told for models on Azure only": {"http.rate-limit-headers"},
    },
    AZURE_RUN: {
        "an error that names no model is told as a detail": {"errors.envelope", "errors.unknown-url-envelope"},
        "a model tells its meta data": {"models.no-other-members"},
        "rate limits are told where a model was reached only": set(),
    },
    AIFH_RUN: {
        "text completions are streamed in chunks of another object": {"completions-stream.chunk-shape"},
        "their text stands in a delta": {"completions-stream.choice-shape"},
        "their usage comes in an event of its own": {"completions-stream.usage-chunk", "completions-stream.usage-only-when-asked"},
        "embeddings come in another envelope": {"embeddings.object-shape", "embeddings.no-other-members"},
        "what is said of an image comes in parts": {"chat.message-shape"},
    },
}


@pytest.mark.parametrize("spoken", list(DEVIATIONS), ids=["open", "azure", "aifoundryhub"])
def test_default_profile_flags_each_deviation_by_name(
    spoken: Spoken, loop: asyncio.AbstractEventLoop, judged: dict[tuple[str, Spoken], Judged]
) -> None:
    found = run(loop, "openai", spoken, judged)
    expected = set().union(*DEVIATIONS[spoken].values())
    may = {name for name in expected if loaded("openai").requirements[name].level is Level.MAY}
    assert unmet(found) == expected - may
    assert may <= noted(found)
    assert accepted(found) == set()


@pytest.mark.parametrize(("profile", "spoken"), RUNS[::2])
def test_what_a_profile_accepts_is_noted_and_not_lost(
    profile: str, spoken: Spoken, loop: asyncio.AbstractEventLoop, judged: dict[tuple[str, Spoken], Judged]
) -> None:
    found, default = run(loop, profile, spoken, judged), run(loop, "openai", spoken, judged)
    assert unmet(default) <= accepted(found)
    standing = by_id(found, next(iter(sorted(unmet(default)))))
    assert standing.outcome is Outcome.NOTE
    assert any(finding.problems for finding in standing.findings)


def by_id(judged: Judged, name: str) -> Standing:
    """What one requirement came to."""
    return next(s for s in judged.verdict.standings if s.requirement.id == name)


def play(mutant: DialectMutant, loop: asyncio.AbstractEventLoop) -> Judged:
    """Judge a mutant with the cases that show it."""
    catalog = catalog_of(mutant.profile, mutant.models)
    with afresh():
        return loop.run_until_complete(judge(catalog, mutant, cases=mutant.cases, subject=subject_of(catalog, mutant.models)))


@pytest.mark.parametrize("mutant", DIALECT_MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_of_a_dialect_is_caught_under_its_profile(mutant: DialectMutant, loop: asyncio.AbstractEventLoop) -> None:
    found = play(mutant, loop)
    assert unmet(found) == mutant.breaks
    assert mutant.notes <= noted(found)


def test_every_form_and_level_that_a_profile_sets_is_seen_to_hold_something() -> None:
    told = {name for mutant in DIALECT_MUTANTS for name in mutant.breaks | mutant.notes}
    unseen = {
        (profile, deviation.requirements)
        for profile in ("t-cloud", "t-cloud-queue", "aifoundryhub")
        for deviation in loaded(profile).profile.deviations
        if not told & set(deviation.requirements)
    }
    assert unseen == {("t-cloud-queue", ("models.listed-is-retrievable",))}  # the reference in this dialect shows it by itself
    catalog = loaded("t-cloud")
    assert {name for name in catalog.requirements if name.startswith("queue.")} <= told


def test_job_is_reported_as_undocumented_and_nothing_else_is_held_against_it(loop: asyncio.AbstractEventLoop) -> None:
    found = play(next(mutant for mutant in DIALECT_MUTANTS if mutant.name == "whole-queue-gives-jobs"), loop)
    standing = by_id(found, "queue.answers-with-the-object")
    assert "undocumented" in standing.findings[0].problems[0].got
    assert by_id(found, "chat.object-shape").outcome is not Outcome.FAIL
    assert "undocumented form" in by_id(found, "http.valid-request-succeeds").reason


@pytest.mark.parametrize(
    ("mutant", "requirement"),
    [("chat-chunk-as-printed", "chat-stream.chunk-shape"), ("stream-ends-as-printed", "completions-stream.every-choice-finishes")],
)
def test_sample_that_lacks_a_member_excuses_nobody(mutant: str, requirement: str, loop: asyncio.AbstractEventLoop) -> None:
    found = play(next(one for one in DIALECT_MUTANTS if one.name == mutant), loop)
    assert by_id(found, requirement).unmet
    assert "a documented sample does not meet it either, which is no excuse" in by_id(found, requirement).reason


def test_reason_of_another_level_is_told(loop: asyncio.AbstractEventLoop) -> None:
    found = play(next(one for one in DIALECT_MUTANTS if one.name == "response-of-an-open-model-without-output"), loop)
    assert (
        "may by the profile t-cloud: Responses are fully supported for OpenAI's models only"
        in by_id(found, "responses.object-shape").reason
    )


def test_kind_of_model_decides_what_is_asked_for() -> None:
    azure, open_models = catalog_of("t-cloud", AZURE), catalog_of("t-cloud", OPEN)
    assert azure.requirements["http.rate-limit-headers"].level is Level.SHOULD
    assert open_models.requirements["http.rate-limit-headers"].level is Level.MAY
    assert {"tools", "responses", "embeddings"} <= set(azure.profile.demands)
    assert "completions" in open_models.profile.demands
    assert "open-source models only" in str(azure.profile.lack_of("completions"))
    assert open_models.profile.lack_of("completions") is None


def cleared(loop: asyncio.AbstractEventLoop, profile: str, url: str, model: str | None = None, dialect: str = "t-cloud") -> Subject:
    """What the preflight makes of a dialect."""
    catalog = loaded(profile)
    wishes = Wishes(catalog.profile.root_of(url), model, None, None, profile, None)
    return loop.run_until_complete(clear(catalog, DIALECTS[dialect], wishes))


@pytest.mark.parametrize("url", [f"{URL}/v2", f"{URL}/v2/", URL])
def test_base_may_be_given_or_left_out(url: str, loop: asyncio.AbstractEventLoop) -> None:
    subject = cleared(loop, "t-cloud", url)
    assert (subject.base_url, subject.model, subject.embeddings_model) == (URL, OPEN_MODEL, "text-embedding-bge-m3")
    assert "endpoints are looked for below /v2" in subject.remarks
    assert f"not tried: OpenAI's models, which are forwarded to Azure; {AZURE_MODEL} is listed" in subject.remarks


def test_base_that_is_not_there_is_told_in_full(loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(NotJudgeable) as caught:
        cleared(loop, "t-cloud", URL, OPEN_MODEL, "aifoundryhub")
    assert f"{URL}/v2/chat/completions is not there" in str(caught.value)
    assert "It often ends in /v2." in str(caught.value)


def test_queue_has_a_longer_time_limit() -> None:
    assert loaded("t-cloud-queue").profile.silence == 600
    assert loaded("t-cloud").profile.silence is None


def test_embedded_reference_speaks_the_dialect_of_the_profile() -> None:
    judged_run = Run(loaded("t-cloud-queue"), RunOptions(profile="t-cloud-queue"))
    try:
        judged_run.clear()
        assert judged_run.subject is not None
        assert judged_run.subject.model == OPEN_MODEL
        case = judged_run.catalog.cases["queue/twins/chat"]
        result = judged_run.result(case)
        assert [exchange.request.path for exchange in result.exchanges] == ["/v2/chat/completions", "/queue/chat/completions"]
        assert result.outcome.rank <= Outcome.NOTE.rank
    finally:
        judged_run.close()


# Profiles of the user's own.
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


@pytest.fixture(scope="module")
def known() -> Known:
    """The names that profiles may use."""
    catalog = loaded("t-cloud")
    own = {"wireproof", "openai-openapi", "t-cloud-queue"}
    return Known(catalog.features, catalog.requirements, catalog.schemas, {name: catalog.sources[name] for name in own})


Read = Callable[[str], tuple[Profile, list[str]]]


@pytest.fixture
def read(known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """A function that reads a profile of the user's own, and tells the complaints."""
    monkeypatch.chdir(tmp_path)

    def read_text(text: str) -> tuple[Profile, list[str]]:
        Path("ours.yaml").write_text(text, encoding="utf-8")
        reader = Reader(SPEC)
        fresh = Known(known.features, known.requirements, known.schemas, dict(known.sources))
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
        (edited("    reason: Our gateway counts tokens in its own way.\n", ""), 6, "/deviations/0/reason: expected present, got absent"),
        (edited("Our gateway counts tokens in its own way.", "Because."), 8, "/deviations/0/reason: expected minLength 20"),
        (edited("usage.adds-up", "usage.ads-up"), 6, "'usage.ads-up' is no requirement, nor a pattern that any fits"),
        (edited("usage.adds-up", "usages.*"), 6, "'usages.*' is no requirement"),
        (edited("level: may", "level: might"), 7, "expected one of"),
        (edited("    level: may\n", ""), 6, "/deviations/0"),
        (edited("    source: handbook\n", "    source: hearsay\n"), 9, "the source 'hearsay' is neither in sources.yaml"),
        (edited("id: handbook", "id: wireproof"), 4, "the source wireproof is known already"),
        (
            edited("extends: t-cloud", "extends: t-clod"),
            3,
            "extends 't-clod', which is no profile; there are: aifoundryhub, openai, t-cloud",
        ),
        (edited("extends: t-cloud", "extends: ./ours.yaml"), 3, "profiles extend each other in a circle: ours.yaml -> ours.yaml"),
        (edited("about: our gateway", "abuot: our gateway"), 1, "/about: expected present, got absent"),
        (edited("deviations:", "deviations: ["), 6, "expected the node content"),
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
        ("profile: ours\nabout: our gateway\ndemands: [queue]\n", 3, "nothing says where the queue lies: add the key queue"),
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
    ],
)
def test_entry_that_changes_nothing_is_told(read: Read, text: str, says: str) -> None:
    profile, complaints = read(text)
    assert complaints == []
    assert profile.idle == (says,)
    assert says in list(profile.remarks(OPEN))


@pytest.mark.parametrize("name", ["t-cloud", "t-cloud-queue", "aifoundryhub", "openai"])
def test_no_entry_of_our_own_profiles_changes_nothing(name: str) -> None:
    assert loaded(name).profile.idle == ()


def test_profiles_in_a_circle_are_refused(read: Read) -> None:
    Path("theirs.yaml").write_text("profile: theirs\nabout: theirs\nextends: ./ours.yaml\n", encoding="utf-8")
    _, complaints = read("profile: ours\nabout: ours\nextends: ./theirs.yaml\n")
    assert complaints == ["theirs.yaml:3: profiles extend each other in a circle: ours.yaml -> theirs.yaml -> ours.yaml"]
    _, complaints = read(f"profile: ours\nabout: ours\nextends: ../{Path.cwd().name}/ours.yaml\n")
    assert len(complaints) == 1
    assert "in a circle" in complaints[0]


def test_file_that_is_not_there_is_told(known: Known) -> None:
    with pytest.raises(UnknownName, match=r"there is no file of a profile '\./nowhere\.yaml'"):
        read_profile(Reader(SPEC), known, "./nowhere.yaml")


def test_malformed_profile_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(edited("    reason: Our gateway counts tokens in its own way.\n", ""), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--profile={file}", f"--report-dir={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, env={**kept, "OPENAI_API_KEY": KEY}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert f"{file}:6: /deviations/0/reason: expected present, got absent" in done.stderr


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (202, {"id": "job_1", "status": "queued"}, True),
        (200, {"job_id": 7, "status": "PENDING", "position": 3}, True),
        (200, {"id": "chatcmpl-1", "object": "chat.completion", "choices": []}, False),
        (200, {"id": "x", "status": "completed"}, False),
        (200, {"id": "x", "status": "queued", "data": []}, False),
        (400, {"id": "x", "status": "queued"}, False),
        (202, {"status": "queued"}, False),
    ],
)
def test_job_is_told_from_an_object(status: int, body: dict[str, object], wanted: bool) -> None:
    assert is_job(status, body) is wanted


def reply_of(body: object) -> Reply:
    """A reply with a JSON body."""
    request = Request("chat", "POST", "/chat/completions", (), b"{}")
    return Reply(Exchange("x#1", request, 200, (("content-type", "application/json"),), json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ({"a": 1, "b": [{"c": "x"}]}, {"a": 2.5, "b": [{"c": "y"}, {"c": "z"}]}, []),
        ({"a": 1, "b": None}, {"a": 1, "b": "x"}, []),
        ({"a": [], "b": 1}, {"a": [{"c": 1}], "b": 1}, []),
        ({"a": {"b": 1}}, {"a": None}, []),
        ({"a": 1}, {"a": "1"}, ["/a"]),
        ({"a": 1, "b": 2}, {"a": 1}, ["/b"]),
        ({"a": 1}, {"a": 1, "b": {"c": 1}}, ["/b"]),
        ({"a": [{"b": 1, "c": 1}]}, {"a": [{"b": 1}]}, ["/a/*/c"]),
    ],
)
def test_members_are_compared_by_place_and_type(first: object, second: object, differ: list[str]) -> None:
    assert [problem.where for problem in members_agree(reply_of(first), reply_of(second))] == differ


def test_unknown_dialect_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--dialect", "klingon"]) == Exit.NOT_JUDGEABLE
    assert "there is no dialect 'klingon'; there are: t-cloud, aifoundryhub." in capsys.readouterr().err
