"""A list of known failures: what it accepts, what has to go from it, and what is wrong with it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.judging.known_failures import UNSAID, KnownError, KnownFailure, KnownFailures, read_known, written
from harness.judging.verdict import Exit, Scope, Verdict, reach_verdict
from harness.model import CaseResult, Finding, Outcome, Problem

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
        "expired on 2026-11-21: it does not fail any more, delete it",
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


WRONG = {
    "known-failures: 1": "known.yaml:1: /known-failures: expected array, got 1",
    "known-failures:\n  - failure: usage.adds-up": "known.yaml:2: /known-failures/0/reason: expected present, got absent",
    "known-failures:\n  - {failure: usage.adds-ups, reason: ticket 12}": (
        "known.yaml:2: there is no requirement 'usage.adds-ups' (is it 'usage.adds-up'?): mend it or delete the entry"
    ),
    "known-failures:\n  - {failure: 'chat/basics/short:usage.adds-up', reason: ticket 12}": "there is no case 'chat/basics/short'",
    "known-failures:\n  - {failure: usage.adds-up, reason: ticket 12, until: 2026-02-30}": "known.yaml:2: until: there is no day",
    "known-failures:\n  - {failure: usage.adds-up, reason: ticket 12}\n  - {failure: usage.adds-up, reason: ticket 12}": (
        "known.yaml:3: usage.adds-up is listed twice: delete one"
    ),
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


def test_what_is_written_is_read_and_accepts_the_run(catalog: Catalog, tmp_path: Path) -> None:
    results = [
        result(ONE, usage_adds_up=Outcome.FAIL, chat_stream_ends_with_done=Outcome.FAIL),
        result(TWO, usage_adds_up=Outcome.FAIL, chat_stream_ends_with_done=Outcome.PASS),
    ]
    text = written(results, [Outcome.FAIL], KnownFailures(), complete=True)
    assert [line for line in text.splitlines() if "failure:" in line] == [f"  - failure: {ONE}:{OTHER}", f"  - failure: {MUST}"]
    path = tmp_path / "known.yaml"
    path.write_text(text, encoding="utf-8")
    ledger = read_known(path, catalog, TODAY)
    assert {entry.reason for entry in ledger.entries} == {UNSAID}
    found = reach_verdict(catalog, results, {}, Scope(partial="some cases", known=ledger))
    assert (found.code, found.stale) == (Exit.CONFORMS, ())


def test_reasons_and_dates_are_kept_and_what_healed_goes(catalog: Catalog) -> None:
    before = KnownFailures((entry(f"{ONE}:{MUST}", date(2027, 1, 31)), entry(OTHER)), TODAY)
    text = written([FAILS], [Outcome.FAIL], before, complete=True)
    assert text.splitlines()[1:] == ["known-failures:", f"  - failure: {ONE}:{MUST}", '    reason: "ticket 1"', "    until: 2027-01-31"]


def test_list_of_a_run_without_failures_is_empty_and_can_be_read(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(written([PASSES], [Outcome.FAIL], KnownFailures(), complete=True), encoding="utf-8")
    assert read_known(path, catalog, TODAY).entries == ()


def test_part_of_the_suite_takes_nothing_from_the_list_that_it_did_not_try() -> None:
    before = KnownFailures((entry(f"{TWO}:{MUST}"), entry(OTHER), entry(f"{ONE}:{MUST}")), TODAY)
    results = [PASSES, result("chat/limits/stop-string", usage_adds_up=Outcome.FAIL), result("chat/text/emoji", usage_adds_up=Outcome.FAIL)]
    names = [
        line.split("failure: ")[1] for line in written(results, [Outcome.FAIL], before, complete=False).splitlines() if "failure:" in line
    ]
    assert names == [f"chat/limits/stop-string:{MUST}", f"chat/text/emoji:{MUST}", f"{TWO}:{MUST}", OTHER]


def test_where_all_fail_only_a_whole_run_names_the_requirement_alone() -> None:
    results = [result(ONE, usage_adds_up=Outcome.FAIL), result(TWO, usage_adds_up=Outcome.FAIL)]
    assert f"failure: {MUST}\n" in written(results, [Outcome.FAIL], KnownFailures(), complete=True)
    assert f"failure: {MUST}\n" not in written(results, [Outcome.FAIL], KnownFailures(), complete=False)
