"""The reference through the official Python client: every case that the client can express, sent by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

from harness.catalog.requests import filled, plan
from harness.model import Case, Step
from harness.reference.app import App
from harness.reference.serve import KEY, Server
from tests.catalogs import read_once
from tests.inprocess import HEADERS, SUBJECT
from tests.mutants import MUTANTS

ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    404: openai.NotFoundError,
}


CREATING = ("chat", "completions", "embeddings", "responses", "response-tokens", "response-compact")


def expressible(step: Step) -> bool:
    """Whether the client can send this: a JSON object with a model, to an endpoint it knows, with the client's own headers."""
    if step.endpoint in ("models", "model"):
        return not step.headers and "$from" not in repr(step.target)
    named = isinstance(step.send, dict) and "model" in step.send
    plain = "authorization" not in step.headers and step.leave_after is None
    return step.endpoint in CREATING and named and plain and "$from" not in repr(step.send)


CASES = read_once().cases.values()
STEPS = [pytest.param(case, step, id=f"{case.id}#{step.id}") for case in CASES for step in case.steps if expressible(step)]


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
    if step.endpoint.startswith("response"):
        return respond(client, step.endpoint, json.loads(request.body))
    create: Any = client.chat.completions.create if step.endpoint == "chat" else client.completions.create
    known = {"model", "messages", "prompt", "stream", "stream_options"}
    body = filled(step.endpoint, step.send, SUBJECT)
    rest = {name: value for name, value in body.items() if name not in known}
    given = {name: value for name, value in body.items() if name in known and value is not None}
    missing = {name: None for name in ("messages", "prompt") if name not in given and (name == "messages") == (step.endpoint == "chat")}
    reply = create(**{**missing, **given}, extra_body=rest)
    return list(reply) if given.get("stream") else reply


def respond(client: openai.OpenAI, endpoint: str, body: dict[str, Any]) -> Any:
    """Send a request for a response, or about one; a stream is read to its end."""
    if endpoint != "responses":
        counting: Any = client.responses.input_tokens.count if endpoint == "response-tokens" else client.responses.compact
        return counting(model=body.pop("model"), input=body.pop("input"), extra_body=body)
    given = {name: body.pop(name) for name in ("model", "input", "stream") if body.get(name) is not None}
    create: Any = client.responses.create
    reply = create(**given, extra_body=body)
    return list(reply) if given.get("stream") else reply


@pytest.mark.parametrize(("case", "step"), STEPS)
def test_client_understands_the_reference(case: Case, step: Step, client: openai.OpenAI) -> None:
    if step.wants != "success":
        refused_or_taken(client, step)
        return
    reply = send(client, step)
    if step.endpoint in ("models", "model", "embeddings", "response-tokens", "response-compact"):
        assert reply.object in ("list", "model", "response.input_tokens", "response.compaction")
    elif step.endpoint == "responses":
        understood(reply)
    elif isinstance(reply, list):
        assert reply
        assert all(chunk.id and chunk.created and chunk.object in ("chat.completion.chunk", "text_completion") for chunk in reply)
    else:
        assert reply.choices[0].finish_reason in ("stop", "length", "tool_calls")
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def understood(reply: Any) -> None:
    """The client has a response whose parts it knows by their types, whole or from the events of a stream."""
    events = reply if isinstance(reply, list) else []
    if events:
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert {type(event).__name__ for event in events} <= {name for name in dir(openai.types.responses) if name.endswith("Event")}
    response = events[-1].response if events else reply
    assert response.status in ("completed", "incomplete", "queued")
    assert response.status == "queued" or response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert events == [] or "".join(event.delta for event in events if event.type == "response.output_text.delta") == response.output_text


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
    steps = [step for case in CASES for step in case.steps]
    alone = [step for step in steps if "$from" not in repr([step.send, step.target])]
    assert len(STEPS) > 0.8 * len(alone)


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


