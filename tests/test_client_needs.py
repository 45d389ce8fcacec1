"""What the official Python client needs: without it, the client raises, or returns a wrong value or none.

A requirement whose ground is ``client`` names one of these tests, with the version of the client. Each test shows the faultless reply
first, then the same reply with one fault.
"""

from __future__ import annotations

import base64
import contextlib
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

import httpx
import openai
import pydantic
import pytest

VERSION = "3.54.0"
"""The version that these tests were seen to hold for; requirements cite it."""


class Server:
    """Answers every request of a client with one reply, and counts the requests."""

    def __init__(self, body: bytes, media_type: str = "application/json", status: int = 200) -> None:
        self.requests = 0
        self._reply = {"content": body, "headers": {"content-type": media_type}, "status_code": status}

    def client(self, retries: int = 0) -> openai.OpenAI:
        """A client that talks to this server."""

        def answer(_: httpx.Request) -> httpx.Response:
            self.requests += 1
            return httpx.Response(**self._reply)  # type: ignore[arg-type]

        http: Any = httpx.Client(transport=httpx.MockTransport(answer))
        return openai.OpenAI(base_url="http://endpoint/v1", api_key="key", max_retries=retries, http_client=http)


def whole(body: Any, status: int = 200) -> openai.OpenAI:
    """A client whose requests are answered with one JSON document."""
    return Server(json.dumps(body).encode(), status=status).client()


def stream_of(octets: bytes) -> openai.OpenAI:
    """A client whose requests are answered with these bytes of a stream."""
    return Server(octets, "text/event-stream").client()


def events(items: Iterable[Any], *, done: bool = True) -> bytes:
    """The bytes of a stream with these documents."""
    return b"".join(b"data: " + json.dumps(item).encode() + b"\n\n" for item in items) + (b"data: [DONE]\n\n" if done else b"")


ASKED: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi."}]}

