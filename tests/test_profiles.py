"""Profiles: what each accepts, what it rejects, and how it changes a run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.catalog.profile import Models
from harness.cli import main
from harness.judging.requirement_result import RequirementResult
from harness.judging.verdict import Exit
from harness.model import Level, Outcome, Subject
from harness.reference.dialects import DIALECTS
from harness.reference.dialects.t_cloud import AZURE as AZURE_MODEL
from harness.reference.dialects.t_cloud import OPEN as OPEN_MODEL
from harness.runner.options import RunOptions
from harness.runner.preflight import NotJudgeableError, TargetOptions
from harness.runner.run import Run
from tests.catalogs import read_once
from tests.dialect_mutants import AZURE, DIALECT_MUTANTS, OPEN, PLAIN, DialectMutant
from tests.inprocess import Judged, clear, judge

ROOT = Path(__file__).resolve().parent.parent
URL = "http://reference.test"


def loaded(profile: str) -> Catalog:
    """The catalog with a profile."""
    return read_once(profile=profile)


@cache
def catalog_of(profile: str, models: Models) -> Catalog:
    """The catalog with a profile, as it is for a run's models."""
    return loaded(profile).narrowed(models)


def subject_of(catalog: Catalog, models: Models, base: str = "") -> Subject:
    """The subject of a run in a dialect; where the profile has no places, everything lies below ``base``."""
    places = catalog.profile.places or {"": base}
    query = catalog.profile.query or ({"api-version": "1"} if "deployments" in base else {})
    return Subject(URL, models.chat, models.completions, models.embeddings, catalog.profile.name, places=places, query=query)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A dialect of the reference with some models, and where the default profile finds it."""

    dialect: str
    models: Models
    base: str


DEPLOYMENT_RUN = Spoken("azure-openai", PLAIN, "/openai/deployments/reference")
VLLM_RUN, ROUTER_RUN = Spoken("vllm", PLAIN, "/v1"), Spoken("openrouter", PLAIN, "/api/v1")
NEUTRAL_RUN = Spoken("open-responses", PLAIN, "/v1")
OPEN_RUN, AZURE_RUN, AIFH_RUN = Spoken("t-cloud", OPEN, "/v2"), Spoken("t-cloud", AZURE, "/v2"), Spoken("aifoundryhub", PLAIN, "/v1")


def run(loop: asyncio.AbstractEventLoop, profile: str, spoken: Spoken, judged: dict[tuple[str, Spoken], Judged]) -> Judged:
    """The judgement of a dialect under a profile, made once."""
    if (profile, spoken) not in judged:
        catalog = catalog_of(profile, spoken.models)
        subject = subject_of(catalog, spoken.models, spoken.base)
        judged[(profile, spoken)] = loop.run_until_complete(judge(catalog, DIALECTS[spoken.dialect], subject=subject))
    return judged[(profile, spoken)]


@pytest.fixture(scope="module")
def judged() -> dict[tuple[str, Spoken], Judged]:
    """The results judged so far."""
    return {}


def unmet(judged: Judged) -> set[str]:
    """The requirements that are not met, those included that follow from others."""
    return {s.requirement.id for s in judged.verdict.standings if s.unmet or s.reason.startswith("follows from ")}


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
    ("vllm", VLLM_RUN),
    ("azure-openai", DEPLOYMENT_RUN),
    ("openrouter", ROUTER_RUN),
    ("open-responses", NEUTRAL_RUN),
]


ASKED_OF_CHAT = {"open-responses": ["http.cors-on-every-reply"]}
"""What only requests to chat completions show."""


@pytest.mark.parametrize(("profile", "spoken"), RUNS)
def test_reference_in_a_dialect_conforms_to_its_profile(
    profile: str, spoken: Spoken, loop: asyncio.AbstractEventLoop, judged: dict[tuple[str, Spoken], Judged]
) -> None:
    found = run(loop, profile, spoken, judged)
    assert unmet(found) == set()
    undecided = [s.requirement.id for s in found.verdict.standings if s.undecided and s.requirement.level is not Level.MAY]
    assert undecided == ASKED_OF_CHAT.get(profile, [])
    assert found.verdict.code == Exit.CONFORMS


DEVIATIONS = {
    OPEN_RUN: {
        "an error is told as a detail": {"errors.envelope", "errors.unknown-url-envelope", "errors.not-offered-envelope"},
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
    DEPLOYMENT_RUN: {
        "the first event is a message of the content filter": {
            "chat-stream.chunk-shape",
            "chat-stream.choices-empty-for-usage",
            "chat-stream.created-now",
            "chat-stream.id-not-empty",
            "chat-stream.model-not-empty",
            "chat-stream.one-created",
            "chat-stream.one-id",
            "chat-stream.one-model",
            "chat-stream.usage-left-out",
        },
        "the content filter tells what it found": {"chat.no-other-members", "chat-stream.no-other-members"},
    },
    VLLM_RUN: {
        "the code of an error is its status": {"errors.code", "errors.code-as-documented"},
        "members of its own": {"chat.no-other-members", "chat-stream.no-other-members"},
    },
    ROUTER_RUN: {
        "an error has a code and a message": {"errors.code", "errors.type", "errors.param"},
        "no type and no code of the reference": {"errors.code-as-documented", "errors.type-as-documented"},
        "usage comes by itself": {"chat-stream.usage-only-when-asked"},
        "the finish reason of the model": {"chat.no-other-members", "chat-stream.no-other-members"},
    },
    NEUTRAL_RUN: {
        "a stream ends with a terminator": {"responses-stream.no-terminator"},
    },
}


@pytest.mark.parametrize(
    "spoken", list(DEVIATIONS), ids=["open", "azure", "aifoundryhub", "deployment", "vllm", "openrouter", "open-responses"]
)
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
    told = {s.requirement.id for s in found.verdict.standings if s.reason.startswith("known deviation")}
    assert unmet(default) <= told
    standing = by_id(found, min(accepted(found) & unmet(default)))
    assert standing.outcome is Outcome.NOTE
    assert any(finding.problems for finding in standing.findings)


def by_id(judged: Judged, name: str) -> RequirementResult:
    """What one requirement came to."""
    return next(s for s in judged.verdict.standings if s.requirement.id == name)


def play(mutant: DialectMutant, loop: asyncio.AbstractEventLoop) -> Judged:
    """Judge a mutant with the cases that show it."""
    catalog = catalog_of(mutant.profile, mutant.models)
    return loop.run_until_complete(
        judge(catalog, mutant, cases=mutant.cases, subject=subject_of(catalog, mutant.models, mutant.dialect.base))
    )


@pytest.mark.parametrize("mutant", DIALECT_MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_of_a_dialect_is_caught_under_its_profile(mutant: DialectMutant, loop: asyncio.AbstractEventLoop) -> None:
    found = play(mutant, loop)
    assert unmet(found) == mutant.breaks
    assert mutant.notes <= noted(found)


def test_every_form_and_level_that_a_profile_sets_is_seen_to_hold_something() -> None:
    told = {name for mutant in DIALECT_MUTANTS for name in mutant.breaks | mutant.notes}
    unseen = {
        (profile, deviation.requirements)
        for profile in ("t-cloud", "t-cloud-queue", "aifoundryhub", "azure-openai", "vllm", "openrouter")
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
    assert "a documented sample does not meet it either, but that is no excuse" in by_id(found, requirement).reason


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
    wishes = TargetOptions(catalog.profile.root_of(url), model, None, None, profile, None)
    return loop.run_until_complete(clear(catalog, DIALECTS[dialect], wishes))


@pytest.mark.parametrize("url", [f"{URL}/v2", f"{URL}/v2/", URL])
def test_base_may_be_given_or_left_out(url: str, loop: asyncio.AbstractEventLoop) -> None:
    subject = cleared(loop, "t-cloud", url)
    assert (subject.base_url, subject.model, subject.embeddings_model) == (URL, OPEN_MODEL, "text-embedding-bge-m3")
    assert "the endpoints are expected below /v2" in subject.remarks
    assert f"not tried: OpenAI's models, which are forwarded to Azure; {AZURE_MODEL} is listed" in subject.remarks


def test_base_that_is_not_there_is_told_in_full(loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(NotJudgeableError) as caught:
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


def test_unknown_dialect_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--dialect", "klingon"]) == Exit.NOT_JUDGEABLE
    assert (
        "there is no dialect 'klingon'; there are: t-cloud, aifoundryhub, azure-openai, vllm, openrouter, open-responses."
        in capsys.readouterr().err
    )


def test_profile_sets_the_query_and_the_header_of_the_key() -> None:
    judged_run = Run(loaded("azure-openai"), RunOptions(profile="azure-openai", query={"feature": "on"}))
    try:
        judged_run.clear()
        assert judged_run.subject is not None
        assert judged_run.subject.query == {"api-version": "2024-10-21", "feature": "on"}
        assert "--query=feature=on" in judged_run.subject.options
        result = judged_run.result(judged_run.catalog.cases["chat/basics/short-reply"])
        (exchange,) = result.exchanges
        assert exchange.request.path == "/chat/completions?api-version=2024-10-21&feature=on"
        assert [name for name, _ in exchange.request.headers if name in ("authorization", "api-key")] == ["api-key"]
    finally:
        judged_run.close()


def test_user_can_take_the_query_of_a_profile_out() -> None:
    judged_run = Run(loaded("azure-openai"), RunOptions(profile="azure-openai", model="reference", query={"api-version": ""}))
    try:
        with pytest.raises(NotJudgeableError, match="is not there"):
            judged_run.clear()
    finally:
        judged_run.close()
