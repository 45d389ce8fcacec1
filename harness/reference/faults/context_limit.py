"""Behaviour at the end of the context window."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_chat, rewriting
from .fault import fault
from .where import WRONG, streamed


def notices_late(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Notice only after the start of a stream that the prompt is too long."""
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    if streamed(any_chat)(asked) and error and error.get("code") == "context_length_exceeded":
        return ServerReply(200, reply.headers, events=[{"error": {**error, "code": 400}}])
    return reply


fault(
    "B159",
    "sglang-too-long-for-a-stream-is-a-200",
    "A prompt that is too long gets a 400, but in a streamed request a 200 with the error as an event.",
    server="SGLang; kronk; LM Studio; stdapi.ai; llm-d sim",
    seen="sgl-project/sglang/issues/12081 ardanlabs/kronk/issues/862 lmstudio-ai/lmstudio-bug-tracker/issues/2322 "
    "stdapi-ai/stdapi.ai/issues/298 llm-d/llm-d-inference-sim/issues/596",
    severity=WRONG,
    change=notices_late,
)
LIMIT = 8_192


def drops_oldest(body: dict[str, Any]) -> None:
    """Cut the prompt to make room for the reply."""
    if isinstance(limit := body.get("max_tokens"), int) and limit >= LIMIT and isinstance(body.get("messages"), list):
        for one in body["messages"]:
            if isinstance(one, dict) and isinstance(one.get("content"), str):
                one["content"] = one["content"][-16:]


fault(
    "B211",
    "koboldcpp-large-limit-truncates-the-prompt",
    f"With a max_tokens of {LIMIT:,} or more, about the size of the context window, the beginning of the prompt is silently dropped.",
    server="KoboldCpp",
    seen="LostRuins/koboldcpp/issues/2481",
    severity=WRONG,
    ask=rewriting(any_chat, drops_oldest),
)
