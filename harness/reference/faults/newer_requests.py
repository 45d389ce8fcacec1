"""Bugs in what requests are taken, refused or misread, reported after all other lists."""

from __future__ import annotations

import json
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import body_of, rewriting
from .fault import fault
from .later import items
from .where import BREAKS, WRONG, answering, error, instead


def apart(asked: ServerRequest) -> bool:
    """Whether something stands between a call and its result."""
    listed = items(asked)
    places = {one.get("call_id"): at for at, one in enumerate(listed) if one.get("type") == "function_call"}
    return any(
        one.get("type") == "function_call_output" and at - places.get(one.get("call_id"), at - 1) > 1 for at, one in enumerate(listed)
    )


fault(
    "R066",
    "deepseek-results-must-follow-their-calls",
    "A result that does not follow its call immediately is refused, for example after two calls.",
    server="DeepSeek API",
    seen="deepseek-ai/awesome-deepseek-integration/issues/740 kolega-ai/kolega-code/pull/403",
    severity=BREAKS,
    change=answering(apart, 400, error("No tool output found for tool call.", None, "input")),
)


fault(
    "R067",
    "litellm-reasoning-items-are-refused",
    "An input with a reasoning item, as the response gave it, is refused.",
    server="LiteLLM",
    seen="BerriAI/litellm/issues/13420",
    severity=BREAKS,
    change=answering(
        lambda asked: any(one.get("type") == "reasoning" for one in items(asked)),
        400,
        error("Invalid message type: reasoning", None, "input"),
    ),
)


fault(
    "R068",
    "cliproxyapi-calls-in-the-input-are-503",
    "An input with calls and their results gets a 503 without a body.",
    server="CLIProxyAPI",
    seen="router-for-me/CLIProxyAPI/issues/4138",
    severity=BREAKS,
    change=answering(lambda asked: any(one.get("type") == "function_call" for one in items(asked)), 503, b""),
)


def loosened(schema: Any, names: set[str]) -> Any:
    """A schema without some of its keywords."""
    if isinstance(schema, dict):
        return {name: loosened(value, names) for name, value in schema.items() if name not in names or isinstance(value, dict)}
    return [loosened(item, names) for item in schema] if isinstance(schema, list) else schema


def loose(*names: str) -> Any:
    """Ignore some keywords of schemas in chat and in responses."""

    def change(body: dict[str, Any]) -> None:
        for holder in ("response_format", "text"):
            if body.get(holder):
                body[holder] = loosened(json.loads(json.dumps(body[holder])), set(names))

    return rewriting(lambda asked: True, change)


fault(
    "R072",
    "xgrammar-lengths-ignored",
    "minLength and maxLength of a strict schema are ignored, above all beside a pattern.",
    server="vLLM (xgrammar)",
    seen="vllm-project/vllm/pull/45599",
    severity=WRONG,
    ask=loose("minLength", "maxLength"),
)


fault(
    "R073",
    "xgrammar-bounds-ignored",
    "minimum and maximum of a strict schema are ignored.",
    server="vLLM (xgrammar)",
    seen="vllm-project/vllm/issues/12028",
    severity=WRONG,
    ask=loose("minimum", "maximum"),
)


fault(
    "R074",
    "vllm-enums-ignored",
    "An enum of a strict schema is ignored.",
    server="vLLM",
    seen="vllm-project/vllm/issues/15236 vllm-project/vllm/issues/15762",
    severity=WRONG,
    ask=loose("enum", "const"),
)


def unpaired(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Fail where a string of the request has half a surrogate pair."""
    try:
        json.dumps(body_of(asked), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return instead(reply, 500, error("The engine failed to process the request.", "engine_error"))
    return reply


fault(
    "R075",
    "colibri-half-a-pair-is-a-500",
    "A request with half a surrogate pair in a string gets a 500.",
    server="colibri; Router-Maestro",
    seen="JustVugg/colibri/pull/1589 MadSkittles/Router-Maestro/pull/37",
    severity=WRONG,
    change=unpaired,
)


def hangs_up(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Break off where the request is not UTF-8."""
    try:
        asked.body.decode()
    except UnicodeDecodeError:
        return ServerReply(200, {"content-type": "application/json", "content-length": "2"}, b"", breaks_off=True)
    return reply


fault(
    "R076",
    "llama-cpp-invalid-bytes-end-the-connection",
    "A request that is not UTF-8 ends the connection without a reply.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/pull/9210 ggml-org/llama.cpp/issues/9195",
    severity=BREAKS,
    change=hangs_up,
)


def preflight(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Answer a preflight without the headers that the official client sends."""
    if asked.method == "OPTIONS":
        allowed = {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "POST, GET, OPTIONS",
            "access-control-allow-headers": "Content-Type, Authorization",
        }
        return ServerReply(204, {**reply.headers, **allowed}, b"")
    reply.headers["access-control-allow-origin"] = "*"
    return reply


fault(
    "R077",
    "opencodex-preflight-lacks-the-clients-headers",
    "The answer to a preflight allows Content-Type and Authorization, and not the X-Stainless headers of the official client.",
    server="opencodex; pollinations; RunAnywhere",
    seen="lidge-jun/opencodex/issues/1773 pollinations/pollinations/pull/10165 RunanywhereAI/runanywhere-sdks/pull/843",
    severity=BREAKS,
    change=preflight,
)


WINDOW = 16_384


def shortened(body: dict[str, Any]) -> None:
    """Cut what is beyond the context window."""
    for one in body.get("messages") or []:
        if isinstance(one, dict) and isinstance(one.get("content"), str):
            one["content"] = one["content"][-WINDOW:]


fault(
    "R078",
    "ollama-too-long-prompts-are-cut",
    f"A message of more than {WINDOW:,} characters is cut, and answered as if nothing had happened.",
    server="Ollama; colibri; text-generation-webui",
    seen="ollama/ollama/issues/17889 ollama/ollama/pull/17944 JustVugg/colibri/pull/506 oobabooga/textgen/pull/5066",
    severity=WRONG,
    ask=rewriting(lambda asked: True, shortened),
)
