"""Comparisons of two runs, case by case, and of many runs side by side."""

from __future__ import annotations

import pytest

from harness.catalog import Catalog
from harness.judging.verdict import Scope
from harness.model import CaseResult, Finding, Outcome, Problem
from harness.records.report import Judged
from harness.reporting.comparison import Change, Comparison, compare, labels, matrix
from tests.records import as_run

MUST, SHOULD, MAY = "usage.adds-up", "usage.prompt-counted", "chat.refusal-present"
PROBLEM = (Problem("somewhere", "this", "that"),)


def run(catalog: Catalog, *findings: tuple[str, str, Outcome]) -> Judged:
    """A run with these findings: case, requirement, outcome."""
    made = [Finding(case, name, outcome, PROBLEM if outcome in (Outcome.FAIL, Outcome.WARN) else ()) for case, name, outcome in findings]
    results = tuple(CaseResult(case, (), tuple(f for f in made if f.case == case)) for case in dict.fromkeys(f.case for f in made))
    return as_run(catalog, results, Scope(partial="some cases"))


def parts(found: Comparison) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    def told(changes: tuple[Change, ...]) -> list[tuple[str, tuple[str, ...]]]:
        return [(change.requirement.id, change.cases) for change in changes]

    named = {"broke": found.broke, "healed": found.healed, "new": found.new, "still": found.still, "lost": found.lost}
    return {name: told(changes) for name, changes in named.items() if changes}


@pytest.mark.parametrize(
    ("before", "now", "part"),
    [
        (Outcome.PASS, Outcome.FAIL, "broke"),
        (Outcome.PASS, Outcome.ERROR, "broke"),
        (Outcome.FAIL, Outcome.PASS, "healed"),
        (Outcome.FAIL, Outcome.FAIL, "still"),
        (Outcome.INCONCLUSIVE, Outcome.FAIL, "new"),
        (Outcome.FAIL, Outcome.INCONCLUSIVE, "lost"),
        (Outcome.PASS, Outcome.INCONCLUSIVE, "lost"),
        (Outcome.PASS, Outcome.PASS, None),
        (Outcome.INCONCLUSIVE, Outcome.PASS, None),
    ],
)
def test_what_became_of_a_requirement_in_a_case(catalog: Catalog, before: Outcome, now: Outcome, part: str | None) -> None:
    found = compare(run(catalog, ("a", MUST, before)), run(catalog, ("a", MUST, now)))
    assert parts(found) == ({part: [(MUST, ("a",))]} if part else {})


def test_a_second_case_that_fails_is_seen(catalog: Catalog) -> None:
    before = run(catalog, ("a", MUST, Outcome.FAIL), ("b", MUST, Outcome.PASS))
    now = run(catalog, ("a", MUST, Outcome.FAIL), ("b", MUST, Outcome.FAIL))
    assert parts(compare(before, now)) == {"broke": [(MUST, ("b",))], "still": [(MUST, ("a",))]}


def test_a_case_that_is_new_or_gone(catalog: Catalog) -> None:
    one, two = run(catalog, ("a", MUST, Outcome.PASS)), run(catalog, ("b", MUST, Outcome.FAIL))
    assert parts(compare(one, two)) == {"new": [(MUST, ("b",))], "lost": [(MUST, ("a",))]}


def test_what_is_only_noted_is_not_compared(catalog: Catalog) -> None:
    assert parts(compare(run(catalog, ("a", MAY, Outcome.PASS)), run(catalog, ("a", MAY, Outcome.NOTE)))) == {}


def test_must_comes_before_should(catalog: Catalog) -> None:
    before = run(catalog, ("a", SHOULD, Outcome.PASS), ("a", MUST, Outcome.PASS))
    now = run(catalog, ("a", SHOULD, Outcome.WARN), ("a", MUST, Outcome.FAIL))
    assert [change.requirement.id for change in compare(before, now).broke] == [MUST, SHOULD]


def test_matrix_has_the_worst_first_and_leaves_out_what_all_meet(catalog: Catalog) -> None:
    runs = [
        run(catalog, ("a", SHOULD, Outcome.WARN), ("a", MUST, Outcome.PASS), ("a", "sse.utf8", Outcome.FAIL)),
        run(catalog, ("a", SHOULD, Outcome.WARN), ("a", MUST, Outcome.FAIL), ("a", "sse.utf8", Outcome.FAIL)),
    ]
    assert [(row.requirement.id, row.missed) for row in matrix(runs)] == [("sse.utf8", 2), (MUST, 1), (SHOULD, 2)]
    assert matrix([run(catalog, ("a", MUST, Outcome.PASS))]) == []


def test_no_two_runs_have_the_same_label(catalog: Catalog) -> None:
    one = run(catalog, ("a", MUST, Outcome.PASS))
    assert labels([one, one]) == ["reference.test/v1 · reference", "reference.test/v1 · reference #2"]
