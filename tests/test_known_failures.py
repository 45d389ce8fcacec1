"""A list of known failures: what it accepts, which entries are outdated, and which are wrong."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.cli import main
from harness.judging.known_failures import UNSAID, Accept, KnownError, KnownFailure, KnownFailures, read_known
from harness.judging.known_failures_writing import Replay, as_text, rewritten
from harness.judging.known_failures_writing import written as written_for
from harness.judging.occurrence import is_of_kind, kind_of_value
from harness.judging.verdict import Exit, Scope, Verdict, reach_verdict
from harness.model import Case, CaseResult, Exchange, Finding, Outcome, Problem, Request

TODAY = date(2026, 11, 22)
PROBLEM = (Problem("somewhere", "this", "that"),)
MUST, OTHER = "usage.adds-up", "chat-stream.ends-with-done"
ONE, TWO = "chat/basics/short-reply", "chat/choices/two"


def result(case: str, **outcomes: Outcome) -> CaseResult:
    """A case's result; underscores stand for the dots and dashes of requirement ids."""
    names = {name.replace(".", "_").replace("-", "_"): name for name in (MUST, OTHER)}
    failing = (Outcome.FAIL, Outcome.ERROR)
    findings = [Finding(case, names[name], outcome, PROBLEM if outcome in failing else ()) for name, outcome in outcomes.items()]
    return CaseResult(case, (), tuple(findings))


def entry(failure: str, until: date | None = None) -> KnownFailure:
    case, _, requirement = failure.rpartition(":")
    return KnownFailure(requirement, "ticket 1", "known.yaml:3", case, until)


def verdict(catalog: Catalog, results: list[CaseResult], *entries: KnownFailure, partial: str = "some cases") -> Verdict:
    return reach_verdict(catalog, results, {}, Scope(partial=partial, known=KnownFailures(entries, TODAY)))


