"""Behaviour at the end of the context window, which here is a number of characters."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_chat, body_of, rewriting
from .fault import fault
from .where import WRONG, error, instead, streamed

WINDOW = 262_144
TOO_LONG = error(f"This model's maximum context length is {WINDOW} characters.", "context_length_exceeded", "messages")


def overflows(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Notice only after the start of a stream that the prompt is too long."""
    if not any_chat(asked) or reply.status != 200 or len(str(body_of(asked).get("messages"))) <= WINDOW:
        return reply
    if streamed(any_chat)(asked):
        return ServerReply(200, reply.headers, events=[{"error": {**TOO_LONG["error"], "code": 400}}])
    return instead(reply, 400, TOO_LONG)


fault(
    "B159",
    "sglang-too-long-for-a-stream-is-a-200",
    f"A prompt of more than {WINDOW:,} characters gets a 400, but in a streamed request a 200 with the error as an event.",
    server="SGLang; kronk; LM Studio; stdapi.ai; llm-d sim",
    seen="sgl-project/sglang/issues/12081 ardanlabs/kronk/issues/862 lmstudio-ai/lmstudio-bug-tracker/issues/2322 "
    "stdapi-ai/stdapi.ai/issues/298 llm-d/llm-d-inference-sim/issues/596",
    severity=WRONG,
    change=overflows,
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
