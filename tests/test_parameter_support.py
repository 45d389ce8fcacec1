"""Parameters are obeyed, ignored, or refused, and the report says which."""

from __future__ import annotations

import asyncio

import pytest

from harness.catalog import Catalog
from harness.judging.parameter_support import Treatment, treatments
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import RefusalError
from tests.inprocess import judge
from tests.mutants import MUTANTS


def treated(catalog: Catalog, loop: asyncio.AbstractEventLoop, respond: Answer = answer) -> dict[str, Treatment]:
    """What becomes of each parameter."""
    cases = {case for parameter in catalog.parameters for case in parameter.cases}
    judged = loop.run_until_complete(judge(catalog, respond, cases=cases))
    return {found.parameter: found.treatment for found in treatments(catalog, judged.results)}


def test_reference_obeys_or_refuses_properly(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = treated(catalog, loop)
    assert {name for name, treatment in found.items() if treatment is Treatment.REFUSED} == {"suffix", "a member nobody knows"}
    assert set(found.values()) == {Treatment.OBEYED, Treatment.ACCEPTED, Treatment.REFUSED}


@pytest.mark.parametrize(
    ("mutant", "parameter"),
    [
        ("chat-n-ignored", "n"),
        ("chat-stop-ignored", "stop"),
        ("logprobs-ignored", "logprobs"),
        ("schema-ignored", "response_format json_schema"),
        ("parallel-off-ignored", "parallel_tool_calls"),
        ("dimensions-ignored", "dimensions"),
        ("usage-not-sent", "stream_options.include_usage"),
    ],
)
def test_what_is_ignored_is_said(mutant: str, parameter: str, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = treated(catalog, loop, next(made for made in MUTANTS if made.name == mutant))
    assert found[parameter] is Treatment.IGNORED


def test_refusal_that_names_nothing_is_bad(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        if b'"logit_bias"' in asked.body:
            return ServerReply(400, {"content-type": "application/json"}, RefusalError(400, "Bad request.").body)
        if b'"metadata":{' in asked.body:
            return ServerReply(500, {"content-type": "application/json"}, RefusalError(500, "metadata").body)
        return answer(asked)

    found = treated(catalog, loop, respond)
    assert (found["logit_bias"], found["metadata"]) == (Treatment.REFUSED_BADLY, Treatment.REFUSED_BADLY)
