"""From findings to one sentence and one exit code."""

from __future__ import annotations

from dataclasses import replace

from harness.catalog import Catalog
from harness.judging.client_calls import ClientCallJudge
from harness.judging.judgement import decide
from harness.judging.verdict import Exit, Scope, Verdict, reach_verdict
from harness.model import Blame, CaseResult, ClientOutcome, Finding, Level, Outcome, Problem

PROBLEM = (Problem("somewhere", "this", "that"),)
A_MUST, A_SHOULD, A_MAY = "usage.adds-up", "usage.prompt-counted", "chat.refusal-present"


def verdict(catalog: Catalog, *findings: tuple[str, Outcome], **how: object) -> Verdict:
    """The verdict on a run of one case whose every requirement passes but for the given findings."""
    given = dict(findings)
    testable = [r for r in catalog.requirements.values() if r.untestable is None]
    made = tuple(
        Finding("a/b/c", r.id, given.get(r.id, Outcome.PASS), PROBLEM if given.get(r.id) in (Outcome.FAIL, Outcome.WARN) else ())
        for r in testable
        if given.get(r.id) is not Outcome.NOT_APPLICABLE
    )
    return reach_verdict(catalog, [CaseResult("a/b/c", (), made)], {}, Scope(**how))  # type: ignore[arg-type]


def test_decision_table() -> None:
    assert [decide(level, PROBLEM) for level in Level] == [Outcome.FAIL, Outcome.WARN, Outcome.NOTE]
    assert [decide(level, ()) for level in Level] == [Outcome.PASS, Outcome.PASS, Outcome.NOTE]


def test_outcomes_are_ranked_from_harmless_to_grave() -> None:
    ranked = sorted(Outcome, key=lambda outcome: outcome.rank)
    assert ranked[0] is Outcome.PASS
    assert ranked[-3:] == [Outcome.WARN, Outcome.FAIL, Outcome.ERROR]
    both = (Finding("c", "a", Outcome.WARN, PROBLEM), Finding("c", "b", Outcome.FAIL, PROBLEM))
    assert CaseResult("c", (), both).outcome is Outcome.FAIL


def test_conforms(catalog: Catalog) -> None:
    found = verdict(catalog)
    assert (found.code, found.sentence) == (Exit.CONFORMS, "conforms: every MUST requirement that was judged is met")


def test_unmet_must_fails(catalog: Catalog) -> None:
    found = verdict(catalog, (A_MUST, Outcome.FAIL))
    assert (found.code, found.sentence) == (Exit.UNMET, "not conformant: 1 MUST requirement is not met")


def test_unmet_should_fails_only_when_asked(catalog: Catalog) -> None:
    assert verdict(catalog, (A_SHOULD, Outcome.WARN)).code == Exit.CONFORMS
    found = verdict(catalog, (A_MUST, Outcome.FAIL), (A_SHOULD, Outcome.WARN), fail_on=Level.SHOULD)
    assert (found.code, found.sentence) == (Exit.UNMET, "not conformant: 1 MUST and 1 SHOULD requirements are not met")


def test_undecided_must_is_incomplete(catalog: Catalog) -> None:
    found = verdict(catalog, (A_MUST, Outcome.INCONCLUSIVE))
    assert (found.code, found.sentence) == (Exit.INCOMPLETE, "incomplete: 1 MUST requirement is not decided")
    assert verdict(catalog, (A_MUST, Outcome.NOT_APPLICABLE)).code == Exit.INCOMPLETE
    assert verdict(catalog, (A_SHOULD, Outcome.INCONCLUSIVE)).code == Exit.CONFORMS
    assert verdict(catalog, (A_MAY, Outcome.INCONCLUSIVE), fail_on=Level.SHOULD).code == Exit.CONFORMS


def test_undecided_case_is_no_matter_when_another_decides(catalog: Catalog) -> None:
    one = Finding("a", A_MUST, Outcome.INCONCLUSIVE, reason="the model did not")
    other = Finding("b", A_MUST, Outcome.PASS)
    found = reach_verdict(catalog, [CaseResult("a", (), (one,)), CaseResult("b", (), (other,))], {}, Scope(partial="2 of 9 cases"))
    assert found.code == Exit.CONFORMS


def test_part_of_the_suite_says_so(catalog: Catalog) -> None:
    found = reach_verdict(catalog, [CaseResult("a", (), (Finding("a", A_MUST, Outcome.PASS),))], {}, Scope(partial="1 of 77 cases"))
    assert found.sentence == "conforms: in this part of the suite (1 of 77 cases) every MUST requirement that was judged is met"


def test_no_answer_is_incomplete(catalog: Catalog) -> None:
    found = verdict(catalog, ("http.reply-is-whole", Outcome.ERROR))
    assert (found.code, found.sentence) == (Exit.INCOMPLETE, "incomplete: the endpoint gave no answer in 1 case")


def test_our_own_fault(catalog: Catalog) -> None:
    ours = Finding("a", "http.reply-is-whole", Outcome.ERROR, PROBLEM, reason="our own request failed", fault=Blame.OURS)
    assert reach_verdict(catalog, [CaseResult("a", (), (ours,))], {}).code == Exit.OUR_FAULT


def test_nothing_judged(catalog: Catalog) -> None:
    assert reach_verdict(catalog, [], {}, Scope(partial="0 of 77 cases")).code == Exit.NOTHING_JUDGED


