"""A rate-limited endpoint: the run gives up early, says so, and never judges what the endpoint did not serve."""

from __future__ import annotations

import asyncio

import pytest

from harness.catalog import Catalog
from harness.judging.verdict import Exit, Scope, reach_verdict
from harness.model import Exchange, Request
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import RefusalError
from harness.runner.rate_limit import AT_FIRST, LATER, RateLimit
from tests.inprocess import judge

POST = Request("chat", "POST", "/chat/completions", (), b"{}", "success")
GET = Request("models", "GET", "/models", (), b"", "success")
PART = ("chat/basics/short-reply", "chat-stream/basics/short-reply")


def put_off(asked: ServerRequest) -> ServerReply:
    return ServerReply(429, {"content-type": "application/json"}, RefusalError(429, "Slow down.").body)


def listing_only(asked: ServerRequest) -> ServerReply:
    return answer(asked) if asked.method == "GET" else put_off(asked)


class FromTheThird:
    """The reference, which puts everything off after so many requests."""

    def __init__(self, served: int) -> None:
        self.left = served
        self.asked = 0

    def __call__(self, asked: ServerRequest) -> ServerReply:
        """Answer one request."""
        self.asked += 1
        self.left -= 1
        return answer(asked) if self.left >= 0 else put_off(asked)


def test_run_that_is_served_nothing_ends_early_and_is_incomplete(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked = FromTheThird(0)
    found = loop.run_until_complete(judge(catalog, asked))
    assert found.verdict.code == Exit.INCOMPLETE
    assert found.verdict.sentence.startswith("incomplete: rate limited: ")
    assert found.verdict.failing == ()
    assert asked.asked <= 3 * AT_FIRST
    reasons = {finding.reason for result in found.results for finding in result.findings}
    assert f"rate limited: the last {AT_FIRST} requests were answered with 429, and none was served" in reasons


def test_list_that_is_served_changes_nothing(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = loop.run_until_complete(judge(catalog, listing_only))
    assert (found.verdict.code, found.verdict.sentence[:24]) == (Exit.INCOMPLETE, "incomplete: rate limited")


@pytest.mark.parametrize("cases", [PART, PART[:1]])
def test_part_that_was_put_off_does_not_conform(catalog: Catalog, loop: asyncio.AbstractEventLoop, cases: tuple[str, ...]) -> None:
    found = loop.run_until_complete(judge(catalog, put_off, cases=cases))
    assert found.verdict.code == Exit.INCOMPLETE
    assert "rate limited" in found.verdict.sentence


def test_part_of_which_something_was_put_off_does_not_conform(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = loop.run_until_complete(judge(catalog, FromTheThird(1), cases=PART))
    assert (found.verdict.code, "1 case was rate limited" in found.verdict.sentence) == (Exit.INCOMPLETE, True)


def test_what_was_served_and_missed_is_still_said(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        if b'"stream":true' in asked.body:
            return put_off(asked)
        reply = answer(asked)
        reply.body["object"] = "chat"
        return reply

    found = loop.run_until_complete(judge(catalog, respond, cases=PART))
    assert found.verdict.code == Exit.UNMET
    assert found.verdict.sentence.endswith("; 1 case was rate limited")


def exchange(request: Request, status: int) -> Exchange:
    return Exchange("e#1", request, status)


def test_refusals_and_lists_say_nothing_of_the_limit_and_a_success_begins_anew() -> None:
    limit = RateLimit()
    between = [exchange(POST, 400), exchange(GET, 200)]
    for _ in range(AT_FIRST - 1):
        assert not any(map(limit.reached, [exchange(POST, 429), *between]))
    assert limit.reached(exchange(POST, 200)) is None
    assert not any(limit.reached(exchange(POST, 429)) for _ in range(LATER - 1))
    assert limit.reached(exchange(POST, 429))


def test_nothing_is_said_of_a_run_without_limits(catalog: Catalog) -> None:
    assert reach_verdict(catalog, [], {}, Scope()).limited.told == ""
