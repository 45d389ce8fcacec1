"""Bugs of chat calls that were reported after all other lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import (
    any_chat,
    body_of,
    both,
    choice,
    each_piece,
    events,
    first_choice,
    offers_tools,
    plain,
    rewriting,
    setting,
    without,
)
from .fault import fault
from .where import BREAKS, WRONG, messages, streamed

Listed = list[Any]


def callers(listed: Listed) -> set[int]:
    """The choices of a stream that call a tool."""
    return {first_choice(event)["index"] for event in listed if (first_choice(event).get("delta") or {}).get("tool_calls")}


def ends_calls(reason: str, instead_of: str) -> Callable[[Listed], Listed]:
    """End choices with calls with another finish reason."""

    def change(listed: Listed) -> Listed:
        calling = callers(listed)
        for event in listed:
            one = first_choice(event)
            if one.get("finish_reason") == instead_of and one["index"] in calling:
                one["finish_reason"] = reason
        return listed

    return change


fault(
    "R001",
    "vllm-cut-call-streams-as-finished",
    "A streamed call that the token limit cut ends with tool_calls; a plain one ends with length.",
    server="vLLM",
    seen="vllm-project/vllm/issues/53269",
    severity=WRONG,
    change=events(any_chat, ends_calls("tool_calls", "length")),
)


fault(
    "R002",
    "gemini-streams-calls-with-stop",
    "A streamed reply with calls ends with stop; a plain one ends with tool_calls.",
    server="Gemini's OpenAI layer; vLLM; LiteLLM",
    seen="googleapis/python-genai/issues/2868 vllm-project/vllm/pull/9209 BerriAI/litellm/issues/12862",
    severity=WRONG,
    change=events(any_chat, ends_calls("stop", "tool_calls")),
)


fault(
    "R003",
    "litellm-calls-end-their-turn",
    "A reply with calls has the finish reason end_turn.",
    server="LiteLLM (Ollama, Gemini)",
    seen="BerriAI/litellm/issues/12481",
    severity=WRONG,
    change=events(any_chat, ends_calls("end_turn", "tool_calls")),
)


def is_more(event: Any) -> bool:
    """Whether an event has nothing but a later piece of a call."""
    calls = (first_choice(event).get("delta") or {}).get("tool_calls")
    return isinstance(calls, list) and bool(calls) and all("id" not in call for call in calls)


fault(
    "R004",
    "vllm-arguments-never-stream",
    "A streamed call has a name, and never any arguments.",
    server="vLLM (hermes parser)",
    seen="vllm-project/vllm/issues/9693",
    severity=WRONG,
    change=events(any_chat, lambda listed: [event for event in listed if not is_more(event)]),
)


def last_brace_lost(listed: Listed) -> Listed:
    """Cut the last character of the arguments of each choice."""
    last: dict[int, Any] = {}
    for event in listed:
        if is_more(event):
            last[first_choice(event)["index"]] = first_choice(event)["delta"]["tool_calls"][-1]["function"]
    for function in last.values():
        function["arguments"] = function["arguments"][:-1]
    return listed


fault(
    "R005",
    "vllm-last-brace-of-arguments-lost",
    "The arguments of the last streamed call lack their last character.",
    server="vLLM",
    seen="vllm-project/vllm/issues/15274",
    severity=WRONG,
    change=events(any_chat, last_brace_lost),
)


def renamed_pieces(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Give each piece of a call the call's name."""
    names: dict[int, str] = {}

    def again(piece: Any, number: int) -> None:
        name = names.setdefault(piece["index"], piece["function"].get("name", ""))
        piece["function"]["name"] = name

    return each_piece(again)(asked, reply)


fault(
    "R006",
    "llama-cpp-name-in-every-piece",
    "Every piece of a streamed call repeats the name of the function, which clients then join.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/pull/12379",
    severity=BREAKS,
    change=renamed_pieces,
)


def retyped(value: Any) -> Any:
    """Read texts that look like numbers as numbers."""
    if isinstance(value, dict):
        return {name: retyped(item) for name, item in value.items()}
    return int(value) if isinstance(value, str) and value.isdigit() else value


def arguments_retyped(body: Any) -> None:
    """Retype the arguments of all calls."""
    for one in body["choices"]:
        for call in one["message"].get("tool_calls", []):
            try:
                call["function"]["arguments"] = json.dumps(retyped(json.loads(call["function"]["arguments"])))
            except ValueError:
                continue