def test_interrupted(catalog: Catalog) -> None:
    found = verdict(catalog, (A_MUST, Outcome.FAIL), interrupted=True)
    assert found.code == Exit.INTERRUPTED
    assert found.sentence == "not conformant: 1 MUST requirement is not met; the run was interrupted"
    assert verdict(catalog, interrupted=True).sentence == "incomplete: the run was interrupted"


def test_absent_feature_does_not_apply(catalog: Catalog) -> None:
    found = reach_verdict(catalog, [], {"models": "GET /models was answered with 404"}, Scope(partial="x"))
    standing = next(s for s in found.standings if s.requirement.id == "models.list-shape")
    assert (standing.outcome, standing.reason) == (Outcome.NOT_APPLICABLE, "not offered: GET /models was answered with 404")


def test_each_rule_speaks_only_where_no_earlier_one_does(catalog: Catalog) -> None:
    """A run in which everything is wrong at once; then the gravest thing is mended, one after the other."""
    wrong = {
        "not conformant": Finding("c", A_MUST, Outcome.FAIL, PROBLEM),
        "no verdict": Finding("c", "sse.utf8", Outcome.ERROR, reason="x", fault=Blame.OURS),
        "incomplete: the endpoint gave no answer": Finding("c", "http.reply-is-whole", Outcome.ERROR, reason="x", fault=Blame.THEIRS),
        "incomplete: 1 MUST requirement is not decided": Finding("c", "chat.object-shape", Outcome.INCONCLUSIVE),
    }
    for begins in list(wrong):
        met = [Finding("c", r.id, Outcome.PASS) for r in catalog.requirements.values() if r.untestable is None]
        found = [finding for finding in met if finding.requirement not in {one.requirement for one in wrong.values()}]
        verdict_then = reach_verdict(catalog, [CaseResult("c", (), (*found, *wrong.values()))], {})
        assert verdict_then.sentence.startswith(begins)
        wrong[begins] = replace(wrong[begins], outcome=Outcome.PASS, problems=(), fault=None)


def test_client_that_sends_nothing_hides_no_unmet_requirement(catalog: Catalog) -> None:
    call = next(iter(catalog.calls.values()))
    silent = ClientCallJudge(catalog).findings(call, [], ClientOutcome("openai-go 3.1", raised="Panic"))
    assert [finding.is_ours for finding in silent] == [True]
    unmet = CaseResult("c", (), (Finding("c", A_MUST, Outcome.FAIL, PROBLEM),))
    found = reach_verdict(catalog, [unmet, CaseResult(call.id, (), silent)], {}, Scope(partial="some"))
    assert found.code is Exit.UNMET
    assert found.sentence.endswith("1 MUST requirement is not met; also, 1 error of our own")
    alone = reach_verdict(catalog, [CaseResult(call.id, (), silent)], {}, Scope(partial="some"))
    assert alone.code is Exit.OUR_FAULT


LEADER, FOLLOWER = "errors.envelope", "errors.unknown-url-envelope"


def envelopes(*outcomes: tuple[Outcome, Outcome]) -> list[CaseResult]:
    """A result for each pair of outcomes, of the rule that leads and of the one that follows."""

    def finding(case: str, name: str, outcome: Outcome) -> Finding:
        return Finding(case, name, outcome, PROBLEM if outcome in (Outcome.FAIL, Outcome.WARN) else ())

    return [
        CaseResult(f"errors/x/{n}", (), (finding(f"errors/x/{n}", LEADER, one), finding(f"errors/x/{n}", FOLLOWER, other)))
        for n, (one, other) in enumerate(outcomes)
    ]


def test_one_cause_over_several_cases_is_one_finding(catalog: Catalog) -> None:
    everywhere = envelopes((Outcome.FAIL, Outcome.WARN), (Outcome.FAIL, Outcome.WARN))
    standing = {s.requirement.id: s for s in reach_verdict(catalog, everywhere, {}, Scope(partial="a part")).standings}
    assert (standing[LEADER].outcome, standing[FOLLOWER].outcome) == (Outcome.FAIL, Outcome.NOT_APPLICABLE)
    assert standing[FOLLOWER].reason == "follows from errors.envelope, which none of its 2 cases met"


def test_what_is_met_somewhere_hides_nothing(catalog: Catalog) -> None:
    for results in (
        envelopes((Outcome.FAIL, Outcome.WARN), (Outcome.PASS, Outcome.WARN)),
        envelopes((Outcome.FAIL, Outcome.WARN)),  # once is no habit
        envelopes((Outcome.INCONCLUSIVE, Outcome.WARN), (Outcome.INCONCLUSIVE, Outcome.WARN)),
    ):
        standing = {s.requirement.id: s for s in reach_verdict(catalog, results, {}, Scope(partial="a part")).standings}
        assert standing[FOLLOWER].outcome is Outcome.WARN


def test_where_warnings_fail_each_is_seen(catalog: Catalog) -> None:
    everywhere = envelopes((Outcome.FAIL, Outcome.WARN), (Outcome.FAIL, Outcome.WARN))
    found = reach_verdict(catalog, everywhere, {}, Scope(Level.SHOULD, "a part"))
    assert {s.requirement.id for s in found.failing} == {LEADER, FOLLOWER}


def test_a_must_never_follows_and_nothing_follows_what_is_weaker(catalog: Catalog) -> None:
    pairs = [(r, catalog.requirements[name]) for r in catalog.requirements.values() for name in r.follows]
    assert pairs
    assert all(r.level is not Level.MUST for r, _ in pairs)
