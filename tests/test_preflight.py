"""The preflight asks three questions and prints one clear sentence if an answer is no."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.catalog.context_window import too_long
from harness.catalog.scope import without_paid
from harness.model import Exchange, Request, UndecidedError
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import RefusalError
from harness.runner.preflight import NotJudgeableError, RateLimitedError, TargetOptions, refuse_bad_url
from harness.runner.replies import listed_window
from tests.inprocess import BASE_URL, SUBJECT, clear

WISHES = TargetOptions(BASE_URL, "reference", None, None, "openai", "OPENAI_API_KEY")


def refusal(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, respond: Callable[[ServerRequest], ServerReply], wishes: TargetOptions = WISHES
) -> str:
    """The sentence with which an endpoint is refused."""
    with pytest.raises(NotJudgeableError) as caught:
        loop.run_until_complete(clear(catalog, respond, wishes))
    return str(caught.value)


def test_reference_is_cleared(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    subject = loop.run_until_complete(clear(catalog, answer, WISHES))
    assert (subject.model, subject.completions_model, subject.token_limit, subject.remarks) == ("reference", "reference", "max_tokens", ())


def test_first_listed_model_is_taken_and_said(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    subject = loop.run_until_complete(clear(catalog, answer, replace(WISHES, model=None)))
    assert subject.model == "reference"
    assert subject.remarks == ("model reference: the first of 3 that /models lists",)


def test_other_name_of_the_token_limit_is_found(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        if b'"max_tokens"' in asked.body:
            return ServerReply(
                400, {}, RefusalError(400, "Use 'max_completion_tokens' instead.", "unsupported_parameter", "max_tokens").body
            )
        return answer(asked)

    subject = loop.run_until_complete(clear(catalog, respond, WISHES))
    assert subject.token_limit == "max_completion_tokens"
    assert "max_completion_tokens" in subject.remarks[0]


def test_text_completions_alone_can_be_judged(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        return ServerReply(404, {}, RefusalError(404, "Not Found").body) if "chat" in asked.path else answer(asked)

    assert loop.run_until_complete(clear(catalog, respond, WISHES)).model == "reference"


def html(status: int) -> Callable[[ServerRequest], ServerReply]:
    return lambda asked: ServerReply(status, {"content-type": "text/html"}, b"<h1>Welcome</h1>")


def fixed(status: int, message: str, code: str | None = None, **headers: str) -> Callable[[ServerRequest], ServerReply]:
    return lambda asked: ServerReply(status, {"content-type": "application/json", **headers}, RefusalError(status, message, code).body)


def test_unknown_model(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    said = refusal(catalog, loop, answer, replace(WISHES, model="gpt-9"))
    assert "does not know the model 'gpt-9' (status 404" in said
    assert "it lists reference, reference-text, reference-embedding. Choose one with --model." in said


def test_unknown_model_said_in_other_words(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    assert "does not know the model" in refusal(catalog, loop, fixed(400, "Invalid model name passed in model=x"))


def test_rejected_key(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    said = refusal(catalog, loop, fixed(401, "Incorrect API key provided."))
    assert "rejects the key in OPENAI_API_KEY (status 401: Incorrect API key provided.)" in said


def test_missing_key(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    said = refusal(catalog, loop, fixed(401, "No key."), replace(WISHES, key_name=None, model=None))
    assert "requires a key" in said
    assert "--api-key-env" in said


def test_wrong_base_url(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    assert "Is the base URL right? It often ends in /v1." in refusal(catalog, loop, fixed(404, "Not Found"))
    assert "Is the base URL right?" in refusal(catalog, loop, html(200))
    assert "Is the base URL right" in refusal(catalog, loop, html(404), replace(WISHES, model=None))


def test_redirect_names_the_target(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    said = refusal(catalog, loop, fixed(301, "Moved", location="https://api.example/v1/models"))
    assert "points to https://api.example/v1/models: use https://api.example/v1 as base URL." in said


def test_silence_is_told(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    said = refusal(catalog, loop, lambda asked: ServerReply(body={}, delay=10_000.0))
    assert "gave no answer: no reply within 60 s" in said
    assert "--timeout" in said


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://host/v1", "http://", "https://host:port/v1", "https://host/v1?x=1", "http://[::1", "http://u:p@h/v1"]
)
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(NotJudgeableError):
        refuse_bad_url(url)


def only(*paths: str) -> Callable[[ServerRequest], ServerReply]:
    """The reference with these parts alone."""

    def respond(asked: ServerRequest) -> ServerReply:
        return answer(asked) if asked.path.startswith(paths) else fixed(404, "Not Found")(asked)

    return respond


def counting(respond: Callable[[ServerRequest], ServerReply], asked: list[str]) -> Callable[[ServerRequest], ServerReply]:
    """The same, noting the paths that are asked for."""

    def counted(request: ServerRequest) -> ServerReply:
        asked.append(request.path)
        return respond(request)

    return counted


PARTS = [
    "/completions",
    "/embeddings",
    "/responses",
    "/moderations",
    "/files",
    "/audio/speech",
    "/audio/transcriptions",
    "/images/generations",
]


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize("with_list", [True, False])
def test_endpoint_that_serves_one_part_is_judged_and_says_what_is_not_there(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, path: str, with_list: bool
) -> None:
    paths = (path, "/models") if with_list else (path,)
    model = "reference-embedding" if path == "/embeddings" else "reference"
    subject = loop.run_until_complete(clear(catalog, only(*paths), replace(WISHES, model=model)))
    assert subject.remarks[-1].startswith("/chat/completions")
    assert f"(status 404: Not Found); {path} is, so that is judged" in subject.remarks[-1]


def test_part_alone_is_judged_without_a_named_model(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    subject = loop.run_until_complete(clear(catalog, only("/embeddings", "/models"), replace(WISHES, model=None)))
    assert subject.embeddings_model == "reference-embedding"


def test_whole_endpoint_costs_two_requests(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked: list[str] = []
    loop.run_until_complete(clear(catalog, counting(answer, asked), WISHES))
    assert sorted(asked) == ["/chat/completions", "/models"]


def test_every_part_is_tried_before_an_endpoint_is_turned_away(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked: list[str] = []
    said = refusal(catalog, loop, counting(only("/nothing"), asked))
    assert {"/completions", "/embeddings", "/responses"} <= set(asked)
    assert "nor is any other part of the API: /completions (404)" in said
    assert "not tried" not in said


def test_endpoint_that_may_serve_sound_alone_is_told_how_to_try_it(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    said = refusal(without_paid(catalog, ()), loop, only("/audio/speech"))
    assert "were not tried: name their suites" in said


FLAT = b'{"message": "This model requires a system prompt", "type": "invalid_request_error"}'


def test_refusal_that_mentions_a_model_is_no_unknown_model(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        return answer(asked) if asked.path == "/models" else ServerReply(400, {"content-type": "application/json"}, FLAT)

    assert loop.run_until_complete(clear(catalog, respond, WISHES)).model == "reference"


@pytest.mark.parametrize("message", ["model x not found", "The model `reference` does not exist", "unknown model"])
def test_model_that_is_listed_is_never_called_unknown(catalog: Catalog, loop: asyncio.AbstractEventLoop, message: str) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        return fixed(404, message)(asked) if "chat" in asked.path else answer(asked)

    subject = loop.run_until_complete(clear(catalog, respond, WISHES))
    assert "/completions is, so that is judged" in subject.remarks[-1]


def test_words_about_a_model_that_stand_far_apart_say_nothing(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    far = f"This model {'and more ' * 20} invalid"
    assert loop.run_until_complete(clear(catalog, fixed(400, far), WISHES)).model == "reference"


@pytest.mark.parametrize("model", ["reference", None])
def test_rate_limit_is_told_as_that(catalog: Catalog, loop: asyncio.AbstractEventLoop, model: str | None) -> None:
    with pytest.raises(RateLimitedError) as caught:
        loop.run_until_complete(clear(catalog, fixed(429, "Slow down."), replace(WISHES, model=model)))
    assert "is rate limited, nothing was judged" in str(caught.value)
    assert "429 3 times (Slow down.)" in str(caught.value)
    assert "base URL right" not in str(caught.value)


def test_list_that_broke_off_is_told_as_that(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        return ServerReply(200, {"content-type": "application/json", "content-encoding": "br"}, b"{}")

    said = refusal(catalog, loop, respond, replace(WISHES, model=None))
    assert "answered 200, but its reply is incomplete" in said
    assert "name one with --model" in said


POINTED = {
    "https://api.example/v1/models": "use https://api.example/v1 as base URL",
    "/v2/models": "use http://reference.test/v2 as base URL",
    "https://api.example/v1/chat/completions": "which is another place of the API or none: is the base URL right?",
    "file:///etc/passwd": "which is not an HTTP address",
    "https://": "which is not an HTTP address",
}


@pytest.mark.parametrize("location", POINTED)
def test_redirect_is_advice_only_where_a_base_url_can_be_so(catalog: Catalog, loop: asyncio.AbstractEventLoop, location: str) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        return fixed(301, "Moved", location=location)(asked) if asked.path == "/models" else fixed(404, "Not Found")(asked)

    assert POINTED[location] in refusal(catalog, loop, respond)


@pytest.mark.parametrize(
    ("said", "window"),
    [
        ({"max_model_len": 8192}, 8192),
        ({"context_window": 4096, "id": "another"}, None),
        ({"max_context_length": 131072, "loaded_context_length": 2048}, 2048),
        ({"context_length": 131072}, None),
        ({"context_length": "8192", "n_ctx": True}, None),
        ({"max_model_len": -1}, None),
        ({}, None),
    ],
)
def test_context_window_is_taken_from_the_list_of_models_unless_it_is_large(said: dict[str, object], window: int | None) -> None:
    body = json.dumps({"object": "list", "data": [7, {"id": "m", "object": "model", **said}]}).encode()
    assert listed_window(Exchange("x", Request("models", "GET", "/models", (), b""), 200, body=body), "m") == window


def test_prompt_that_is_too_long_has_more_words_than_the_window_has_tokens() -> None:
    assert len(too_long(replace(SUBJECT, context_window=100)).split()) > 100
    with pytest.raises(UndecidedError, match="--context-window names it"):
        too_long(replace(SUBJECT, context_window=None))
