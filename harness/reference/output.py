"""The output of a response: reasoning, calls and text, within a token limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .input import text_of
from .language import shorten, speak, tokens
from .response_tools import as_chat
from .state import State
from .structure import logprobs, structured
from .tools import calls, within

THOUGHT = "Think it over."
REASONING_TOKENS = 4
SCORES = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"
INCLUDABLE = (
    SCORES,
    ENCRYPTED,
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
)


@dataclass(frozen=True, slots=True)
class Output:
    """The output items, their token counts, and whether the token limit cut them."""

    items: list[dict[str, Any]]
    tokens: int
    reasoning_tokens: int
    cut: bool


def make_output(body: Mapping[str, Any], items: list[dict[str, Any]], state: State) -> Output:
    """Make the model's output for the items of a request."""
    prompt = text_of(items[-1]) if items else ""
    last = items[-1]["type"] if items else "message"
    thinks = (body.get("reasoning") or {}).get("effort") not in (None, "none", "minimal")
    spent = REASONING_TOKENS if thinks else 0
    limit = body.get("max_output_tokens")
    left = None if limit is None else limit - spent
    chat = as_chat(body, last)
    made, cut = within(calls(chat, prompt, state), left)
    if made:
        said = [_call(call, state, cut=cut and call is made[-1]) for call in made]
        spent += sum(len(tokens(call["function"]["arguments"])) for call in made)
    else:
        words, reason = shorten(structured(chat) or speak(prompt, body, state), left, [])
        cut = reason == "length"
        said = [_message(body, words, state, cut=cut)]
        spent += len(words)
    return Output([*([_reasoning(body, state)] if thinks else []), *said], spent, REASONING_TOKENS if thinks else 0, cut)


def _reasoning(body: Mapping[str, Any], state: State) -> dict[str, Any]:
    """A reasoning item, with the summary and encrypted content that the request asks for."""
    summary = [{"type": "summary_text", "text": THOUGHT}] if body["reasoning"].get("summary") else []
    encrypted = {"encrypted_content": "dGhpbmsgaXQgb3Zlcg=="} if ENCRYPTED in (body.get("include") or []) else {}
    return {"id": state.new_id("rs_"), "type": "reasoning", "summary": summary, **encrypted}


def _call(call: Mapping[str, Any], state: State, *, cut: bool) -> dict[str, Any]:
    """Convert a chat tool call to an item."""
    function = call["function"]
    return {
        "id": state.new_id("fc_"),
        "type": "function_call",
        "status": "incomplete" if cut else "completed",
        "call_id": call["id"],
        "name": function["name"],
        "arguments": function["arguments"],
    }


def _message(body: Mapping[str, Any], words: list[str], state: State, *, cut: bool) -> dict[str, Any]:
    """Put a text into a message item."""
    wanted = SCORES in (body.get("include") or [])
    scores = logprobs(words, body.get("top_logprobs") or 0)["content"] if wanted else []
    part = {"type": "output_text", "text": "".join(words), "annotations": [], "logprobs": scores}
    status = "incomplete" if cut else "completed"
    return {"id": state.new_id("msg_"), "type": "message", "status": status, "role": "assistant", "content": [part]}