fault(
    "R024",
    "colibri-texts-become-numbers",
    "Arguments whose type is string become numbers if they look like numbers.",
    server="colibri",
    seen="JustVugg/colibri/pull/118",
    severity=WRONG,
    change=plain(any_chat, arguments_retyped),
)


def choice_as_auto(names_only: bool) -> Callable[[dict[str, Any]], None]:
    """Take a tool choice for auto."""

    def change(body: dict[str, Any]) -> None:
        if isinstance(body.get("tool_choice"), dict) or (not names_only and body.get("tool_choice") == "required"):
            body["tool_choice"] = "auto"

    return change


fault(
    "R025",
    "litert-lm-tool-choice-ignored",
    "tool_choice required and named behave as auto.",
    server="LiteRT-LM; mlxcel; Ollama; vLLM (qwen3_coder)",
    seen="google-ai-edge/LiteRT-LM/issues/2471 lablup/mlxcel/issues/1319 ollama/ollama/issues/8421 vllm-project/vllm/issues/54808",
    severity=WRONG,
    ask=rewriting(any_chat, choice_as_auto(False)),
)


fault(
    "R026",
    "llama-cpp-named-choice-is-auto",
    "A named tool_choice behaves as auto.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/pull/26849 ggml-org/llama.cpp/pull/28806",
    severity=WRONG,
    ask=rewriting(any_chat, choice_as_auto(True)),
)


class SameCall:
    """Gives every call the same id."""

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change the ids of a plain or streamed reply."""

        def constant(one: Any) -> None:
            for call in (one.get("message") or {}).get("tool_calls", []):
                call["id"] = "ZsSt4SkIFMRz0HtqT7MTlimNvzlKM896"

        def streamed_too(piece: Any, number: int) -> None:
            if "id" in piece:
                piece["id"] = "ZsSt4SkIFMRz0HtqT7MTlimNvzlKM896"

        return both(plain(any_chat, choice(constant)), each_piece(streamed_too))(asked, reply)


fault(
    "R029",
    "llama-cpp-one-id-for-all-calls",
    "Every call of every reply has the same id.",
    server="llama.cpp server",
    seen="NousResearch/hermes-agent/issues/70724 NousResearch/hermes-agent/pull/11722",
    severity=WRONG,
    change=SameCall(),
)


def shared_ids(body: Any) -> None:
    """Give the calls of a reply the id of the first."""
    for one in body["choices"]:
        calls = one["message"].get("tool_calls", [])
        for call in calls:
            call["id"] = calls[0]["id"]


fault(
    "R030",
    "mimo-one-id-for-two-calls",
    "Two calls of one reply have the same id.",
    server="MiMo via opencode-go; Kimi behind some proxies",
    seen="can1357/oh-my-pi/issues/2055",
    severity=WRONG,
    change=plain(any_chat, shared_ids),
)


def leaks_filtered(asked: ServerRequest) -> bool:
    """Whether it is a streamed request with a system message and tools."""
    roles = {one.get("role") for one in messages(asked)}
    return streamed(offers_tools)(asked) and bool(roles & {"system", "developer"})


fault(
    "R034",
    "containarium-calls-lost-under-a-system-prompt",
    "If there is a system message, the calls of a stream are lost.",
    server="Containarium model gateway",
    seen="FootprintAI/Containarium/pull/819",
    severity=WRONG,
    change=events(
        leaks_filtered, lambda listed: [event for event in listed if not (first_choice(event).get("delta") or {}).get("tool_calls")]
    ),
)


fault(
    "R036",
    "mlx-vlm-calls-end-with-stop",
    "A reply with calls that the model chose to make ends with stop, streamed or not.",
    server="mlx-vlm; SGLang (Qwen)",
    seen="Blaizzy/mlx-vlm/pull/990 Blaizzy/mlx-vlm/pull/1014",
    severity=WRONG,
    change=both(
        plain(any_chat, choice(lambda one: setting("finish_reason", "stop")(one) if one["message"].get("tool_calls") else None)),
        events(any_chat, ends_calls("stop", "tool_calls")),
    ),
)


fault(
    "R037",
    "vllm-no-type-for-a-named-call",
    "With a named tool_choice the pieces of a streamed call have no type.",
    server="vLLM",
    seen="vllm-project/vllm/issues/16340",
    severity=BREAKS,
    change=lambda asked, reply: (
        each_piece(lambda piece, number: without("type")(piece))(asked, reply)
        if isinstance(body_of(asked).get("tool_choice"), dict)
        else reply
    ),
)