FAILS = result(ONE, usage_adds_up=Outcome.FAIL)
PASSES = result(ONE, usage_adds_up=Outcome.PASS)
UNDECIDED = result(ONE, usage_adds_up=Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("failure", [MUST, f"{ONE}:{MUST}"])
def test_listed_failure_does_not_fail_the_run(catalog: Catalog, failure: str) -> None:
    found = verdict(catalog, [FAILS], entry(failure))
    assert found.code == Exit.CONFORMS
    assert found.sentence.endswith("every MUST requirement that was judged is met, but for 1 known failure")
    assert next(s.known for s in found.standings if s.requirement.id == MUST) == "ticket 1"


def test_another_case_of_the_same_requirement_still_fails(catalog: Catalog) -> None:
    found = verdict(catalog, [FAILS, result(TWO, usage_adds_up=Outcome.FAIL)], entry(f"{ONE}:{MUST}"))
    assert (found.code, [s.requirement.id for s in found.failing]) == (Exit.UNMET, [MUST])


def test_another_requirement_still_fails(catalog: Catalog) -> None:
    found = verdict(catalog, [result(ONE, usage_adds_up=Outcome.FAIL, chat_stream_ends_with_done=Outcome.FAIL)], entry(MUST))
    assert [s.requirement.id for s in found.failing] == [OTHER]


def test_no_answer_can_be_known_too(catalog: Catalog) -> None:
    silent = CaseResult(ONE, (), (Finding(ONE, "http.reply-is-whole", Outcome.ERROR, PROBLEM, reason="the endpoint gave no answer"),))
    assert verdict(catalog, [silent, PASSES]).code == Exit.INCOMPLETE
    assert verdict(catalog, [silent, PASSES], entry("http.reply-is-whole")).code == Exit.CONFORMS


STALE = {
    "no longer fails": ([PASSES], entry(f"{ONE}:{MUST}"), "some", "known.yaml:3: .* no longer fails: delete it"),
    "no longer fails anywhere": ([PASSES], entry(MUST), "", "known.yaml:3: .* no longer fails: delete it"),
    "matches nothing": ([PASSES], entry(f"{ONE}:{OTHER}"), "some", "known.yaml:3: .* matches nothing in this run: delete it"),
    "expired and mended": (
        [PASSES],
        entry(MUST, date(2026, 11, 21)),
        "some",
        "expired on 2026-11-21: it no longer fails: delete it",
    ),
    "expired and failing": ([FAILS], entry(MUST, date(2026, 11, 21)), "some", "expired on 2026-11-21: it still fails"),
}


@pytest.mark.parametrize("name", STALE)
def test_entry_that_does_not_earn_its_place_fails_the_run(catalog: Catalog, name: str) -> None:
    results, listed, partial, says = STALE[name]
    found = verdict(catalog, results, listed, partial=partial)
    assert found.code == Exit.UNMET
    assert len(found.stale) == 1
    assert re.search(says, found.stale[0])


@pytest.mark.parametrize(
    ("results", "listed"),
    [
        ([PASSES], entry(MUST)),  # in a part of the suite, another case may fail
        ([UNDECIDED], entry(f"{ONE}:{MUST}")),
        ([result(TWO, usage_adds_up=Outcome.PASS)], entry(f"{ONE}:{MUST}")),  # its case was not played
        ([FAILS], entry(MUST, TODAY)),  # its last day
    ],
)
def test_entry_is_kept_while_nothing_speaks_against_it(catalog: Catalog, results: list[CaseResult], listed: KnownFailure) -> None:
    assert verdict(catalog, results, listed).stale == ()


def test_entry_about_a_replaced_case_is_about_the_one_that_replaced_it(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text("known-failures:\n  - {failure: 'chat/parameters/one-choice:usage.adds-up', reason: ticket 12}\n", encoding="utf-8")
    assert [one.case for one in read_known(path, catalog, TODAY).entries] == ["chat/members/many-at-once"]


WRONG = {
    "known-failures: 1": "known.yaml:1: /known-failures: expected array, got 1",
    "known-failures:\n  - failure: usage.adds-up": "known.yaml:2: /known-failures/0/reason is missing",
    "known-failures:\n  - {failure: usage.adds-ups, reason: ticket 12}": (
        "known.yaml:2: there is no requirement 'usage.adds-ups' (is it 'usage.adds-up'?): correct it or delete the entry"
    ),
    "known-failures:\n  - {failure: 'chat/basics/short:usage.adds-up', reason: ticket 12}": "there is no case 'chat/basics/short'",
    "known-failures:\n  - {failure: usage.adds-up, reason: ticket 12, until: 2026-02-30}": "known.yaml:2: until: 2026-02-30 is not a date",
    "known-failures:\n  - {failure: usage.adds-up, reason: ticket 12}\n  - {failure: usage.adds-up, reason: ticket 12}": (
        "known.yaml:3: usage.adds-up is listed twice: delete one"
    ),
    "known-failures:\n  - {requirement: a.b, endpoint: chats, reason: ticket 12}": "known.yaml:2: /known-failures/0/endpoint: expected",
    "known-failures:\n  - {requirement: a.b, got: nothing, reason: ticket 12}": "known.yaml:2: /known-failures/0/got: expected",
    "known-failures:\n  - {requirement: a.b, accept: all, reason: ticket 12}": "known.yaml:2: /known-failures/0/accept: expected",
    "known-failures:\n  - {reason: ticket 12}": "known.yaml:2: /known-failures/0",
    "known-failures:\n  - {requirement: usage.adds-up, failure: usage.adds-up, reason: ticket 12}": (
        "known.yaml:2: it has both failure and requirement: keep the requirement"
    ),
    "known-failures:\n  - {requirement: usage.adds-up, mode: plain, accept: undecided, reason: ticket 12}": (
        "known.yaml:2: accept: undecided is about the whole requirement: leave out mode"
    ),
    "known-failures:\n  - {requirement: usage.adds-up, reason: say here why this is accepted}": "known.yaml:2: reason: ",
    "known-failures: [": "known.yaml:2:",
}


@pytest.mark.parametrize("text", WRONG)
def test_list_that_cannot_be_used_is_refused_with_its_line(catalog: Catalog, tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(KnownError) as refused:
        read_known(path, catalog, TODAY)
    assert WRONG[text] in str(refused.value)


def test_list_that_is_not_there_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="--write-known-failures"):
        read_known(tmp_path / "none.yaml", catalog, TODAY)


def names(text: str) -> list[str]:
    """What each entry of a list is about, a line each."""
    return [line.strip(" -") for line in text.splitlines() if line.strip(" -").startswith(("failure:", "requirement:"))]


def written(catalog: Catalog, results: list[CaseResult], before: KnownFailures | None = None, *, complete: bool = True) -> str:
    return written_for(catalog, results, [Outcome.FAIL], before or KnownFailures(), complete=complete)


def with_reasons(text: str) -> str:
    return text.replace(UNSAID, "ticket 12")


def test_what_is_written_is_read_and_accepts_the_run(catalog: Catalog, tmp_path: Path) -> None:
    results = [
        result(ONE, usage_adds_up=Outcome.FAIL, chat_stream_ends_with_done=Outcome.FAIL),
        result(TWO, usage_adds_up=Outcome.FAIL, chat_stream_ends_with_done=Outcome.PASS),
    ]
    text = written(catalog, results)
    assert names(text) == [f"requirement: {OTHER}", f"requirement: {MUST}"]
    path = tmp_path / "known.yaml"
    path.write_text(with_reasons(text), encoding="utf-8")
    found = reach_verdict(catalog, results, {}, Scope(partial="some cases", known=read_known(path, catalog, TODAY)))
    assert (found.code, found.stale) == (Exit.CONFORMS, ())


def test_reason_that_nobody_gave_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(written(catalog, [FAILS]), encoding="utf-8")
    with pytest.raises(KnownError, match=r"known.yaml:3: reason: '.*' is no reason: say why, in your own words"):
        read_known(path, catalog, TODAY)
    assert len(read_known(path, catalog, TODAY, drafts=True).entries) == 1


def test_reasons_and_dates_are_kept_and_what_healed_goes(catalog: Catalog) -> None:
    before = KnownFailures((entry(f"{ONE}:{MUST}", date(2027, 1, 31)), entry(OTHER)), TODAY)
    text = written(catalog, [FAILS], before)
    assert text.splitlines()[1:] == ["known-failures:", f"  - failure: {ONE}:{MUST}", '    reason: "ticket 1"', "    until: 2027-01-31"]


def test_list_of_a_run_without_failures_is_empty_and_can_be_read(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(written(catalog, [PASSES]), encoding="utf-8")
    assert read_known(path, catalog, TODAY).entries == ()


def test_part_of_the_suite_takes_nothing_from_the_list_that_it_did_not_try(catalog: Catalog) -> None:
    before = KnownFailures((entry(f"{TWO}:{MUST}"), entry(OTHER), entry(f"{ONE}:{MUST}")), TODAY)
    results = [PASSES, result("chat/limits/stop-string", usage_adds_up=Outcome.FAIL)]
    told = names(written(catalog, results, before, complete=False))
    assert told == [f"requirement: {OTHER}", f"failure: {TWO}:{MUST}", f"requirement: {MUST}"]


CHAT = Request("chat", "POST", "/chat/completions", (), b'{"model":"m"}', "success")
STREAM = Request("chat", "POST", "/chat/completions", (), b'{"model":"m","stream":true}', "success")
LEGACY = Request("completions", "POST", "/completions", (), b'{"model":"m"}', "success")


def at(case: str, request: Request, outcome: Outcome = Outcome.FAIL, got: str = "1", requirement: str = MUST) -> CaseResult:
    """The result of a case whose one exchange was this."""
    problems = (Problem("/usage", "2", got),) if outcome is Outcome.FAIL else ()
    return CaseResult(case, (Exchange("e#1", request, 200),), (Finding(case, requirement, outcome, problems, ("e#1",)),))


PLACED = KnownFailure(MUST, "ticket 1", "known.yaml:3", endpoint="chat", mode="streamed")
KIND = KnownFailure(MUST, "ticket 1", "known.yaml:3", got="absent")
ACCEPTED = {
    "its place, in any case": (PLACED, at("chat/limits/stop-string", STREAM), True),
    "another mode": (PLACED, at(ONE, CHAT), False),
    "another endpoint": (PLACED, at(ONE, LEGACY), False),
    "its kind": (KIND, at(ONE, CHAT, got="absent"), True),
    "another kind": (KIND, at(ONE, CHAT, got="null"), False),
    "no place at all": (PLACED, FAILS, False),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_entry_accepts_what_it_names_and_nothing_else(catalog: Catalog, name: str) -> None:
    listed, found, accepted = ACCEPTED[name]
    assert (verdict(catalog, [found], listed).code == Exit.CONFORMS) is accepted


def test_every_place_and_every_kind_of_one_finding_has_to_be_accepted(catalog: Catalog) -> None:
    exchanges = (Exchange("e#1", CHAT, 200), Exchange("e#2", STREAM, 200))
    problems = (Problem("/a", "2", "absent"), Problem("/b", "2", "null"))
    both = CaseResult(ONE, exchanges, (Finding(ONE, MUST, Outcome.FAIL, problems, ("e#1", "e#2")),))
    plain = KnownFailure(MUST, "ticket 2", "known.yaml:4", endpoint="chat", mode="plain")
    assert verdict(catalog, [both], PLACED).code == Exit.UNMET
    assert verdict(catalog, [both], PLACED, plain).code == Exit.CONFORMS
    assert verdict(catalog, [both], KIND).code == Exit.UNMET


@pytest.mark.parametrize(
    ("got", "kind"),
    [
        ("absent", "absent"),
        ("null", "null"),
        ("true", "boolean"),
        ("1.5", "number"),
        ('"x"', "text"),
        ("[1]", "list"),
        ("{}", "object"),
        ('{"a": …', "object"),
        ("two words", "other"),
        ("[" * 1000, "list"),
    ],
)
def test_kind_of_what_came(got: str, kind: str) -> None:
    assert kind_of_value(got) == kind


def test_status_is_a_kind_too() -> None:
    assert [is_of_kind("503", kind) for kind in ("503", "5xx", "number", "4xx", "500")] == [True, True, True, False, False]
    assert not is_of_kind("5031", "5xx")


def test_list_names_endpoint_and_mode_and_the_kind_that_always_came(catalog: Catalog) -> None:
    cases = list(catalog.cases)[:4]
    text = written(catalog, [*(at(case, STREAM, got="absent") for case in cases[:3]), at(cases[3], CHAT, Outcome.PASS)])
    assert [line.strip(" -") for line in text.splitlines()[2:6]] == [
        f"requirement: {MUST}",
        "endpoint: chat",
        "mode: streamed",
        "got: absent",
    ]


def test_list_of_today_passes_tomorrow_when_other_cases_are_hit(catalog: Catalog, tmp_path: Path) -> None:
    one, two, three = list(catalog.cases)[:3]
    today = [at(one, STREAM), at(two, STREAM, Outcome.PASS), at(three, STREAM, Outcome.PASS)]
    tomorrow = [at(one, STREAM, Outcome.PASS), at(two, STREAM), at(three, STREAM, Outcome.PASS)]
    path = tmp_path / "known.yaml"
    path.write_text(with_reasons(written(catalog, today)), encoding="utf-8")
    known = read_known(path, catalog, TODAY)
    assert reach_verdict(catalog, tomorrow, {}, Scope(partial="some", known=known)).code == Exit.CONFORMS


def replaying(outcome: Outcome, asked: list[str]) -> Replay:
    def replay(cases: list[Case]) -> list[CaseResult]:
        asked.extend(case.id for case in cases)
        return [at(case.id, STREAM, outcome) for case in cases]

    return replay  # type: ignore[return-value]


@pytest.mark.parametrize(("again", "flaky"), [(Outcome.PASS, True), (Outcome.FAIL, False), (Outcome.BLOCKED, False)])
def test_what_passes_when_it_is_asked_again_is_flaky(catalog: Catalog, again: Outcome, flaky: bool) -> None:
    one, two, three, four = list(catalog.cases)[:4]
    results = [at(one, STREAM), at(two, STREAM, Outcome.PASS), at(three, LEGACY), at(four, LEGACY)]
    asked: list[str] = []
    text = written_for(catalog, results, [Outcome.FAIL], KnownFailures(), complete=True, replay=replaying(again, asked))
    assert set(asked) == {one}, "what fails everywhere is not asked again"
    assert ("accept: flaky" in text) is flaky


FLAKY = KnownFailure(MUST, "ticket 1", "known.yaml:3", accept=Accept.FLAKY)
OPEN = KnownFailure(MUST, "ticket 1", "known.yaml:3", accept=Accept.UNDECIDED)


def test_flaky_entry_is_not_stale_for_having_passed_and_is_kept(catalog: Catalog) -> None:
    assert verdict(catalog, [PASSES], FLAKY, partial="").stale == ()
    assert next(s.known for s in verdict(catalog, [FAILS], FLAKY).standings if s.requirement.id == MUST) == "flaky: ticket 1"
    assert "accept: flaky" in written(catalog, [PASSES], KnownFailures((FLAKY,), TODAY))
    expired = KnownFailure(MUST, "ticket 1", "known.yaml:3", until=date(2026, 11, 21), accept=Accept.FLAKY)
    assert "expired" in verdict(catalog, [PASSES], expired, partial="").stale[0]


def decided(catalog: Catalog, outcome: Outcome, *entries: KnownFailure) -> Verdict:
    """The verdict of a whole run in which one requirement is left to be decided, and all others are met."""
    results = [CaseResult(ONE, (), tuple(Finding(ONE, name, Outcome.PASS) for name in catalog.requirements if name != MUST))]
    return reach_verdict(catalog, [*results, result(TWO, usage_adds_up=outcome)], {}, Scope(known=KnownFailures(entries, TODAY)))


def test_undecided_can_be_accepted(catalog: Catalog) -> None:
    assert decided(catalog, Outcome.INCONCLUSIVE).code == Exit.INCOMPLETE
    assert decided(catalog, Outcome.INCONCLUSIVE, entry(MUST)).code == Exit.INCOMPLETE
    found = decided(catalog, Outcome.INCONCLUSIVE, OPEN)
    assert (found.code, found.stale) == (Exit.CONFORMS, ())
    assert found.sentence.endswith("is met, but for 1 accepted as undecided")


def test_undecided_entry_accepts_no_failure_and_goes_once_it_is_decided(catalog: Catalog) -> None:
    assert decided(catalog, Outcome.FAIL, OPEN).code == Exit.UNMET
    assert decided(catalog, Outcome.PASS, OPEN).stale == (f"known.yaml:3: {MUST} is decided now: delete it",)


def test_undecided_is_written_and_read(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    text = written_for(catalog, [UNDECIDED], [Outcome.FAIL], KnownFailures(), complete=True, undecided=[MUST])
    path.write_text(with_reasons(text), encoding="utf-8")
    assert [(e.requirement, e.accept) for e in read_known(path, catalog, TODAY).entries] == [(MUST, Accept.UNDECIDED)]


def test_list_by_case_is_rewritten_by_endpoint_and_mode(catalog: Catalog, tmp_path: Path) -> None:
    old = tmp_path / "known.yaml"
    cases = "{failure: 'chat-stream/basics/%s:chat-stream.one-created', reason: ticket 12}"
    old.write_text("known-failures:\n" + "".join(f"  - {cases % name}\n" for name in ("short-reply", "long-reply")), encoding="utf-8")
    entries = rewritten(read_known(old, catalog, TODAY), catalog)
    assert [(e.requirement, e.endpoint, e.mode) for e in entries] == [("chat-stream.one-created", "chat", "streamed")]
    assert main(["known-failures", "rewrite", str(old)]) == Exit.CONFORMS
    assert read_known(old, catalog, TODAY).entries[0].key == entries[0].key


def test_rewritten_list_has_the_reasons_and_the_earlier_day(catalog: Catalog) -> None:
    listed = KnownFailures((entry(f"{ONE}:{MUST}", date(2027, 1, 31)), KnownFailure(MUST, "ticket 2", "known.yaml:5", TWO)), TODAY)
    text = as_text(rewritten(listed, catalog))
    assert '"ticket 1; ticket 2"' in text
    assert text.count("until: 2027-01-31") == text.count("requirement:") == 1
