"""Each format of speech is offered or not, for itself; and a text is repeated as often as the data says."""

from __future__ import annotations

import asyncio
import json

from harness.catalog import Catalog, plan
from harness.model import Level, Outcome
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from tests.inprocess import SUBJECT, judge

ERROR = {"type": "invalid_request_error", "code": None}


def of_mp3_alone(request: ServerRequest) -> ServerReply:
    """A server that speaks MP3 and nothing else."""
    asked = json.loads(request.body) if request.path == "/audio/speech" and request.body else {}
    if asked.get("response_format", "mp3") == "mp3":
        return answer(request)
    error = {"message": f"response_format {asked['response_format']!r} is not supported.", "param": "response_format", **ERROR}
    return ServerReply(400, {"content-type": "application/json"}, {"error": error})


def test_format_that_a_server_refuses_is_not_offered(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    chosen = [name for name, case in catalog.cases.items() if case.area == "audio-speech"]
    found = loop.run_until_complete(judge(catalog, of_mp3_alone, cases=chosen))
    missing = {result.case.rpartition("/")[2] for result in found.results if result.outcome is Outcome.NOT_APPLICABLE}
    assert missing == {"wav", "opus", "flac", "aac", "pcm"}
    assert found.unmet(Level.MUST) == set()


def test_text_is_repeated_as_often_as_the_data_says(catalog: Catalog) -> None:
    (step,) = catalog.cases["audio-speech/refusals/too-long"].steps
    assert json.loads(plan(step, SUBJECT, {}, {}).body)["input"] == "Hi. " * 1025
