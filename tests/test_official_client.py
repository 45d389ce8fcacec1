"""The reference through the official Python client: every case that the client can express, sent by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from harness.catalog import load
from harness.model import Case, Step
from harness.plan import plan
from harness.reference.serve import KEY, Server
from tests.inprocess import HEADERS, SUBJECT

ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    404: openai.NotFoundError,
}


def expressible(step: Step) -> bool:
    """Whether the client can send this: a JSON object with a model, to an endpoint it knows, with the client's own headers."""
    if step.endpoint in ("models", "model"):
        return not step.headers and "$from" not in repr(step.target)
    named = isinstance(step.send, dict) and "model" in step.send
    plain = "authorization" not in step.headers and step.leave_after is None
    return step.endpoint in ("chat", "completions", "embeddings") and named and plain and "$from" not in repr(step.send)


STEPS = [pytest.param(case, step, id=f"{case.id}#{step.id}") for case in load().cases.values() for step in case.steps if expressible(step)]


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    """The client, pointed at the reference, without retries."""
    server = Server()
    with openai.OpenAI(base_url=server.base_url, api_key=KEY, max_retries=0, timeout=10) as client:
        yield client
    server.close()


def send(client: openai.OpenAI, step: Step) -> Any:
    """Send a step through the client's own methods; a stream is read to its end."""
    request = plan(step, SUBJECT, HEADERS, {})
    if step.endpoint == "models":
        return client.models.list()
    if step.endpoint == "model":
        return client.models.retrieve(request.path.rpartition("/")[2])
    if step.endpoint == "embeddings":
        body = json.loads(request.body)
        return client.embeddings.create(model=body.pop("model"), input=body.pop("input", None), extra_body=body)
    create: Any = client.chat.completions.create if step.endpoint == "chat" else client.completions.create
    known = {"model", "messages", "prompt", "stream", "stream_options"}
    body = dict(step.send, model=SUBJECT.model if str(step.send.get("model")).startswith("$") else step.send.get("model"))
    rest = {name: value for name, value in body.items() if name not in known}
    given = {name: value for name, value in body.items() if name in known and value is not None}
    missing = {name: None for name in ("messages", "prompt") if name not in given and (name == "messages") == (step.endpoint == "chat")}
    reply = create(**{**missing, **given}, extra_body=rest)
    return list(reply) if given.get("stream") else reply


@pytest.mark.parametrize(("case", "step"), STEPS)
def test_client_understands_the_reference(case: Case, step: Step, client: openai.OpenAI) -> None:
    if step.wants != "success":
        refused_or_taken(client, step)
        return
    reply = send(client, step)
    if step.endpoint in ("models", "model", "embeddings"):
        assert reply.object in ("list", "model")
    elif isinstance(reply, list):
        assert reply
        assert all(chunk.id and chunk.created and chunk.object in ("chat.completion.chunk", "text_completion") for chunk in reply)
    else:
        assert reply.choices[0].finish_reason in ("stop", "length", "tool_calls")
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def refused_or_taken(client: openai.OpenAI, step: Step) -> None:
    """A request that deserves a refusal raises the exception of its status; one that may go either way does either."""
    try:
        send(client, step)
    except openai.APIStatusError as error:
        assert isinstance(error, ERRORS[error.status_code])
        assert error.message
        assert error.type == "invalid_request_error"
    else:
        assert step.wants == "either"


def test_most_cases_are_expressible() -> None:
    assert len(STEPS) > 0.7 * sum(len(case.steps) for case in load().cases.values())


def test_wrong_key_raises(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="wrong").models.list()
    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id


def test_stream_helper_puts_the_reply_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="reference", messages=[{"role": "user", "content": "Count from 1 to 9."}]) as stream:
        stream.until_done()
        final = stream.get_final_completion()
    assert final.choices[0].message.content == "1 2 3 4 5 6 7 8 9"
    assert final.choices[0].finish_reason == "stop"
