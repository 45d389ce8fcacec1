"""Bugs reported after the first list: in responses, tools and HTTP."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from ..exchange import ServerReply, ServerRequest, encode
from .changing import any_chat, body_of, both, plain, rewriting
from .changing_responses import any_response, each, of
from .fault import fault
from .where import BREAKS, WRONG, answering, completions, error, instead, messages


def parts_run_on(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Number the parts of all items consecutively, as if they belonged to one item."""
    items = [event for event in reply.events or [] if isinstance(event, dict) and event.get("type") == "response.output_item.added"]
    reasoning = sum(event["item"]["type"] == "reasoning" for event in items)
    for event in reply.events or []:
        if isinstance(event, dict) and "content_index" in event:
            event["content_index"] += reasoning
    return reply


fault(
    "N001",
    "vllm-parts-count-over-items",
    "The first part of a message after a reasoning item has content_index 1.",
    server="vLLM (gpt-oss)",
    seen="vllm-project/vllm/issues/45742 vllm-project/vllm/pull/45889 vllm-project/vllm/pull/45745",
    severity=BREAKS,
    change=parts_run_on,
)


def thoughts_count_up(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send a reasoning summary as reasoning text, and raise the index with each delta."""
    if not any_response(asked) or reply.events is None:
        return reply
    number, kept = 0, []
    for event in reply.events:
        kind = event.get("type", "") if isinstance(event, dict) else ""
        if kind == "response.reasoning_summary_text.delta":
            rest = {name: value for name, value in event.items() if name != "summary_index"}
            kept.append({**rest, "type": "response.reasoning_text.delta", "content_index": number})
            number += 1
        elif "reasoning_summary" not in kind:
            kept.append(event)
    reply.events = [{**event, "sequence_number": at} for at, event in enumerate(kept)]
    return reply


fault(
    "N002",
    "vllm-index-counts-thoughts",
    "The deltas of one reasoning text have content_index 0, 1, 2 and so on, although its item has one part.",
    server="vLLM (non-Harmony path)",
    seen="vllm-project/vllm/pull/35184 vllm-project/vllm/pull/31761",
    severity=WRONG,
    change=thoughts_count_up,
)


def nested(told: Any) -> None:
    """Repeat the tools in chat's nested form."""
    told["tools"] = [
        {"type": "function", "function": {name: value for name, value in tool.items() if name != "type"}} for tool in told["tools"]
    ]


fault(
    "N004",
    "cliproxyapi-tools-told-nested",
    "A response lists its tools in the nested form of chat completions.",
    server="CLIProxyAPI",
    seen="router-for-me/CLIProxyAPI/issues/4530",
    severity=BREAKS,
    change=both(
        plain(any_response, nested),
        each(any_response, of("created", "in_progress", "completed", "incomplete"), lambda event: nested(event["response"])),
    ),
)


class ForgetsCalls:
    """Drops answered calls and their results from a chain of responses."""

    def __init__(self) -> None:
        self._costs: dict[str, int] = {}

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Count the input of a continued response without earlier calls."""
        if not any_response(asked) or reply.status != 200 or reply.events is not None:
            return reply
        body, usage = body_of(asked), reply.body["usage"]
        before = self._costs.get(str(body.get("previous_response_id")), 0)
        if before and usage is not None:
            usage["input_tokens"] = max(1, usage["input_tokens"] - before)
            usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
        if "function_call_output" in str(body.get("input")) and usage is not None:
            self._costs[reply.body["id"]] = usage["input_tokens"] + 1
        return reply


fault(
    "N006",
    "vllm-chain-forgets-answered-calls",
    "A response that continues another does not see earlier answered calls and their results.",
    server="vLLM",
    seen="vllm-project/vllm/issues/43244",
    severity=WRONG,
    remembers=True,
    change=ForgetsCalls(),
)


def items(asked: ServerRequest) -> list[dict[str, Any]]:
    """The items of a response's input."""
    given = body_of(asked).get("input")
    return [one for one in given if isinstance(one, dict)] if any_response(asked) and isinstance(given, list) else []


fault(
    "N008",
    "sglang-results-in-parts-refused",
    "A function_call_output whose output is a list of parts is refused.",
    server="SGLang",
    seen="sgl-project/sglang/issues/33867",
    severity=WRONG,
    change=answering(
        lambda asked: any(one.get("type") == "function_call_output" and isinstance(one.get("output"), list) for one in items(asked)),
        400,
        error("Input should be a valid string", None, "input"),
    ),
)


def declares_no_parameters(asked: ServerRequest) -> bool:
    """Whether it is a chat request with a function without parameters."""
    tools = body_of(asked).get("tools") if any_chat(asked) else None
    return any(not (tool.get("function") or {}).get("parameters") for tool in tools or [] if isinstance(tool, dict))


fault(
    "N010",
    "minimax-tools-need-parameters",
    "A function without parameters is refused.",
    server="MiniMax",
    seen="QwenLM/qwen-code/issues/11905",
    severity=BREAKS,
    change=answering(declares_no_parameters, 400, error("invalid params, function parameters is empty (2013)")),
)


def results_in_parts(body: dict[str, Any]) -> None:
    """Empty a tool result that consists of parts."""
    for one in body["messages"]:
        if one.get("role") == "tool" and isinstance(one.get("content"), list):
            one["content"] = ""


fault(
    "N012",
    "rapid-mlx-results-in-parts-are-lost",
    "A tool result made of text parts does not reach the model.",
    server="Rapid-MLX; several hosts named by Strands",
    seen="raullenchai/Rapid-MLX/pull/731 strands-agents/harness-sdk/pull/1878",
    severity=WRONG,
    ask=rewriting(lambda asked: bool(messages(asked)), results_in_parts),
)


def post(matters: Callable[[ServerRequest], bool], status: int, body: Any) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Refuse POST requests that match, for the way they were sent."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        return instead(reply, status, body) if asked.method == "POST" and matters(asked) else reply

    return apply


fault(
    "N014",
    "ds4-chunked-bodies-are-not-read",
    "A request with a chunked body is refused as invalid JSON.",
    server="ds4-server; mlx-lm server; gemini-web2api; text-generation-webui",
    seen="antirez/ds4/pull/423 ml-explore/mlx-lm/pull/589 Sophomoresty/gemini-web2api/pull/70 oobabooga/textgen/pull/3870",
    severity=BREAKS,
    change=post(lambda asked: "transfer-encoding" in asked.headers, 400, error("invalid JSON request")),
)


def unreferenced(value: Any) -> Any:
    """Replace every reference in a schema with any object."""
    if isinstance(value, dict):
        return {"type": "object"} if "$ref" in value else {name: unreferenced(item) for name, item in value.items()}
    return [unreferenced(item) for item in value] if isinstance(value, list) else value


def references_ignored(body: dict[str, Any]) -> None:
    """Ignore the references in a response format's schema."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        form.update(unreferenced(form))


fault(
    "N016",
    "llama-cpp-references-are-not-enforced",
    "A strict schema is not enforced where it uses $ref.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/issues/8073 ggml-org/llama.cpp/issues/16790",
    severity=WRONG,
    ask=rewriting(any_chat, references_ignored),
)
fault(
    "N017",
    "manifest-large-bodies-are-not-found",
    "A request body above one megabyte gets a 404.",
    server="Manifest llm-gateway; Text Generation Inference",
    seen="mnfst/llm-gateway/issues/2126 huggingface/text-generation-inference/issues/1802",
    severity=BREAKS,
    change=post(
        lambda asked: len(asked.body) > 1_048_576,
        404,
        {"message": "Cannot POST /v1/chat/completions", "error": "Not Found", "statusCode": 404},
    ),
)


def cut_to_packed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """For a client that accepts gzip, cut the body at its compressed length."""
    if completions(asked) and reply.events is None and "gzip" in asked.headers.get("accept-encoding", ""):
        whole = encode(reply.body)
        reply.body = whole[: len(gzip.compress(whole, mtime=0))]
    return reply


fault(
    "N018",
    "litellm-length-of-the-packed-body",
    "An uncompressed body has the Content-Length of its compressed form, and is cut there.",
    server="LiteLLM (pass-through)",
    seen="BerriAI/litellm/issues/25624",
    severity=BREAKS,
    change=cut_to_packed,
)
