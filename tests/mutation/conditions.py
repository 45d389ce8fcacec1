"""When a fault happens. Most real faults need a condition that a test of the plain case never meets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.reference.exchange import ServerRequest

Holds: TypeAlias = Callable[[ServerRequest, dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a request. One that ``counts`` remembers how often it was asked."""

    holds: Holds
    counts: bool = False

    def fresh(self) -> Holds:
        """The condition, having counted nothing yet."""
        return _EveryThird() if self.counts else self.holds


class _EveryThird:
    """Holds at every third request."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, asked: ServerRequest, body: dict[str, Any]) -> bool:
        """Whether it holds now."""
        self._number += 1
        return self._number % 3 == 0


def _said(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages, or the items of the input."""
    listed = body.get("messages", body.get("input"))
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _turns(body: dict[str, Any]) -> int:
    """Which turn of a conversation a request is, as far as it tells."""
    before = sum(one.get("role") == "assistant" or one.get("type") in ("function_call", "output_text") for one in _said(body))
    return 1 + int(before) + int(body.get("previous_response_id") is not None)


def _form(body: dict[str, Any]) -> Any:
    """The kind of text that is asked for."""
    text = body.get("text")
    form = body.get("response_format") or (text.get("format") if isinstance(text, dict) else None)
    return form.get("type") if isinstance(form, dict) else None


def _limit(body: dict[str, Any]) -> int:
    """The token limit; a large one when there is none."""
    given = body.get("max_tokens") or body.get("max_completion_tokens") or body.get("max_output_tokens")
    return int(given) if type(given) is int else 1_000


def _scored(body: dict[str, Any]) -> bool:
    """Whether log probabilities are asked for."""
    return body.get("logprobs") not in (None, False) or "message.output_text.logprobs" in (body.get("include") or [])


def _not_ascii(body: dict[str, Any]) -> bool:
    """Whether the prompt holds something beyond ASCII."""
    return not json.dumps([_said(body), body.get("prompt"), body.get("input")], ensure_ascii=False).isascii()


def _several(body: dict[str, Any]) -> bool:
    """Whether there are several choices or inputs."""
    return (type(body.get("n")) is int and body["n"] > 1) or any(
        isinstance(body.get(name), list) and len(body[name]) > 1 for name in ("prompt",)
    )


CONDITIONS: dict[str, Condition] = {
    "always": Condition(lambda asked, body: True),
    "several choices": Condition(lambda asked, body: _several(body)),
    "tools": Condition(lambda asked, body: bool(body.get("tools"))),
    "JSON": Condition(lambda asked, body: _form(body) in ("json_object", "json_schema")),
    "log probabilities": Condition(lambda asked, body: _scored(body)),
    "echo": Condition(lambda asked, body: bool(body.get("echo"))),
    "reasoning": Condition(lambda asked, body: bool(body.get("reasoning") or body.get("reasoning_effort"))),
    "small limit": Condition(lambda asked, body: _limit(body) <= 16),
    "stop": Condition(lambda asked, body: bool(body.get("stop"))),
    "second turn": Condition(lambda asked, body: _turns(body) > 1),
    "third turn": Condition(lambda asked, body: _turns(body) > 2),
    "not ASCII": Condition(lambda asked, body: _not_ascii(body)),
    "temperature 0": Condition(lambda asked, body: body.get("temperature") == 0),
    "no option set": Condition(lambda asked, body: len(body) <= 4),
    "every third": Condition(lambda asked, body: True, counts=True),
}
"""Each condition by its name in the table."""
