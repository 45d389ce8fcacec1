"""Chat completions of the reference, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import stored_chats
from .context_window import check_window
from .exchange import DONE, ServerReply
from .language import IMAGE_TOKENS, shorten, speak, tokens
from .refusals import CHAT, CHAT_MODELS, check_members, check_messages, check_response_format
from .state import State
from .structure import logprobs, structured
from .tools import calls, check_results, check_tools, pieces, within
from .usage import count

_MESSAGE_TOKENS = 4


def chat_completion(body: dict[str, Any], state: State) -> ServerReply:
    """Answer a chat request, plain or streamed."""
    check_members(body, CHAT, CHAT_MODELS)
    check_messages(body["messages"])
    check_response_format(body.get("response_format"))
    check_tools(body)
    check_results(body["messages"])
    prompt = [_content_text(message.get("content")) for message in body["messages"]]
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    made, cut = within(calls(body, prompt[-1], state), limit)
    said: list[str] = []
    if made:
        reason = "length" if cut else _call_reason(body)
    else:
        said, reason = shorten(structured(body) or speak(prompt[-1], body, state), limit, stops_of(body))
    n = body.get("n") or 1
    spent = len(said) + sum(len(tokens(call["function"]["arguments"])) for call in made)
    images = sum(_images_in(message.get("content")) for message in body["messages"])
    asked = sum(len(tokens(text)) + _MESSAGE_TOKENS for text in prompt) + sum(map(_calls_in, body["messages"]))
    check_window(asked, "messages")
    usage = count(asked + images * IMAGE_TOKENS, n * spent)
    envelope = {"id": state.new_id("chatcmpl-"), "object": "chat.completion", "created": state.time, "model": body["model"]}
    if body.get("stream"):
        chunk = {**envelope, "object": "chat.completion.chunk", "service_tier": "default", "system_fingerprint": None}
        return ServerReply(events=list(_chat_events(body, chunk, _steps(body, said, made, reason), usage)))
    message: dict[str, Any] = {"role": "assistant", "content": None if made else "".join(said), "refusal": None, "annotations": []}
    choice = {
        "message": {**message, "tool_calls": made} if made else message,
        "logprobs": _logprobs(body, said),
        "finish_reason": reason,
    }
    choices = [{"index": index, **choice} for index in range(n)]
    completion = {**envelope, "choices": choices, "usage": usage, "service_tier": "default", "system_fingerprint": None}
    stored_chats.keep(body, completion, state)
    return ServerReply(body=completion)


def _call_reason(body: Mapping[str, Any]) -> str:
    """The finish reason of a reply with calls: ``stop`` if the call was forced by name, as at the API itself."""
    choice = body.get("tool_choice")
    return "stop" if isinstance(choice, dict) and choice.get("type") == "function" else "tool_calls"


def _logprobs(body: Mapping[str, Any], said: list[str]) -> dict[str, Any] | None:
    return logprobs(said, body.get("top_logprobs") or 0) if body.get("logprobs") else None


def _steps(
    body: Mapping[str, Any], said: list[str], made: list[dict[str, Any]], reason: str
) -> list[tuple[dict[str, Any], list[str], str | None]]:
    """Each chunk of a streamed reply: its delta, its tokens, and its finish reason."""
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


def _calls_in(message: Mapping[str, Any]) -> int:
    """The number of tokens in a message's tool calls."""
    functions = [call.get("function") or {} for call in message.get("tool_calls") or []]
    return sum(len(tokens(str(function.get("name")))) + len(tokens(str(function.get("arguments")))) for function in functions)


def _images_in(content: Any) -> int:
    """The number of images in a message's content."""
    return sum(part.get("type") == "image_url" for part in content) if isinstance(content, list) else 0


def stops_of(body: Mapping[str, Any]) -> list[str]:
    """The stop sequences of a request."""
    stop = body.get("stop") or []
    return [stop] if isinstance(stop, str) else stop
