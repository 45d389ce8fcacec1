"""An exception in our own code costs one requirement its verdict in one case, is reported by name, and hides nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.catalog import Catalog, settings
from harness.checks import CHECKS, Reply
from harness.checks.registry import Check
from harness.checks.reply import DEEPEST, LARGEST, TOO_DEEP, parse_json
from harness.judging import ClientCallJudge, Exit, Judge, Scope, reach_verdict
from harness.model import Blame, Call, CaseResult, ClientOutcome, Exchange, Finding, Level, Outcome, Problem, Request
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from tests.inprocess import SUBJECT, Judged, judge
from tests.reply_fuzzing import fuzzed

SHORT = "chat/basics/short-reply"
EXAMPLES = 250
"""Damaged replies that this file judges; ``make proof`` judges many more."""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that makes a check raise."""

    def raising(*replies: Reply, **arguments: object) -> list[Problem] | None:
        raise KeyError("finish_reason")

    def make(name: str) -> None:
        known = CHECKS[name]
        changed = Check(known.name, raising, known.replies, known.arguments, known.required, known.wants_schemas)
        monkeypatch.setitem(CHECKS._all(), name, changed)  # type: ignore[attr-defined]

    return make


def short_reply(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Judged:
    return loop.run_until_complete(judge(catalog, cases=[SHORT]))


def test_check_that_raises_is_named_and_the_rest_is_judged(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, broken: Callable[[str], None]
) -> None:
    before = {f.requirement: f.outcome for f in short_reply(catalog, loop).results[0].findings}
    broken("usage_adds_up")
    found = short_reply(catalog, loop)
    after = {f.requirement: f for f in found.results[0].findings}
    assert after["usage.adds-up"].outcome is Outcome.ERROR
    assert "our own check usage_adds_up raised KeyError: 'finish_reason'" in after["usage.adds-up"].reason
    assert {name: f.outcome for name, f in after.items() if name != "usage.adds-up"} == {
        name: outcome for name, outcome in before.items() if name != "usage.adds-up"
    }
    assert found.verdict.code is Exit.OUR_FAULT
    assert found.verdict.sentence == "no verdict: 1 MUST requirement is not decided, because of 1 error of our own"


def test_our_error_hides_no_unmet_requirement(catalog: Catalog) -> None:
    reason = "our own check x raised KeyError: 'y'"
    problem = (Problem("/usage", "3", "4"),)
    findings = (
        Finding("c", "usage.adds-up", Outcome.FAIL, problem),
        Finding("c", "sse.utf8", Outcome.ERROR, reason=reason, fault=Blame.OURS),
    )
    found = reach_verdict(catalog, [CaseResult("c", (), findings)], {}, Scope(partial="some"))
    assert found.code is Exit.UNMET
    assert found.sentence.endswith("1 MUST requirement is not met; also, 1 error of our own")
    same = (findings[0], replace(findings[1], requirement="usage.adds-up"))
    both = [CaseResult("a", (), same[:1]), CaseResult("b", (), same[1:])]
    assert reach_verdict(catalog, both, {}, Scope(partial="some")).code is Exit.UNMET


def test_error_about_what_only_should_be_is_told_beside_the_verdict(catalog: Catalog) -> None:
    findings = (
        Finding("c", "usage.adds-up", Outcome.PASS),
        Finding("c", "usage.prompt-counted", Outcome.ERROR, reason="our own check x raised KeyError: 'y'", fault=Blame.OURS),
    )
    assert catalog.requirements["usage.prompt-counted"].level is Level.SHOULD
    found = reach_verdict(catalog, [CaseResult("c", (), findings)], {}, Scope(partial="some"))
    assert found.code is Exit.CONFORMS
    assert found.sentence.endswith("; also, 1 error of our own")


def test_what_one_step_misses_is_not_hidden_by_an_error_in_another(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same requirement is judged in each step of a case."""
    case = next(case for case in catalog.cases.values() if case.area == "chat" and len(case.steps) == 2 and not case.together)
    result = loop.run_until_complete(judge(catalog, cases=[case.id])).results[0]
    answers = iter([[Problem("/usage", "3", "4")], None])

    def checked(reply: Reply) -> list[Problem] | None:
        problems = next(answers)
        if problems is None:
            raise KeyError("x")
        return problems

    known = CHECKS["usage_adds_up"]
    monkeypatch.setitem(CHECKS._all(), "usage_adds_up", replace(known, function=checked))  # type: ignore[attr-defined]
    exchanges = dict(zip((step.id for step in case.steps), result.exchanges, strict=True))
    found = Judge(catalog, settings(SUBJECT)).case(case, exchanges, {})
    assert [f.outcome for f in found if f.requirement == "usage.adds-up"] == [Outcome.FAIL]


def test_check_of_a_client_that_raises_is_named(catalog: Catalog, broken: Callable[[str], None]) -> None:
    call = next(iter(catalog.calls.values()))
    asked = [r for r in catalog.requirements.values() if r.area == call.client.area]
    broken(str(asked[0].check))
    exchange = Exchange("x", Request("chat", "POST", "/chat/completions", (), b"{}", "success"), 200, (), b"{}")
    found = ClientCallJudge(catalog).findings(call, [exchange], ClientOutcome("c"))
    errors = [f for f in found if f.outcome is Outcome.ERROR]
    assert errors
    assert all("our own check" in f.reason and f.is_ours for f in errors)
    assert isinstance(call, Call)


def test_code_that_raises_costs_one_case(catalog: Catalog, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "chat/basics/system-message"
    real = Judge.case

    def case(self: Judge, case: object, *rest: object) -> tuple[Finding, ...]:
        if getattr(case, "id", "") == SHORT:
            raise ZeroDivisionError("division by zero")
        return real(self, case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Judge, "case", case)
    chosen = [name for name in catalog.cases if name.startswith("chat/basics/")]
    found = loop.run_until_complete(judge(catalog, cases=chosen))
    errors = {result.case for result in found.results if result.outcome is Outcome.ERROR}
    assert errors == {SHORT}, other
    assert "our own code raised ZeroDivisionError" in found.results[chosen.index(SHORT)].findings[0].reason


def test_no_check_raises_on_a_damaged_reply(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    """A bounded sample; ``python -m tests.reply_fuzzing`` judges as many as wanted."""
    first = {(case.area, case.id.split("/")[1]): case.id for case in reversed(list(catalog.cases.values()))}
    played = loop.run_until_complete(judge(catalog, cases=set(first.values()))).results
    raised = {
        (one.result.case, requirement): reason
        for one in fuzzed(catalog, played, seed=17, examples=EXAMPLES)
        for requirement, reason in one.raised.items()
    }
    assert raised == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9" * 299, int("9" * 299)),
        ("9" * 400, int(LARGEST)),
        ("-" + "9" * 5000, int(-LARGEST)),
        ("1e400", LARGEST),
        ("-1e999", -LARGEST),
        ("1e-999", 0.0),
        ('"\\ud800"', "\ud800"),
        ("[" * DEEPEST + "]" * DEEPEST, None),
    ],
    ids=lambda value: str(value)[:12],
)
def test_right_json_of_any_size_is_json(text: str, value: object) -> None:
    read = parse_json(text)
    assert read.error is None
    assert value is None or read.value == value
    json.dumps(read.value)


def test_brackets_in_strings_are_no_nesting() -> None:
    text = json.dumps(["[" * 500 + '"' + "{" * 500])
    assert parse_json(text).error is None
    assert parse_json("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)).error == TOO_DEEP


def test_json_too_deep_to_read_is_not_held_against_the_endpoint(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    deep = "[" * 900 + "]" * 900

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        if asked.path == "/chat/completions" and isinstance(reply.body, dict):
            return ServerReply(reply.status, reply.headers, f'{{"x":{deep}}}'.encode())
        return reply

    found = loop.run_until_complete(judge(catalog, respond, cases=[SHORT]))
    outcomes = {f.requirement: f.outcome for f in found.results[0].findings}
    assert outcomes["http.json-object"] is Outcome.INCONCLUSIVE
    assert not {Outcome.ERROR, Outcome.FAIL, Outcome.WARN} & set(outcomes.values())
