"""Changes to a request that keep its meaning, or change it in a known way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]


def with_defaults(body: Body, schema: Mapping[str, Any]) -> Body:
    """The body with missing optional members set to the schema's defaults."""
    told = {name: member["default"] for name, member in schema["properties"].items() if "default" in member}
    return {**told, **body}


def _hot(body: Body) -> Body:
    """Different sampling parameters."""
    more = {"temperature": 1.7, "top_p": 0.3}
    return {**body, **more} if "input" in body else {**body, **more, "seed": 4242, "presence_penalty": 1.5, "frequency_penalty": -1.5}


def _longer(body: Body) -> Body:
    """The prompt with more words at its end."""
    more = " One two three four five six seven eight nine ten."
    if "messages" in body:
        last = body["messages"][-1]
        content = [*last["content"], {"type": "text", "text": more}] if isinstance(last["content"], list) else last["content"] + more
        return {**body, "messages": [*body["messages"][:-1], {**last, "content": content}]}
    name = "prompt" if "prompt" in body else "input"
    given = body[name]
    if isinstance(given, str):
        return {**body, name: given + more}
    if "model" in body and name == "input" and "max_output_tokens" in body:
        return {**body, name: [*given, {"role": "user", "content": more}]}
    return {**body, name: [*given, *([1, 2, 3] if isinstance(given[0], int) else [more])]}


def _streamed(body: Body) -> Body:
    """The same request, streamed, with usage."""
    whole = {name: value for name, value in body.items() if name != "stream_options"}
    return {**whole, "stream": True} if "input" in body else {**whole, "stream": True, "stream_options": {"include_usage": True}}


def whole(body: Body) -> Body:
    """The same request, not streamed."""
    return {name: value for name, value in body.items() if name not in ("stream", "stream_options")}


def _tools_reversed(body: Body) -> Body:
    """The same tools in reverse order."""
    return {**body, "tools": body["tools"][::-1]} if body.get("tools") else body


def _stopped(body: Body) -> Body:
    """A stop sequence that occurs in the reply if the model counts as the prompt asks."""
    return {**body, "stop": "7"}


def _higher_limit(body: Body) -> Body:
    """A higher token limit."""
    return {**body, "max_tokens": body["max_tokens"] + 8}


CHANGED: Mapping[str, Callable[[Body], Body]] = {
    "sampling": _hot,
    "longer-prompt": _longer,
    "streamed": _streamed,
    "tools-turned": _tools_reversed,
    "higher-limit": _higher_limit,
    "stopped": _stopped,
}
"""Changes whose effect on the reply is known."""
