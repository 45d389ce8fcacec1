"""Legitimate behaviour of real servers is not reported, even where a rule's first wording forbade it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.catalog.json_variants import WRITTEN, compact
from harness.checks import Reply
from harness.checks.agreement import written_prompt_costs_the_same
from harness.checks.chat.logprobs import tokens_join_to_the_text
from harness.model import Data, Exchange, Request, UndecidedError

CHAT: dict[str, Any] = {"model": "any", "max_tokens": 8, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(
    ("stop", "told", "is_met"),
    [("7", "1 2", True), ("7", "1 27", True), (["x", "7"], "1 27 8", True), ("7", "1 28", False), (None, "1 27", False), ("7", "1", False)],
)
def test_tokens_may_hold_the_stop_sequence_that_ended_the_text(stop: Data, told: str, is_met: bool) -> None:
    asked = {**CHAT, "logprobs": True, "stop": stop}
    scores: dict[str, Data] = {"content": [{"token": letter, "logprob": -1.0, "bytes": None, "top_logprobs": []} for letter in told]}
    choice = {"index": 0, "message": {"role": "assistant", "content": "1 2"}, "finish_reason": "stop", "logprobs": scores}
    request = Request("chat", "POST", "/chat/completions", (), json.dumps(asked).encode())
    headers = (("content-type", "application/json"),)
    reply = Reply(Exchange("x#1", request, 200, headers, json.dumps({"choices": [choice]}).encode()))
    assert (tokens_join_to_the_text(reply) == []) == is_met


TOOLS = [{"type": "function", "function": {"name": "a", "parameters": {"type": "object", "required": []}}}]


@pytest.mark.parametrize("declared", [{"tools": TOOLS}, {}])
def test_tools_in_another_order_may_be_counted_differently(declared: dict[str, Any]) -> None:
    body = {**CHAT, **declared}
    first, second = (counted(written.encode(), tokens) for written, tokens in ((compact(body), 40), (WRITTEN["member-order"](body), 41)))
    if declared:
        with pytest.raises(UndecidedError, match="another order"):
            written_prompt_costs_the_same(first, second)
    else:
        assert written_prompt_costs_the_same(first, second)


def counted(asked: bytes, tokens: int) -> Reply:
    """A reply whose prompt costs so many tokens."""
    usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
    request = Request("chat", "POST", "/chat/completions", (), asked)
    return Reply(Exchange("x#1", request, 200, (("content-type", "application/json"),), json.dumps({"usage": usage}).encode()))
