"""Text completions of the reference, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .chat import stops_of
from .context_window import check_window
from .exchange import DONE, ServerReply
from .language import shorten, speak, tokens
from .refusals import CHAT_MODELS, TEXT, RefusalError, check_members
from .state import State
from .structure import text_logprobs
from .usage import count


def text_completion(body: dict[str, Any], state: State) -> ServerReply:
    """Answer a text completion, plain or streamed."""
    check_members(body, TEXT, CHAT_MODELS)
    _check_text(body)
    prompts = _prompts(body["prompt"])
    n = body.get("n") or 1
    limit = 16 if body.get("max_tokens") is None else body["max_tokens"]
    made = [(prompt, *shorten(speak(prompt, body, state), limit, stops_of(body))) for prompt in prompts for _ in range(n)]
    check_window(max((len(tokens(prompt)) for prompt in prompts), default=0), "prompt")
    usage = count(sum(len(tokens(prompt)) for prompt in prompts), sum(len(said) for _, said, _ in made))
    envelope = {"id": state.new_id("cmpl-"), "object": "text_completion", "created": state.time, "model": body["model"]}
    if body.get("stream"):
        return ServerReply(events=list(_text_events(body, envelope, made, usage)))
    choices = [_text_choice(body, index, prompt, said, reason) for index, (prompt, said, reason) in enumerate(made)]
    return ServerReply(body={**envelope, "choices": choices, "usage": usage})


def _check_text(body: Mapping[str, Any]) -> None:
    """Refuse invalid combinations of members in a text completion."""
    best = body.get("best_of")
    if best is not None and body.get("stream"):
        raise RefusalError(400, "'best_of' cannot be streamed.", None, "best_of")
    if best is not None and best < (body.get("n") or 1):
        raise RefusalError(400, "'best_of' must be at least 'n'.", "invalid_value", "best_of")
    if body.get("suffix") is not None:
        raise RefusalError(400, "This model does not support 'suffix'.", "unsupported_parameter", "suffix")


def _text_choice(body: Mapping[str, Any], index: int, prompt: str, said: list[str], reason: str) -> dict[str, Any]:
    """One choice of a text completion."""
    echo = bool(body.get("echo"))
    scores = None
    if body.get("logprobs") is not None:
        scores = text_logprobs(tokens(prompt), said, body["logprobs"], echo=echo, offset=0 if echo else len(prompt))
    text = (prompt if echo else "") + "".join(said)
    return {"text": text, "index": index, "logprobs": scores, "finish_reason": reason}


def _prompts(prompt: Any) -> list[str]:
    """The prompts as texts; a token id becomes its decimal number."""
    if isinstance(prompt, str):
        return [prompt]
    if isinstance(prompt, list) and prompt and all(isinstance(item, str) for item in prompt):
        return prompt
    if isinstance(prompt, list) and prompt and all(type(item) is int for item in prompt):
        return [" ".join(map(str, prompt))]
    if (
        isinstance(prompt, list)
        and prompt
        and all(isinstance(item, list) and item and all(type(t) is int for t in item) for item in prompt)
    ):
        return [" ".join(map(str, item)) for item in prompt]
    raise RefusalError(400, "Invalid type for 'prompt': expected a string, strings, or arrays of token ids.", "invalid_type", "prompt")


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
