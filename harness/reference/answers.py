"""Requests to replies, purely: routes, and what each endpoint says."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from harness.reference.embeddings import EMBEDDING, embed
from harness.reference.embeddings import MODEL as EMBEDDING_MODEL
from harness.reference.exchange import Asked, Reply
from harness.reference.language import shorten, speak, tokens
from harness.reference.refusals import CHAT, TEXT, Refusal, authorise, check_members, check_messages, check_response_format, read_body
from harness.reference.structure import logprobs, structured, text_logprobs
from harness.reference.tools import calls, check_results, check_tools, pieces, within

CHAT_MODELS = ("reference", "reference-text")
MODELS = (*CHAT_MODELS, EMBEDDING_MODEL)
DONE = "[DONE]"
_BORN = 1_735_689_600
_MESSAGE_TOKENS = 4


def answer(asked: Asked) -> Reply:
    """The reply to a request."""
    try:
        reply = _route(asked)
    except Refusal as refusal:
        reply = Reply(refusal.status, body=refusal.body)
    kind = "application/json" if reply.events is None else "text/event-stream; charset=utf-8"
    reply.headers = {"content-type": kind, **_common_headers(), **reply.headers}
    return reply


def _common_headers() -> dict[str, str]:
    """What every reply carries."""
    return {
        "x-request-id": f"req_{uuid.uuid4().hex}",
        "openai-version": "2020-10-01",
        "openai-processing-ms": "3",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-tokens": "1999000",
        "x-ratelimit-reset-tokens": "30ms",
    }


def _route(asked: Asked) -> Reply:
    """Find the endpoint, or refuse."""
    head, _, tail = asked.path.strip("/").partition("/")
    name = "model" if head == "models" and tail else asked.path.strip("/")
    methods = {"chat/completions": "POST", "completions": "POST", "embeddings": "POST", "models": "GET", "model": "GET"}
    if name not in methods:
        raise Refusal(404, f"Invalid URL ({asked.method} {asked.path})")
    if asked.method != methods[name]:
        raise Refusal(405, f"Not allowed to {asked.method} on {asked.path}.")
    authorise(asked.headers)
    match name:
        case "models":
            return Reply(body={"object": "list", "data": [_model(identity) for identity in MODELS]})
        case "model":
            return _retrieve(unquote(tail))
        case "embeddings":
            body = read_body(asked.body)
            check_members(body, EMBEDDING, (EMBEDDING_MODEL,))
            return Reply(body=embed(body))
        case "completions":
            return _text_completion(read_body(asked.body))
        case _:
            return _chat_completion(read_body(asked.body))


def _model(identity: str) -> dict[str, Any]:
    return {"id": identity, "object": "model", "created": _BORN, "owned_by": "wireproof"}


def _retrieve(identity: str) -> Reply:
    if identity not in MODELS:
        raise Refusal(404, f"The model '{identity}' does not exist or you do not have access to it.", "model_not_found", "model")
    return Reply(body=_model(identity))


def _chat_completion(body: dict[str, Any]) -> Reply:
    """Answer a chat request, whole or in chunks."""
    check_members(body, CHAT, CHAT_MODELS)
    check_messages(body["messages"])
    check_response_format(body.get("response_format"))
    check_tools(body)
    check_results(body["messages"])
    prompt = [_content_text(message.get("content")) for message in body["messages"]]
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    made, cut = within(calls(body, prompt[-1]), limit)
    said: list[str] = []
    if made:
        reason = "length" if cut else _call_reason(body)
    else:
        said, reason = shorten(structured(body) or speak(prompt[-1]), limit, _stops(body))
    n = body.get("n") or 1
    spent = len(said) + sum(len(tokens(call["function"]["arguments"])) for call in made)
    usage = _usage(sum(len(tokens(text)) + _MESSAGE_TOKENS for text in prompt), n * spent)
    envelope = {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": "chat.completion", "created": int(time.time()), "model": body["model"]}
    if body.get("stream"):
        chunk = {**envelope, "object": "chat.completion.chunk", "service_tier": "default", "system_fingerprint": None}
        return Reply(events=list(_chat_events(body, chunk, _steps(body, said, made, reason), usage)))
    message: dict[str, Any] = {"role": "assistant", "content": None if made else "".join(said), "refusal": None, "annotations": []}
    choice = {
        "message": {**message, "tool_calls": made} if made else message,
        "logprobs": _logprobs(body, said),
        "finish_reason": reason,
    }
    choices = [{"index": index, **choice} for index in range(n)]
    return Reply(body={**envelope, "choices": choices, "usage": usage, "service_tier": "default", "system_fingerprint": None})


def _call_reason(body: Mapping[str, Any]) -> str:
    """Why a reply with calls ends: a call that was forced by name ends with stop, as at the API itself."""
    choice = body.get("tool_choice")
    return "stop" if isinstance(choice, dict) and choice.get("type") == "function" else "tool_calls"


def _logprobs(body: Mapping[str, Any], said: list[str]) -> dict[str, Any] | None:
    return logprobs(said, body.get("top_logprobs") or 0) if body.get("logprobs") else None


def _steps(
    body: Mapping[str, Any], said: list[str], made: list[dict[str, Any]], reason: str
) -> list[tuple[dict[str, Any], list[str], str | None]]:
    """What each chunk of a streamed reply adds: its delta, the tokens in it, and the finish reason."""
    first = {"role": "assistant", "content": None if made else "", "refusal": None}
    texts = [({"content": piece}, [piece], None) for piece in said]
    return [(first, [], None), *texts, *((delta, [], None) for delta in pieces(made)), ({}, [], reason)]


def _chat_events(
    body: Mapping[str, Any], chunk: dict[str, Any], steps: list[tuple[dict[str, Any], list[str], str | None]], usage: dict[str, Any]
) -> Iterator[Any]:
    """The events of a streamed chat reply; the choices take turns."""
    n = body.get("n") or 1
    options = body.get("stream_options") or {}
    rest = {"usage": None} if options.get("include_usage") else {}
    for number, (delta, said, finish) in enumerate(steps):
        padding = {} if options.get("include_obfuscation") is False else {"obfuscation": "abcdefgh"[: 1 + number % 8]}
        scores = _logprobs(body, said) if said else None
        for index in range(n):
            choice = {"index": index, "delta": delta, "logprobs": scores, "finish_reason": finish}
            yield {**chunk, "choices": [choice], **rest, **padding}
    if options.get("include_usage"):
        yield {**chunk, "choices": [], "usage": usage}
    yield DONE


def _content_text(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def _stops(body: Mapping[str, Any]) -> list[str]:
    stop = body.get("stop") or []
    return [stop] if isinstance(stop, str) else stop


def _usage(prompt: int, completion: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _text_completion(body: dict[str, Any]) -> Reply:
    """Answer a text completion, whole or in chunks."""
    check_members(body, TEXT, CHAT_MODELS)
    _check_text(body)
    prompts = _prompts(body["prompt"])
    n = body.get("n") or 1
    limit = 16 if body.get("max_tokens") is None else body["max_tokens"]
    made = [(prompt, *shorten(speak(prompt), limit, _stops(body))) for prompt in prompts for _ in range(n)]
    usage = _usage(sum(len(tokens(prompt)) for prompt in prompts), sum(len(said) for _, said, _ in made))
    envelope = {"id": f"cmpl-{uuid.uuid4().hex}", "object": "text_completion", "created": int(time.time()), "model": body["model"]}
    if body.get("stream"):
        return Reply(events=list(_text_events(body, envelope, made, usage)))
    choices = [_text_choice(body, index, prompt, said, reason) for index, (prompt, said, reason) in enumerate(made)]
    return Reply(body={**envelope, "choices": choices, "usage": usage})


def _check_text(body: Mapping[str, Any]) -> None:
    """Refuse members of a text completion that do not go together."""
    best = body.get("best_of")
    if best is not None and body.get("stream"):
        raise Refusal(400, "'best_of' cannot be streamed.", None, "best_of")
    if best is not None and best < (body.get("n") or 1):
        raise Refusal(400, "'best_of' must be at least 'n'.", "invalid_value", "best_of")
    if body.get("suffix") is not None:
        raise Refusal(400, "This model does not support 'suffix'.", "unsupported_parameter", "suffix")


def _text_choice(body: Mapping[str, Any], index: int, prompt: str, said: list[str], reason: str) -> dict[str, Any]:
    """One choice of a text completion."""
    echo = bool(body.get("echo"))
    scores = None
    if body.get("logprobs") is not None:
        scores = text_logprobs(tokens(prompt), said, body["logprobs"], echo=echo, offset=0 if echo else len(prompt))
    text = (prompt if echo else "") + "".join(said)
    return {"text": text, "index": index, "logprobs": scores, "finish_reason": reason}


def _prompts(prompt: Any) -> list[str]:
    """The prompts as texts; token ids stand for words of their own."""
    if isinstance(prompt, str):
        return [prompt]
    if isinstance(prompt, list) and prompt and all(isinstance(item, str) for item in prompt):
        return prompt
    if isinstance(prompt, list) and prompt and all(isinstance(item, int) for item in prompt):
        return [" ".join(map(str, prompt))]
    if isinstance(prompt, list) and prompt and all(isinstance(item, list) and item for item in prompt):
        return [" ".join(map(str, item)) for item in prompt]
    raise Refusal(400, "Invalid type for 'prompt': expected a string, strings, or arrays of token ids.", "invalid_type", "prompt")


def _text_events(
    body: Mapping[str, Any], envelope: dict[str, Any], made: list[tuple[str, list[str], str]], usage: dict[str, Any]
) -> Iterator[Any]:
    """The events of a streamed text completion, one choice after the other."""
    asked = bool((body.get("stream_options") or {}).get("include_usage"))
    rest = {"usage": None} if asked else {}
    for index, (prompt, said, reason) in enumerate(made):
        start = len(prompt)
        if body.get("echo"):
            yield {**envelope, "choices": [{"text": prompt, "index": index, "logprobs": None, "finish_reason": None}], **rest}
        for piece in said:
            scores = text_logprobs([], [piece], body["logprobs"], echo=False, offset=start) if body.get("logprobs") is not None else None
            start += len(piece)
            yield {**envelope, "choices": [{"text": piece, "index": index, "logprobs": scores, "finish_reason": None}], **rest}
        yield {**envelope, "choices": [{"text": "", "index": index, "logprobs": None, "finish_reason": reason}], **rest}
    if asked:
        yield {**envelope, "choices": [], "usage": usage}
    yield DONE
