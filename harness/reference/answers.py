"""Requests to replies, purely: routes, and what each endpoint says."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from harness.reference.exchange import Asked, Reply
from harness.reference.language import shorten, speak, tokens
from harness.reference.refusals import CHAT, TEXT, Refusal, authorise, check_members, check_messages, check_response_format, read_body

MODELS = ("reference", "reference-text")
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
    methods = {"chat/completions": "POST", "completions": "POST", "models": "GET", "model": "GET"}
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
    check_members(body, CHAT, MODELS)
    check_messages(body["messages"])
    check_response_format(body.get("response_format"))
    prompt = [_content_text(message.get("content")) for message in body["messages"]]
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    said, reason = shorten(speak(prompt[-1]), limit, _stops(body))
    n = body.get("n") or 1
    usage = _usage(sum(len(tokens(text)) + _MESSAGE_TOKENS for text in prompt), n * len(said))
    envelope = {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": "chat.completion", "created": int(time.time()), "model": body["model"]}
    if body.get("stream"):
        chunk = {**envelope, "object": "chat.completion.chunk", "service_tier": "default", "system_fingerprint": None}
        return Reply(events=list(_chat_events(body, chunk, said, reason, usage)))
    choice: dict[str, Any] = {
        "message": {"role": "assistant", "content": "".join(said), "refusal": None, "annotations": []},
        "logprobs": None,
        "finish_reason": reason,
    }
    choices = [{"index": index, **choice} for index in range(n)]
    return Reply(body={**envelope, "choices": choices, "usage": usage, "service_tier": "default", "system_fingerprint": None})


def _chat_events(body: Mapping[str, Any], chunk: dict[str, Any], said: list[str], reason: str, usage: dict[str, Any]) -> Iterator[Any]:
    """The events of a streamed chat reply; the choices take turns."""
    n = body.get("n") or 1
    options = body.get("stream_options") or {}
    rest = {"usage": None} if options.get("include_usage") else {}
    steps: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant", "content": "", "refusal": None}, None)]
    steps += [({"content": piece}, None) for piece in said]
    steps += [({}, reason)]
    for number, (delta, finish) in enumerate(steps):
        padding = {} if options.get("include_obfuscation") is False else {"obfuscation": "abcdefgh"[: 1 + number % 8]}
        for index in range(n):
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
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
    check_members(body, TEXT, MODELS)
    prompts = _prompts(body["prompt"])
    n = body.get("n") or 1
    limit = 16 if body.get("max_tokens") is None else body["max_tokens"]
    made = [shorten(speak(prompt), limit, _stops(body)) for prompt in prompts for _ in range(n)]
    usage = _usage(sum(len(tokens(prompt)) for prompt in prompts), sum(len(said) for said, _ in made))
    envelope = {"id": f"cmpl-{uuid.uuid4().hex}", "object": "text_completion", "created": int(time.time()), "model": body["model"]}
    if body.get("stream"):
        return Reply(events=list(_text_events(body, envelope, made, usage)))
    choices = [
        {"text": "".join(said), "index": index, "logprobs": None, "finish_reason": reason} for index, (said, reason) in enumerate(made)
    ]
    return Reply(body={**envelope, "choices": choices, "usage": usage})


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
    body: Mapping[str, Any], envelope: dict[str, Any], made: list[tuple[list[str], str]], usage: dict[str, Any]
) -> Iterator[Any]:
    """The events of a streamed text completion, one choice after the other."""
    asked = bool((body.get("stream_options") or {}).get("include_usage"))
    rest = {"usage": None} if asked else {}
    for index, (said, reason) in enumerate(made):
        for text, finish in [*((piece, None) for piece in said), ("", reason)]:
            yield {**envelope, "choices": [{"text": text, "index": index, "logprobs": None, "finish_reason": finish}], **rest}
    if asked:
        yield {**envelope, "choices": [], "usage": usage}
    yield DONE
