"""Usage with impossible numbers."""

from __future__ import annotations

import json
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import Change, any_chat, body_of, both, chunks, plain
from .fault import fault
from .where import BREAKS, WRONG


def usage(change: Change) -> Any:
    """Change the usage of chat completions, plain and streamed."""

    def over(told: Any, *_: Any) -> None:
        if told.get("usage"):
            change(told["usage"])

    return both(plain(any_chat, over), chunks(any_chat, over))


fault(
    "B108",
    "dify-total-below-its-parts",
    "The total_tokens of a stream's usage counts only the completion tokens.",
    server="Dify",
    seen="langgenius/dify/issues/19175",
    severity=WRONG,
    change=chunks(any_chat, lambda c, n: c["usage"].update(total_tokens=c["usage"]["completion_tokens"]) if c.get("usage") else None),
)


def no_counts(told: dict[str, Any]) -> None:
    """Set the counts to null."""
    told.update(prompt_tokens=None, completion_tokens=None)


fault(
    "B200",
    "openai-agents-usage-of-null",
    "The usage of a chat completion has null counts.",
    server="Responses provider behind LiteLLM; providers behind openai-agents",
    seen="BerriAI/litellm/issues/13697 openai/openai-agents-python/pull/1181",
    severity=BREAKS,
    change=usage(no_counts),
)


def subtracts(told: dict[str, Any]) -> None:
    """Subtract the prompt tokens from the completion tokens."""
    made = told["completion_tokens"] - told["prompt_tokens"] - 387
    told.update(completion_tokens=made, total_tokens=told["prompt_tokens"] + made)


fault(
    "B240",
    "weknora-negative-count",
    "completion_tokens has the prompt tokens subtracted: it is negative, and the total is less than the prompt tokens.",
    server="WeKnora (Ollama adapter)",
    seen="Tencent/WeKnora/pull/2980",
    severity=WRONG,
    change=plain(any_chat, lambda body: subtracts(body["usage"])),
)


class CountsOnlyTheUncached:
    """Counts all tokens of a prompt the first time, and only the uncached ones afterwards."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if not any_chat(asked) or reply.status != 200:
            return reply
        prompt = json.dumps(body_of(asked)["messages"])
        cached = prompt in self.seen
        self.seen.add(prompt)
        return usage(self._uncached)(asked, reply) if cached and len(prompt) > LONG else reply

    @staticmethod
    def _uncached(told: dict[str, Any]) -> None:
        read = told["prompt_tokens"]
        told["prompt_tokens_details"] = {"cached_tokens": read - 1}
        told.update(prompt_tokens=1, total_tokens=read + told["completion_tokens"])


LONG = 4_096
"""Shorter prompts, in characters, are not cached."""
fault(
    "B241",
    "portkey-cached-tokens-not-counted",
    "prompt_tokens leaves out the cached tokens of a long prompt sent before, so that cached_tokens exceeds prompt_tokens.",
    server="term-llm; Portkey (Bedrock)",
    seen="SamSaffron/term-llm/pull/424 Portkey-AI/gateway/issues/1210",
    severity=WRONG,
    remembers=True,
    change=CountsOnlyTheUncached(),
)
