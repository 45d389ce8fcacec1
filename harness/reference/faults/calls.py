"""Tool calls that are malformed, truncated, unwanted, or left in the text."""

from __future__ import annotations

import json
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import (
    any_chat,
    body_of,
    both,
    choice,
    chunk_choice,
    chunks,
    each_call,
    each_piece,
    message,
    offers_tools,
    plain,
    rewriting,
    setting,
    without,
)
from .fault import fault
from .where import BREAKS, WRONG

fault(
    "B030",
    "fastflowlm-tool-choice-none-ignored",
    "With tool_choice none, the model still calls tools.",
    server="FastFlowLM",
    seen="ROCm/FastFlowLM/pull/728",
    severity=WRONG,
    ask=rewriting(lambda asked: offers_tools(asked) and body_of(asked).get("tool_choice") == "none", setting("tool_choice", "auto")),
)


def mark_up(m: Any) -> None:
    """Leave the model's raw markup of its calls in the text."""
    if calls := m.get("tool_calls"):
        m["content"] = "".join(f"<tool_call>{written(call['function'])}</tool_call>" for call in calls)


def written(function: Any) -> str:
    """The raw markup of a call."""
    return json.dumps({"name": function["name"], "arguments": json.loads(function["arguments"])}, ensure_ascii=False)


def streams_markup(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send the start of the model's raw markup as text with the first delta of each call."""

    def change(chunk: Any, number: int) -> None:
        for item in chunk["choices"]:
            for piece in item["delta"].get("tool_calls", []):
                if name := piece["function"].get("name"):
                    item["delta"]["content"] = f'<tool_call>{{"name": "{name}", "arguments": '

    return chunks(offers_tools, change)(asked, reply)


def is_whole(item: Any) -> bool:
    """Whether a choice was not truncated."""
    return bool(item["finish_reason"] != "length")


fault(
    "B117",
    "rapid-mlx-markup-beside-calls",
    "The model's raw <tool_call> markup stays in the text, next to the calls parsed from it.",
    server="Rapid-MLX",
    seen="raullenchai/Rapid-MLX/pull/208",
    severity=WRONG,
    change=both(plain(offers_tools, choice(lambda item: mark_up(item["message"]) if is_whole(item) else None)), streams_markup),
)


def says_called(item: Any, *_: Any) -> None:
    """Give a truncated reply the finish reason of one with calls."""
    if item["finish_reason"] == "length":
        item["finish_reason"] = "tool_calls"


def calls_in(reply: ServerReply) -> bool:
    """Whether a reply has a call."""
    listed = reply.events if reply.events is not None else [reply.body]
    items = [item for one in listed if isinstance(one, dict) for item in one.get("choices", [])]
    return any((item.get("message") or item.get("delta")).get("tool_calls") for item in items)


def cut_in_silence(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Hide that a call was truncated."""
    if reply.status == 200 and offers_tools(asked) and calls_in(reply):
        reply = plain(offers_tools, choice(says_called))(asked, reply)
        reply = chunks(offers_tools, chunk_choice(says_called, finish=True))(asked, reply)
    return reply


fault(
    "B136",
    "hermes-cut-arguments-say-tool-calls",
    "Arguments cut by the token limit come with the finish reason tool_calls.",
    server="providers that hermes-agent meets",
    seen="NousResearch/hermes-agent/issues/7680",
    severity=WRONG,
    change=cut_in_silence,
)
fault(
    "B137",
    "mistral-rs-type-of-call-null",
    "The type of a call is null, streamed or not.",
    server="o4-mini relay; mistral.rs; vLLM/Ollama variants",
    seen="vercel/ai/issues/6041 EricLBuehler/mistral.rs/pull/687 mistralai/mistral-vibe/pull/552",
    severity=BREAKS,
    change=both(each_call(setting("type", None)), each_piece(lambda piece, number: piece.update(type=None) if "type" in piece else None)),
)
fault(
    "B139",
    "kimi-empty-list-of-calls",
    "A reply without calls has an empty tool_calls list.",
    server="Kimi K2 hosts; OpenAI-compatible providers",
    seen="moonbitlang/maria/issues/242 github/copilot-sdk/pull/811 openai/openai-agents-js/pull/308",
    severity=WRONG,
    change=plain(any_chat, message(lambda m: m.setdefault("tool_calls", []))),
)


def nothing(function: Any) -> None:
    """Replace empty arguments with an empty string."""
    if function.get("arguments") == "{}":
        function["arguments"] = ""


fault(
    "B140",
    "glm-no-arguments-as-empty-text",
    "The arguments of a tool without parameters are an empty string, not {}.",
    server="GLM via OpenRouter; Bedrock Claude gateways; OVMS users",
    seen="Lexus2016/hermes-agent-evolution/pull/1170 open-webui/open-webui/issues/23778 sigoden/aichat/pull/1217 "
    "openai/openai-agents-js/issues/664",
    severity=BREAKS,
    change=both(each_call(lambda call: nothing(call["function"])), each_piece(lambda piece, number: nothing(piece["function"]))),
)
fault(
    "B141",
    "openrouter-arguments-missing",
    "The call of a tool without parameters has no arguments member.",
    server="OpenRouter (Claude Haiku via Bedrock)",
    seen="OpenRouterTeam/ai-sdk-provider/issues/287",
    severity=BREAKS,
    change=each_call(lambda call: without("arguments")(call["function"]) if call["function"]["arguments"] == "{}" else None),
)
fault(
    "B230",
    "sglang-parallel-off-ignored",
    "With parallel_tool_calls false, the model still makes two calls at once.",
    server="SGLang; vLLM",
    seen="sgl-project/sglang/issues/9696 vllm-project/vllm/pull/22218",
    severity=WRONG,
    ask=rewriting(offers_tools, without("parallel_tool_calls")),
)


def only_first(m: Any) -> None:
    """Parse the first call, and leave the rest in the text."""
    if len(m.get("tool_calls") or []) > 1:
        m["content"] = "".join(written(call["function"]) for call in m["tool_calls"][1:])
        del m["tool_calls"][1:]


fault(
    "B231",
    "llama-cpp-second-call-stays-in-the-text",
    "Only the first of two calls is parsed; the other stays in the text as raw markup.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/issues/14101",
    severity=WRONG,
    change=plain(offers_tools, choice(lambda item: only_first(item["message"]) if is_whole(item) else None)),
)
