"""Judging a run again from its record gives the same verdict; changes since the run are reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import pytest

from harness.catalog import Catalog
from harness.judging.verdict import Exit
from harness.model import CaseResult, Data, Exchange, Finding, Level, Outcome, Request, RunRecord
from harness.records.rejudge import judge_again, steps_of
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.exchange import ServerReply
from tests.inprocess import SUBJECT, Judged, judge
from tests.mutants import MUTANTS
from tests.records import FOOTER, HEADER


def without(*paths: str) -> Answer:
    """The reference without some of its endpoints."""
    return lambda asked: ServerReply(404, body={"detail": "Not Found"}) if asked.path.startswith(paths) else answer(asked)


RUNS: dict[str, Answer] = {
    "faultless": answer,
    "stream-without-done": next(mutant for mutant in MUTANTS if mutant.name == "stream-without-done"),
    "nothing but chat": without("/completions", "/embeddings", "/responses", "/conversations"),
}


def record_of(results: Sequence[CaseResult], absent: dict[str, str], subject: Data = None, **footer: Data) -> RunRecord:
    """Results as a record of a run."""
    header = {**HEADER, "subject": subject or asdict(SUBJECT)}
    return RunRecord(header, tuple(results), {**FOOTER, "absent": absent, **footer})


@pytest.fixture(scope="module", params=RUNS)
def played(request: pytest.FixtureRequest, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Judged:
    """A whole run."""
    return loop.run_until_complete(judge(catalog, RUNS[request.param]))


@pytest.fixture(scope="module")
def some(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Callable[..., Judged]:
    """A function that plays some cases."""
    return lambda *cases: loop.run_until_complete(judge(catalog, cases=cases))


def forgotten(result: CaseResult) -> CaseResult:
    """A result without what was found of its exchanges."""
    judged = any(finding.outcome is not Outcome.NOT_APPLICABLE for finding in result.findings) and result.exchanges
    return replace(result, findings=(Finding(result.case, "http.json-at-once", Outcome.NOTE),)) if judged else result


def test_same_exchanges_come_to_the_same_verdict(played: Judged) -> None:
    again = judge_again(record_of([forgotten(result) for result in played.results], dict(played.verdict.absent)))
    assert again.record.results == played.results
    assert again.verdict == played.verdict
    assert again.subject.remarks == ()


def test_run_that_was_cut_off_is_judged_as_far_as_it_came(played: Judged) -> None:
    cut = replace(record_of(played.results[:-20], {}), footer=None)
    again = judge_again(cut)
    assert again.record.results == played.results[:-20]
    assert again.verdict.code is Exit.INTERRUPTED
    assert again.subject.remarks == ("20 cases that exist today were not part of this run",)
    assert dict(again.verdict.absent) == dict(played.verdict.absent)


def test_case_that_is_asked_otherwise_today_decides_nothing_more(some: Callable[..., Judged], catalog: Catalog) -> None:
    (result,) = some("chat/limits/stop-string").results
    (exchange,) = result.exchanges
    other = replace(exchange, request=replace(exchange.request, body=exchange.request.body.replace(b'"stop":', b'"stop_":')))
    again = judge_again(record_of([replace(result, exchanges=(other,))], {}))
    assert any("1 cases send other requests today" in remark for remark in again.subject.remarks)
    expected = {expectation.requirement for expectation in catalog.cases[result.case].expect}
    found = {finding.requirement for finding in again.record.results[0].findings}
    assert expected - found
    assert "chat.object-shape" in found


def test_case_that_is_gone_is_told(some: Callable[..., Judged]) -> None:
    (result,) = some("chat/limits/stop-string").results
    again = judge_again(record_of([result, replace(result, case="chat/no/such")], {}))
    assert [one.case for one in again.record.results] == [result.case]
    assert "1 of the record's cases no longer exist" in again.subject.remarks


def test_another_profile_or_level_may_be_asked_for(some: Callable[..., Judged]) -> None:
    record = record_of(some("chat/limits/stop-string").results, {})
    assert judge_again(record, fail_on=Level.SHOULD).scope.fail_on is Level.SHOULD
    assert judge_again(record).scope.fail_on is Level.MUST
    assert judge_again(record, profile="openai").subject.profile == "openai"


def test_what_was_selected_alone_counts_again(some: Callable[..., Judged]) -> None:
    record = record_of(some("chat/limits/stop-string").results, {})
    header = {**record.header, "selected": {"areas": [], "requirements": ["chat.object-shape"]}}
    again = judge_again(replace(record, header=header))
    assert [finding.requirement for result in again.record.results for finding in result.findings] == ["chat.object-shape"]


def test_property_keeps_what_only_its_examples_decided(some: Callable[..., Judged], catalog: Catalog) -> None:
    (result,) = some("chat/limits/stop-string").results
    prop = next(prop for prop in catalog.properties.values() if prop.endpoint == "chat" and prop.expect)
    decided = Finding(prop.id, prop.expect[0].requirement, Outcome.FAIL, reason="the smallest of 50 examples")
    general = Finding(prop.id, "chat.object-shape", Outcome.FAIL)
    again = judge_again(record_of([CaseResult(prop.id, result.exchanges, (decided, general))], {}))
    findings = {finding.requirement: finding for finding in again.record.results[0].findings}
    assert findings[decided.requirement] == decided
    assert findings["chat.object-shape"].outcome is Outcome.PASS


def test_exchanges_go_to_the_steps_that_sent_them(catalog: Catalog) -> None:
    case = next(case for case in catalog.cases.values() if any(step.until for step in case.steps))
    position = next(number for number, step in enumerate(case.steps) if step.until)
    until = case.steps[position].until
    assert until is not None
    bodies = [b"{}"] * position + [b'{"status":"queued"}', b'{"status":"queued"}', b'{"status":"completed"}']
    bodies += [b"{}"] * (len(case.steps) - position - 1)
    sent = [Exchange(str(n), Request("response", "GET", "/", (), b""), 200, body=body) for n, body in enumerate(bodies)]
    names = [step.id for step in case.steps]
    waited = f"{names[position]}~1", f"{names[position]}~2"
    assert list(steps_of(case, sent) or ()) == [*names[:position], *waited, *names[position:]]
    assert steps_of(case, [*sent, sent[0]]) is None
    assert list(steps_of(case, sent[:1]) or ()) == names[:1] if position else waited[:1]