def test_stream_helper_follows_a_response(client: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "name": "ping", "parameters": {"type": "object", "properties": {}}, "strict": False}
    asking: Any = {"model": "reference", "input": "Repeat: 1 2 3", "reasoning": {"effort": "low", "summary": "auto"}}
    with client.responses.stream(**asking) as stream:
        stream.until_done()
        final = stream.get_final_response()
    assert final.output_text == "1 2 3"
    assert [item.type for item in final.output] == ["reasoning", "message"]
    with client.responses.stream(model="reference", input="Ping.", tools=[tool], tool_choice="required") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.function_call_arguments.delta"]
        (call,) = stream.get_final_response().output
    assert call.type == "function_call"
    assert call.arguments == snapshots[-1] == "{}"


def test_parse_helper_reads_a_structured_response(client: openai.OpenAI) -> None:
    class Answer(pydantic.BaseModel):
        text: str
        number: int

    parsed = client.responses.parse(model="reference", input="Reply in JSON.", text_format=Answer).output_parsed
    assert parsed == Answer(text="x", number=7)


def test_stored_response_is_kept_continued_and_deleted(client: openai.OpenAI) -> None:
    first = client.responses.create(model="reference", input="Say hi.")
    assert client.responses.retrieve(first.id).output_text == first.output_text
    assert [item.type for item in client.responses.input_items.list(first.id)] == ["message"]
    second = client.responses.create(model="reference", input="Again.", previous_response_id=first.id)
    alone = client.responses.create(model="reference", input="Again.")
    assert second.usage is not None
    assert alone.usage is not None
    assert second.usage.input_tokens > alone.usage.input_tokens
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


def test_background_response_is_polled_resumed_and_cancelled(client: openai.OpenAI) -> None:
    made = client.responses.create(model="reference", input="Say hi.", background=True)
    statuses = [made.status, *(client.responses.retrieve(made.id).status for _ in range(2))]
    assert statuses == ["queued", "in_progress", "completed"]
    resumed = list(client.responses.retrieve(made.id, stream=True, starting_after=3))
    assert resumed[0].sequence_number == 4
    assert resumed[-1].type == "response.completed"
    other = client.responses.create(model="reference", input="Count from 1 to 100.", background=True)
    assert client.responses.cancel(other.id).status == "cancelled"


def test_conversation_is_opened_used_and_deleted(client: openai.OpenAI) -> None:
    conversation = client.conversations.create(metadata={"purpose": "test"})
    made = client.responses.create(model="reference", input="Say hi.", conversation=conversation.id)
    assert made.conversation is not None
    assert made.conversation.id == conversation.id == client.conversations.retrieve(conversation.id).id
    assert client.conversations.delete(conversation.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(conversation.id)


RAISING = {
    "part-never-added": "list index out of range",
    "item-never-added": "before receiving its output item",
    "item-added-twice": "Duplicate response output index",
    "item-id-new-when-done": "identity changed",
    "item-never-done-and-lost": "unfinished output items",
    "created-missing": "Expected to have received `response.created`",
    "response-id-changes": "identity changed",
    "ending-missing": "Didn't receive a `response.completed` event",
}
"""Mutants that break a requirement whose source is the client, and what the client says to them."""


@pytest.mark.parametrize("name", RAISING)
def test_client_raises_where_a_requirement_says_so(name: str) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    text = "Count from 1 to 100." if name == "ending-missing" else "Say hi."
    server = Server(App(mutant))
    with openai.OpenAI(base_url=server.base_url, api_key=KEY, max_retries=0, timeout=10) as client:
        streaming = client.responses.stream(model="reference", input=text, max_output_tokens=16)
        with pytest.raises((RuntimeError, IndexError), match=RAISING[name]), streaming as stream:
            stream.get_final_response()
    server.close()


def test_client_has_arguments_twice_that_were_there_when_the_item_was_added() -> None:
    server = Server(App(next(mutant for mutant in MUTANTS if mutant.name == "item-added-full")))
    tool: Any = {"type": "function", "name": "ping", "parameters": {"type": "object", "properties": {}}, "strict": False}
    client = openai.OpenAI(base_url=server.base_url, api_key=KEY, max_retries=0, timeout=10)
    with client, client.responses.stream(model="reference", input="Ping.", tools=[tool], tool_choice="required") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.function_call_arguments.delta"]
    server.close()
    assert snapshots == ["{}{}"]