REPLY: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop", "logprobs": None}],
}


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    """A chunk with one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def said(*chunks: dict[str, Any]) -> Any:
    """What the stream helper puts together from these chunks."""
    with stream_of(events(chunks)).chat.completions.stream(**ASKED) as stream:
        return stream.get_final_completion()


START = chunk({"role": "assistant", "content": ""})
END = chunk({}, "stop")


def call(index: int = 0, **piece: Any) -> dict[str, Any]:
    """A chunk with a piece of a tool call."""
    return chunk({"tool_calls": [{"index": index, **piece}]})


OPENED = call(id="call_1", type="function", function={"name": "ping", "arguments": ""})
MORE = call(function={"arguments": "{}"})
CALLED = chunk({}, "tool_calls")


def the_call(*chunks: dict[str, Any]) -> Any:
    """The first call that the stream helper puts together from these pieces."""
    return said(START, *chunks, CALLED).choices[0].message.tool_calls[0]


def lost(read: Callable[[], Any]) -> bool:
    """Whether a user who reads a value has an exception, or nothing, in its place."""
    try:
        return read() is None
    except (AttributeError, IndexError, TypeError):
        return True


class TestChat:
    def test_a_reply_without_a_choice_is_lost(self) -> None:
        assert whole(REPLY).chat.completions.create(**ASKED).choices[0].message.content == "Hi."
        assert lost(lambda: whole({**REPLY, "choices": []}).chat.completions.create(**ASKED).choices[0].message.content)

    def test_a_stream_without_chunks_leaves_the_helper_without_a_completion(self) -> None:
        assert said(START, END).choices[0].finish_reason == "stop"
        with pytest.raises(AssertionError):
            said()

    def test_a_stream_without_a_role_leaves_the_message_without_one(self) -> None:
        assert said(START, END).choices[0].message.role == "assistant"
        assert lost(lambda: said(chunk({"content": "Hi."}), END).choices[0].message.role)

    def test_a_role_that_comes_again_is_joined_to_the_first(self) -> None:
        once = said(START, chunk({"content": "Hi."}), END).choices[0].message
        again = said(START, chunk({"role": "assistant", "content": "Hi."}), END).choices[0].message
        assert once.role == "assistant"
        assert again.role == "assistantassistant"

    def test_a_stream_without_a_finish_reason_leaves_the_choice_without_one(self) -> None:
        assert lost(lambda: said(START, chunk({"content": "Hi."})).choices[0].finish_reason)

    def test_choices_of_one_index_are_joined(self) -> None:
        texts = [chunk({"content": "Hi."}), chunk({"content": "Hello."}, index=1)]
        right = said(START, chunk({"role": "assistant"}, index=1), *texts, END, chunk({}, "stop", index=1))
        assert [choice.message.content for choice in right.choices] == ["Hi.", "Hello."]
        wrong = said(START, *(chunk(item["choices"][0]["delta"]) for item in texts), END)
        assert [choice.message.content for choice in wrong.choices] == ["Hi.Hello."]

    def test_a_strict_reply_that_does_not_fit_its_schema_raises(self) -> None:
        class Answer(pydantic.BaseModel):
            number: int

        fitting, other = deepcopy(REPLY), deepcopy(REPLY)
        fitting["choices"][0]["message"]["content"] = '{"number": 7}'
        other["choices"][0]["message"]["content"] = '{"text": "x"}'
        assert whole(fitting).chat.completions.parse(**ASKED, response_format=Answer).choices[0].message.parsed == Answer(number=7)
        with pytest.raises(pydantic.ValidationError):
            whole(other).chat.completions.parse(**ASKED, response_format=Answer)

    def test_half_a_character_cannot_be_stored(self) -> None:
        whole_one, half = deepcopy(REPLY), deepcopy(REPLY)
        whole_one["choices"][0]["message"]["content"] = "\U0001f44b"
        half["choices"][0]["message"]["content"] = "\ud83d"

        def stored(reply: Any) -> bytes:
            return str(whole(reply).chat.completions.create(**ASKED).choices[0].message.content).encode()

        assert stored(whole_one) == "\U0001f44b".encode()
        with pytest.raises(UnicodeEncodeError):
            stored(half)


class TestToolCalls:
    def test_a_type_of_null_in_a_later_piece_raises(self) -> None:
        assert the_call(OPENED, MORE).function.arguments == "{}"
        assert the_call(OPENED, call(id=None, function={"name": None, "arguments": "{}"})).id == "call_1"  # null is harmless there
        with pytest.raises(AssertionError):
            the_call(OPENED, call(type=None, function={"arguments": "{}"}))

    def test_an_id_or_name_that_comes_again_is_joined_to_the_first(self) -> None:
        again = the_call(OPENED, call(id="call_1", function={"name": "ping", "arguments": "{}"}))
        assert (again.id, again.function.name) == ("call_1call_1", "pingping")

    def test_a_call_without_id_or_name_is_handed_on_without(self) -> None:
        assert lost(lambda: the_call(call(type="function", function={"name": "ping", "arguments": "{}"})).id)
        assert lost(lambda: the_call(call(id="call_1", type="function", function={"arguments": "{}"})).function.name)

    def test_a_call_without_type_raises_or_is_lost(self) -> None:
        assert lost(lambda: the_call(call(id="call_1", function={"name": "ping", "arguments": "{}"})).type)

    def test_calls_that_are_not_numbered_from_zero_raise(self) -> None:
        with pytest.raises(IndexError):
            the_call(
                call(1, id="call_1", type="function", function={"name": "ping", "arguments": ""}), call(1, function={"arguments": "{}"})
            )

    def test_a_piece_without_an_index_raises(self) -> None:
        with pytest.raises((RuntimeError, TypeError)):
            the_call(OPENED, chunk({"tool_calls": [{"function": {"arguments": "{}"}}]}))

    def test_strict_arguments_that_do_not_fit_raise(self) -> None:
        class Ping(pydantic.BaseModel):
            number: int

        def parsed(arguments: str) -> Any:
            reply = deepcopy(REPLY)
            function = {"name": "Ping", "arguments": arguments}
            reply["choices"][0]["message"]["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
            made = whole(reply).chat.completions.parse(**ASKED, tools=[openai.pydantic_function_tool(Ping)])
            return made.choices[0].message.tool_calls[0].function.parsed_arguments  # type: ignore[index]

        assert parsed('{"number": 7}') == Ping(number=7)
        with pytest.raises(pydantic.ValidationError):
            parsed('{"text": "x"}')


def texts_of(octets: bytes) -> list[str]:
    """The pieces of text that a stream of these bytes hands to a user."""
    stream = stream_of(octets).chat.completions.create(**ASKED, stream=True)
    return [choice.delta.content for chunk in stream for choice in chunk.choices if choice.delta.content]


HI = chunk({"role": "assistant", "content": "Hi."})


class TestStreams:
    def test_data_that_is_no_json_raises(self) -> None:
        assert texts_of(events([HI, END])) == ["Hi."]
        with pytest.raises(json.JSONDecodeError):
            texts_of(b"data: {'content': 'Hi.'}\n\n" + events([END]))

    def test_an_event_without_data_raises(self) -> None:
        with pytest.raises(json.JSONDecodeError):
            texts_of(events([HI], done=False) + b"event: ping\n\n" + events([END]))

    def test_a_byte_order_mark_hides_the_first_chunk(self) -> None:
        assert texts_of(b"\xef\xbb\xbf" + events([HI, END])) == []

    def test_events_that_no_blank_line_parts_are_lost(self) -> None:
        run_together = events([HI, END]).replace(b"\n\n", b"\n")
        with contextlib.suppress(json.JSONDecodeError):
            assert texts_of(run_together) == []

    def test_an_error_in_the_stream_raises(self) -> None:
        with pytest.raises(openai.APIError, match="overloaded"):
            texts_of(events([HI, {"error": {"message": "overloaded", "type": "server_error", "param": None, "code": None}}]))

    def test_what_follows_the_terminator_is_lost(self) -> None:
        assert texts_of(events([HI, HI, END])) == ["Hi.", "Hi."]
        assert texts_of(events([HI]) + events([HI, END])) == ["Hi."]

    def test_a_stream_that_is_cut_and_terminated_is_taken_for_whole(self) -> None:
        assert texts_of(events([HI])) == ["Hi."]
        with pytest.raises(openai.APIError):
            texts_of(events([HI, {"error": {"message": "the upstream died"}}], done=False))


ERROR: dict[str, Any] = {"error": {"message": "No.", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}


def raised(body: Any, status: int = 400, *, retries: int = 0, media_type: str = "application/json") -> tuple[openai.APIStatusError, int]:
    """The exception for a refusal, and how many requests were sent for it."""
    server = Server(body if isinstance(body, bytes) else json.dumps(body).encode(), media_type, status)
    with pytest.raises(openai.APIStatusError) as caught:
        server.client(retries).chat.completions.create(**ASKED)
    return caught.value, server.requests


class TestErrors:
    def test_without_an_error_object_type_param_and_code_are_lost(self) -> None:
        told, _ = raised(ERROR)
        assert (told.type, told.param, told.code) == ("invalid_request_error", "model", "model_not_found")
        for other in ({"detail": "No."}, {"error": "No."}, ["No."]):
            told, _ = raised(other)
            assert (told.type, told.param, told.code) == (None, None, None)

    def test_an_error_that_is_no_json_loses_type_param_and_code(self) -> None:
        told, _ = raised(b"<html>No.</html>", media_type="text/html")
        assert (told.type, told.param, told.code) == (None, None, None)

    def test_a_server_fault_is_sent_again_and_told_as_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(openai.OpenAI, "_sleep_for_retry", lambda *_, **__: None)
        refused, requests = raised(ERROR, 400, retries=2)
        assert (type(refused), requests) == (openai.BadRequestError, 1)
        failed, requests = raised(ERROR, 500, retries=2)
        assert (type(failed), requests) == (openai.InternalServerError, 3)

    def test_a_rate_limit_has_an_exception_of_its_own(self) -> None:
        assert type(raised(ERROR, 429)[0]) is openai.RateLimitError
        assert type(raised(ERROR, 503)[0]) is openai.InternalServerError

    def test_an_error_with_status_200_is_taken_for_a_reply(self) -> None:
        assert lost(lambda: whole(ERROR).chat.completions.create(**ASKED).choices[0].message.content)


class TestEmbeddings:
    def test_an_input_without_an_item_is_lost(self) -> None:
        items = [{"object": "embedding", "index": index, "embedding": [float(index)]} for index in range(2)]
        reply = {"object": "list", "model": "m", "data": items, "usage": {"prompt_tokens": 2, "total_tokens": 2}}
        asked: Any = {"model": "m", "input": ["a", "b"]}
        assert whole(reply).embeddings.create(**asked).data[1].embedding == [1.0]
        assert lost(lambda: whole({**reply, "data": items[:1]}).embeddings.create(**asked).data[1].embedding)
        swapped = whole({**reply, "data": items[::-1]}).embeddings.create(**asked)
        assert swapped.data[1].embedding == [0.0]  # the vector of the other input

    def test_an_empty_vector_is_a_lost_one(self) -> None:
        def vector(given: Any) -> Any:
            item = {"object": "embedding", "index": 0, "embedding": given}
            reply = {"object": "list", "model": "m", "data": [item], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
            return whole(reply).embeddings.create(model="m", input=["a"]).data[0].embedding

        assert vector([1.0]) == [1.0]
        assert vector([]) == []  # and nothing raises

    def test_base64_that_was_not_asked_for_is_handed_on_as_a_text(self) -> None:
        item = {"object": "embedding", "index": 0, "embedding": base64.b64encode(struct.pack("<2f", 1, 2)).decode()}
        reply = {"object": "list", "model": "m", "data": [item], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        assert whole(reply).embeddings.create(model="m", input="a").data[0].embedding == [1.0, 2.0]
        numbers: Any = whole(reply).embeddings.create(model="m", input="a", encoding_format="float").data[0].embedding
        assert isinstance(numbers, str)


def event(kind: str, number: int, **members: Any) -> dict[str, Any]:
    """An event of a streamed response."""
    return {"type": f"response.{kind}", "sequence_number": number, **members}


def response(status: str, output: list[Any], **members: Any) -> dict[str, Any]:
    """A response object."""
    own = {"id": "r1", "object": "response", "created_at": 1, "model": "m", "parallel_tool_calls": True, "tool_choice": "auto"}
    return {**own, "status": status, "output": output, "tools": [], **members}


TEXT = {"type": "output_text", "text": "Hi.", "annotations": []}
MESSAGE = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [TEXT]}
ADDED = {**MESSAGE, "status": "in_progress", "content": []}
PLACE = {"item_id": "m1", "output_index": 0, "content_index": 0}
STORY = {
    "created": event("created", 0, response=response("in_progress", [])),
    "item": event("output_item.added", 1, output_index=0, item=ADDED),
    "part": event("content_part.added", 2, **PLACE, part={**TEXT, "text": ""}),
    "first": event("output_text.delta", 3, **PLACE, delta="H", logprobs=[]),
    "second": event("output_text.delta", 4, **PLACE, delta="i.", logprobs=[]),
    "text": event("output_text.done", 5, **PLACE, text="Hi.", logprobs=[]),
    "part done": event("content_part.done", 6, **PLACE, part=TEXT),
    "item done": event("output_item.done", 7, output_index=0, item=MESSAGE),
    "completed": event("completed", 8, response=response("completed", [MESSAGE])),
}
"""A faultless stream of a response."""


@contextlib.contextmanager
def following(story: dict[str, Any], **asked: Any) -> Iterator[Any]:
    """The stream helper for a response, on a stream of these events."""
    octets = b"".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n".encode() for item in story.values())
    with stream_of(octets).responses.stream(**(asked or {"model": "m", "input": "Hi."})) as stream:
        yield stream


def told(story: dict[str, Any]) -> str:
    """The text of the final response."""
    with following(story) as stream:
        return str(stream.get_final_response().output_text)


def snapshots(story: dict[str, Any], kind: str = "response.output_text.delta") -> list[str]:
    """What the helper has put together at each piece."""
    with following(story) as stream:
        return [item.snapshot for item in stream if item.type == kind]


def without(*names: str) -> dict[str, Any]:
    """The story without some events."""
    return {name: item for name, item in STORY.items() if name not in names}


CALL = {"type": "function_call", "id": "f1", "call_id": "call_1", "name": "ping", "arguments": '{"a": 1}', "status": "completed"}


def calling(opened: str = "", pieces: tuple[str, ...] = ('{"a":', " 1}")) -> dict[str, Any]:
    """A stream with a call of a function, which is added with these arguments."""
    deltas = [event("function_call_arguments.delta", 2 + n, item_id="f1", output_index=0, delta=text) for n, text in enumerate(pieces)]
    return {
        "created": STORY["created"],
        "item": event("output_item.added", 1, output_index=0, item={**CALL, "status": "in_progress", "arguments": opened}),
        **{f"piece {n}": item for n, item in enumerate(deltas)},
        "done": event("function_call_arguments.done", 5, item_id="f1", output_index=0, arguments=CALL["arguments"]),
        "item done": event("output_item.done", 6, output_index=0, item=CALL),
        "completed": event("completed", 7, response=response("completed", [CALL])),
    }


class TestResponses:
    def test_a_setting_that_is_told_otherwise_is_handed_on(self) -> None:
        def made(**told: Any) -> Any:
            form: Any = {"type": "json_schema", "name": "reply", "schema": {"type": "object"}}
            asked: dict[str, Any] = {"temperature": 0.2, "text": {"format": form}}
            reply = whole(response("completed", [MESSAGE], **{**asked, **told})).responses.create(model="m", input="Hi.", **asked)
            return reply.temperature, reply.text.format.type

        assert made() == (0.2, "json_schema")
        assert made(temperature=1.0) == (1.0, "json_schema")
        assert made(text={"format": {"type": "text"}}) == (0.2, "text")

    def test_tools_that_are_told_otherwise_are_handed_on(self) -> None:
        def names(*told: str) -> list[str]:
            tool: dict[str, Any] = {"type": "function", "name": "ping", "parameters": {"type": "object"}, "strict": False}
            tools: Any = [tool, {**tool, "name": "pong"}]
            listed = [{**tool, "name": name} for name in told]
            reply: Any = whole(response("completed", [MESSAGE], tools=listed)).responses.create(model="m", input="Hi.", tools=tools)
            return [tool.name for tool in reply.tools]

        assert names("ping", "pong") == ["ping", "pong"]
        assert names("ping") == ["ping"]

    def test_a_response_that_is_retrieved_otherwise_is_handed_on(self) -> None:
        other = {**MESSAGE, "content": [{**TEXT, "text": "Bye."}]}
        assert whole(response("completed", [MESSAGE])).responses.retrieve("r1").output_text == "Hi."
        assert whole(response("completed", [other])).responses.retrieve("r1").output_text == "Bye."


class TestResponseStreams:
    def test_two_events_that_tell_two_settings_are_handed_on(self) -> None:
        def limits(story: dict[str, Any]) -> tuple[Any, Any]:
            with following(story) as stream:
                first = next(item.response.max_output_tokens for item in stream if item.type == "response.created")
                return first, stream.get_final_response().max_output_tokens

        created = event("created", 0, response=response("in_progress", [], max_output_tokens=8))
        completed = event("completed", 8, response=response("completed", [MESSAGE], max_output_tokens=8))
        assert limits({**STORY, "created": created, "completed": completed}) == (8, 8)
        assert limits({**STORY, "created": created}) == (8, None)

    def test_another_first_event_raises(self) -> None:
        assert told(STORY) == "Hi."
        with pytest.raises(RuntimeError):
            told(without("created"))

    def test_an_id_that_changes_raises(self) -> None:
        other = event("completed", 8, response=response("completed", [MESSAGE], id="r2"))
        with pytest.raises(RuntimeError, match="identity"):
            told({**STORY, "completed": other})

    def test_an_item_that_was_not_added_raises(self) -> None:
        with pytest.raises((RuntimeError, IndexError, KeyError)):
            told(without("item"))

    def test_an_index_that_is_added_twice_raises(self) -> None:
        again = {**STORY["item"], "item": {**ADDED, "id": "m2"}}
        with pytest.raises(RuntimeError, match="Duplicate"):
            told({name: item for key in STORY for name, item in ([(key, STORY[key])] + ([("again", again)] if key == "item" else []))})

    def test_an_item_that_changes_its_identity_raises(self) -> None:
        with pytest.raises(RuntimeError, match="identity"):
            told({**STORY, "item done": {**STORY["item done"], "item": {**MESSAGE, "id": "m2"}}})

    def test_a_delta_of_a_part_that_was_not_added_raises(self) -> None:
        with pytest.raises(IndexError):
            told(without("part"))

    def test_parts_are_found_by_their_index(self) -> None:
        later = {
            key: {**item, "content_index": item["content_index"] + 1} if "content_index" in item else item for key, item in STORY.items()
        }
        with pytest.raises(IndexError):
            told(later)

    def test_an_unfinished_item_raises(self) -> None:
        assert told(without("item done")) == "Hi."
        with pytest.raises(RuntimeError, match="unfinished"):
            told({**without("item done"), "completed": event("completed", 8, response=response("completed", []))})

    def test_a_stream_without_its_last_event_raises(self) -> None:
        with pytest.raises(RuntimeError, match="completed"):
            told(without("completed"))

    def test_a_final_response_without_its_items_loses_the_text(self) -> None:
        assert told({**STORY, "completed": event("completed", 8, response=response("completed", []))}) == ""

    def test_deltas_that_are_not_the_text_put_together_another_text(self) -> None:
        assert snapshots(STORY) == ["H", "Hi."]
        assert snapshots({**STORY, "second": {**STORY["second"], "delta": "o."}}) == ["H", "Ho."]

    def test_arguments_that_are_there_when_the_item_is_added_come_twice(self) -> None:
        kind = "response.function_call_arguments.delta"
        assert snapshots(calling(), kind)[-1] == CALL["arguments"]
        assert snapshots(calling(str(CALL["arguments"])), kind)[-1] == '{"a": 1}{"a": 1}'

    def test_pieces_that_are_not_the_arguments_put_together_others(self) -> None:
        assert snapshots(calling(pieces=('{"a":', " 2}")), "response.function_call_arguments.delta")[-1] == '{"a": 2}'

    def test_a_name_that_changes_is_handed_on_twice(self) -> None:
        def names(story: dict[str, Any]) -> list[str]:
            with following(story) as stream:
                return [item.item.name for item in stream if item.type in ("response.output_item.added", "response.output_item.done")]

        story = calling()
        assert names(story) == ["ping", "ping"]
        added = {**story["item"], "item": {**story["item"]["item"], "name": "delete"}}
        assert names({**story, "item": added}) == ["delete", "ping"]

    def test_a_final_item_that_is_another_is_handed_on(self) -> None:
        def names(story: dict[str, Any]) -> tuple[str, str]:
            with following(story) as stream:
                done = next(item.item.name for item in stream if item.type == "response.output_item.done")
                return done, stream.get_final_response().output[0].name

        story = calling()
        assert names(story) == ("ping", "ping")
        other = event("completed", 7, response=response("completed", [{**CALL, "name": "delete"}]))
        assert names({**story, "completed": other}) == ("ping", "delete")

    def test_numbers_that_do_not_increase_lose_events_when_a_stream_is_taken_up(self) -> None:
        def seen(story: dict[str, Any]) -> int:
            with following(story, response_id="r1", starting_after=4) as stream:
                return len(list(stream))

        assert seen(STORY) == 4
        assert seen({name: {**item, "sequence_number": 0} for name, item in STORY.items()}) == 0


class TestRelays:
    def test_the_client_waits_ten_minutes(self) -> None:
        assert openai.DEFAULT_TIMEOUT.read == 600

    def test_a_member_that_is_dropped_is_lost(self) -> None:
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}

        def cached(usage: dict[str, Any]) -> Any:
            made = whole({**REPLY, "usage": usage}).chat.completions.create(**ASKED)
            return made.usage.prompt_tokens_details.cached_tokens

        assert cached(usage) == 1
        del usage["prompt_tokens_details"]
        assert lost(lambda: cached(usage))

    def test_a_value_that_is_changed_is_handed_on(self) -> None:
        other = deepcopy(REPLY)
        other["choices"][0]["message"]["content"] = "Bye."
        assert whole(other).chat.completions.create(**ASKED).choices[0].message.content == "Bye."

    def test_a_chunk_that_is_dropped_is_lost(self) -> None:
        pieces = [START, chunk({"content": "H"}), chunk({"content": "i."}), END]
        assert said(*pieces).choices[0].message.content == "Hi."
        assert said(*pieces[:2], END).choices[0].message.content == "H"
