"""What a blocked team reads first: each unmet requirement once, from its plainest case, and no second cause behind the first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.judging.requirement_result import RequirementResult
from harness.judging.verdict import Scope, reach_verdict
from harness.model import CaseResult, Exchange, Finding, Outcome, Problem, Request
from harness.reporting import terminal
from harness.reporting.causes import causes_of
from harness.reporting.unmet import MOST_LINES, block
from tests.inprocess import SUBJECT

REQUIREMENT = "chat-stream.ends-with-done"


def result(catalog: Catalog, case: str, got: str, body: bytes = b"{}", requirement: str = REQUIREMENT, requests: int = 1) -> CaseResult:
    """A case that missed a requirement."""
    exchanges = tuple(
        Exchange(f"{case}#{number}", Request("chat", "POST", "/chat/completions", (), body), 200) for number in range(1, requests + 1)
    )
    problem = Problem("event 9", "data: [DONE]", got)
    finding = Finding(case, requirement, Outcome.FAIL, (problem,), tuple(exchange.id for exchange in exchanges))
    return CaseResult(case, exchanges, (finding,))


def standing(catalog: Catalog, results: list[CaseResult]) -> RequirementResult:
    """What the requirement comes to."""
    return next(s for s in reach_verdict(catalog, results, {}).standings if s.requirement.id == REQUIREMENT)


@pytest.fixture
def cases(catalog: Catalog) -> list[str]:
    """Some cases, by name."""
    return [case for case in catalog.cases if case.startswith("chat-stream/")]


def test_example_is_the_plainest_case(catalog: Catalog, cases: list[str]) -> None:
    results = [
        result(catalog, cases[0], "data: 1", requests=2),
        result(catalog, cases[1], "data: 2", b"x" * 500),
        result(catalog, cases[2], "data: 3", b"x" * 40),
        result(catalog, cases[3], "data: 4", b"x" * 90),
    ]
    (cause,) = causes_of(standing(catalog, results), {one.case: one for one in results})
    assert cause.finding.case == cases[2]
    assert cause.others == tuple(sorted([cases[0], cases[1], cases[3]]))


def test_example_is_no_request_that_may_as_well_be_refused(catalog: Catalog, cases: list[str]) -> None:
    odd, plain = result(catalog, cases[0], "data: 1", b"{}"), result(catalog, cases[1], "data: 2", b"x" * 50)
    odd = replace(odd, exchanges=tuple(replace(one, request=replace(one.request, wants="either")) for one in odd.exchanges))
    (cause,) = causes_of(standing(catalog, [odd, plain]), {one.case: one for one in (odd, plain)})
    assert cause.finding.case == cases[1]


@pytest.mark.parametrize(
    ("got", "causes"),
    [
        (["call_a1b2", "call_c3d4", "call_e5f6"], 1),
        (["404: {}", "404: not found", "500: {}"], 2),
        (["Hello.", "Hi there.", "Good day.", "Yes."], 1),
        (["Hello.", "absent", "[]"], 3),
    ],
)
def test_ids_bodies_and_texts_do_not_tell_causes_apart(catalog: Catalog, cases: list[str], got: list[str], causes: int) -> None:
    results = [result(catalog, case, one) for case, one in zip(cases, got, strict=False)]
    assert len(causes_of(standing(catalog, results), {one.case: one for one in results})) == causes


def test_inconclusive_cases_are_named_with_the_reason(catalog: Catalog, cases: list[str]) -> None:
    silent = [
        CaseResult(case, (), (Finding(case, REQUIREMENT, Outcome.INCONCLUSIVE, reason="the reply has no text"),)) for case in cases[:6]
    ]
    lines = [*terminal.summary(catalog, SUBJECT, reach_verdict(catalog, silent, {}), silent)]
    assert f"  ? inconclusive: the reply has no text: {', '.join(cases[:4])} and 2 more" in lines


def test_second_cause_does_not_hide_behind_the_first(catalog: Catalog, cases: list[str]) -> None:
    results = [result(catalog, case, f'data: "{case}" ({number} characters)') for number, case in enumerate(cases[:5])]
    results.append(result(catalog, cases[5], "absent"))
    found = standing(catalog, results)
    first, second = causes_of(found, {one.case: one for one in results})
    assert len(first.others) == 4
    assert second.finding.case == cases[5]
    lines = block(catalog, SUBJECT, found, {one.case: one for one in results})
    assert len(lines) <= MOST_LINES
    assert lines[0] == f"✗ {REQUIREMENT}  MUST  not met in all 6 cases"
    assert lines[1].strip() == catalog.requirements[REQUIREMENT].says
    assert any(line.strip().startswith("besides") and "got absent" in line for line in lines)


def test_eleven_unmet_requirements_fit_on_a_few_screens(catalog: Catalog, cases: list[str]) -> None:
    musts = [r.id for r in catalog.requirements.values() if r.level == "must" and r.untestable is None][:11]
    results = [
        replace(one, findings=tuple(replace(one.findings[0], requirement=name) for name in musts))
        for one in (result(catalog, case, "data: 1") for case in cases)
    ]
    verdict = reach_verdict(catalog, results, {}, Scope(partial="some cases"))
    assert len(list(terminal.summary(catalog, SUBJECT, verdict, results))) <= 200
    single = reach_verdict(catalog, results[:1], {})
    assert sum(line.startswith("✗ ") for line in terminal.summary(catalog, SUBJECT, single, results[:1])) == 11


def test_warnings_take_a_line_each(catalog: Catalog, cases: list[str]) -> None:
    should = next(r for r in catalog.requirements.values() if r.level == "should" and r.untestable is None)
    one = result(catalog, cases[0], "absent", requirement=should.id)
    one = replace(one, findings=(replace(one.findings[0], outcome=Outcome.WARN),))
    verdict = reach_verdict(catalog, [one], {})
    lines = list(terminal.summary(catalog, SUBJECT, verdict, [one]))
    assert [line for line in lines if should.id in line] == [f"! {should.id}  SHOULD  not met in its only case  {should.says}"]
    assert any(line.startswith("  reproduce") for line in terminal.summary(catalog, SUBJECT, verdict, [one], verbose=True))
