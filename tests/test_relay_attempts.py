"""A gateway's requests to its upstream for one client request, attempt by attempt, and which deviations are allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.checks.relay.reply import address_stays_behind, reply_arrives_whole
from harness.checks.reply import Reply
from harness.gateway.delays import added
from harness.model import Level, TransportFailure
from tests.relaying import judge, quick, stripped, unmet

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A faulty gateway leaves connections open when its server stops."""


def test_attempts_are_matched_when_headers_are_stripped_and_the_model_is_renamed(relays: Catalog) -> None:
    results, verdict = judge(relays, quick(relays, "relay-reply|relay-time/pace/fifty-plain"), ask=stripped)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    assert all(len(exchange.behind) == 1 for result in results for exchange in result.exchanges)


def test_retries_are_seen_as_attempts(relays: Catalog) -> None:
    results, verdict = judge(relays, quick(relays, "relay-time/attempts/(overloaded|reset)-once"), retries=1)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    assert "2 extra attempts at the upstream, for 2 of 2 requests" in list(added(results))
    for result in results:
        (exchange,) = result.exchanges
        assert [attempt.status for attempt in exchange.behind][-1] == 200
        assert len(exchange.behind) == 2
        assert exchange.status == 200
        assert [attempt.id for attempt in exchange.behind] == [f"{exchange.id}^upstream1", f"{exchange.id}^upstream2"]


def test_fallbacks_are_seen_as_attempts_where_they_went(relays: Catalog) -> None:
    """The second upstream is the same one under another path, as a gateway is configured to have two."""
    cases = quick(relays, "relay-time/attempts/|relay-reply/chat/whole")
    results, verdict = judge(relays, cases, fallback="/second/v1", ask=stripped)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    went = {result.case.rpartition("/")[2]: [a.request.path for a in result.exchanges[0].behind] for result in results}
    first, second = "/chat/completions", "/second/v1/chat/completions"
    assert went == {
        "whole": [first],
        "overloaded-once": [first, second],
        "reset-once": [first, second],
        "stream-reset-once": [first],
        "refused-for-good": [first],
    }
    assert "2 extra attempts at the upstream, for 2 of 5 requests" in list(added(results))


def test_fallback_may_follow_a_refusal_and_what_failed_before_its_first_chunk(relays: Catalog) -> None:
    """Another upstream may well take what one refused; and an error as the first event is no stream that had begun."""
    cases = quick(relays, "relay-time/attempts/refused|relay-failure/streams/error-first")
    results, verdict = judge(relays, cases, fallback="/second/v1", retry_on=lambda status: status == 400)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    assert [len(result.exchanges[0].behind) for result in results] == [1, 2]
    first, second = next(result for result in results if len(result.exchanges[0].behind) == 2).exchanges[0].behind
    assert (first.status, second.status) == (400, 400)


def test_fallback_that_repeats_a_begun_stream_is_caught(relays: Catalog) -> None:
    results, verdict = judge(relays, quick(relays, "relay-time/attempts/stream-reset"), fallback="/second/v1", begins_again=True)
    assert [attempt.request.path for attempt in results[0].exchanges[0].behind] == ["/chat/completions", "/second/v1/chat/completions"]
    assert "relay-time.begun-stream-not-repeated" in unmet(verdict, Level.SHOULD)


OPENING = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":null}]}\n\n'
)


def test_stream_opened_before_the_upstream_is_asked_is_no_repetition(relays: Catalog) -> None:
    """Its own first chunk is one too many; but what it then asks for is the first attempt, and who leaves early leaves before that."""
    cases = quick(relays, "relay-time/leaving|relay-stream/chat/whole")
    left = [replace(case, id="left-at-once", steps=(replace(case.steps[0], leave_after=1),)) for case in cases if "leaving" in case.id]
    results, verdict = judge(relays, [*cases, *left], opens_at_once=OPENING)
    found = {finding.requirement for result in results for finding in result.findings if finding.problems}
    assert "relay-stream.chunk-for-chunk" in found
    assert not [name for name in found if name.startswith(("relay-time", "relay-request"))]
    assert [s.requirement.id for s in verdict.standings if s.undecided and s.requirement.area == "relay-time" and s.findings] == []


def test_coding_that_nobody_asked_for_is_the_upstreams_own_fault(relays: Catalog) -> None:
    _, verdict = judge(
        relays, quick(relays, "relay-failure/broken/not-compressed|relay-reply/framing/gzip"), codings="identity", decodes=False
    )
    coding = next(s for s in verdict.standings if s.requirement.id == "relay-reply.coding-was-offered")
    assert (coding.judged, coding.missed) == (1, 0)


def test_stream_that_the_gateway_hangs_up_on_has_not_arrived_whole(relays: Catalog) -> None:
    """It is no fault of the upstream's that it could not give the rest; and no fault of the gateway's where the client left."""
    (exchange,) = judge(relays, quick(relays, "relay-stream/chat/whole"))[0][0].exchanges
    left = replace(exchange.behind[0], trouble=TransportFailure("left", ""), body=exchange.behind[0].body[:100])
    for kind, leave_after, told in (("cut", None, ["reply"]), ("stalled", None, None), ("cut", 10, None)):
        request = replace(exchange.request, leave_after=leave_after)
        changed = replace(exchange, request=request, trouble=TransportFailure(kind, ""), behind=(left,))
        problems = reply_arrives_whole(Reply(changed))
        assert (None if problems is None else [problem.where for problem in problems]) == told


def test_address_in_an_error_is_told_once(relays: Catalog) -> None:
    """What the body of an error shows is told by the rule for errors; the other one looks at headers, and at bodies of successes."""
    case = quick(relays, "relay-failure/statuses/400")[0]
    results, _ = judge(relays, [case])
    (exchange,) = results[0].exchanges
    host = dict(exchange.behind[0].request.headers)["host"]
    for status, told in ((400, []), (200, ["body"])):
        changed = replace(exchange, status=status, body=f'{{"at": "{host}"}}'.encode())
        assert [problem.where for problem in address_stays_behind(Reply(changed)) or []] == told
