"""The ways of asking for a text completion."""

from __future__ import annotations

from typing import Any

from tests.ways.endpoint import STOP, TRANSPORT, Chosen, Endpoint, prompt

CUT, ENOUGH = 4, 24


def ask(chosen: Chosen) -> dict[str, Any]:
    """The body of a request."""
    body: dict[str, Any] = {"model": "$completions_model", "max_tokens": CUT if chosen["limit"] == "cut" else ENOUGH}
    if chosen["framing"] != "plain":
        body["stream"] = True
    if chosen["framing"] == "streamed-with-usage":
        body["stream_options"] = {"include_usage": True}
    if chosen["choices"] == "two-choices":
        body["n"] = 2
    if chosen["scores"] == "logprobs":
        body["logprobs"] = 2
    if chosen["echo"] == "echo":
        body["echo"] = True
    if chosen["stop"] == "stop":
        body["stop"] = [STOP]
    text = prompt(chosen)
    return {**body, "prompt": {"text": text, "list": [text, "Say hi."], "token-ids": [9, 10, 11]}[chosen["content"]]}


def expect(chosen: Chosen) -> list[dict[str, Any]]:
    """What only this request decides."""
    found: list[dict[str, Any]] = [{"completions.combination-taken": {}}]
    if chosen["content"] == "text" and chosen["limit"] == "cut" and chosen["echo"] == "no-echo":
        found.append({"completions.limit-ends-with-length": {"limit": CUT}})
    if chosen["content"] == "text" and chosen["limit"] == "enough" and chosen["stop"] == "stop" and chosen["echo"] == "no-echo":
        found.append({"completions.stop-left-out": {"stop": [STOP]}})
    if chosen["content"] == "text" and chosen["echo"] == "echo" and chosen["framing"] == "plain":
        found.append({"completions.echo-begins": {"prompt": prompt(chosen)}})
    return found


COMPLETIONS = Endpoint(
    name="completions",
    ways={
        "framing": ("plain", "streamed", "streamed-with-usage"),
        "choices": ("one-choice", "two-choices"),
        "content": ("text", "list", "token-ids"),
        "scores": ("unscored", "logprobs"),
        "echo": ("no-echo", "echo"),
        "stop": ("no-stop", "stop"),
        "limit": ("enough", "cut"),
        "script": ("ascii", "emoji", "less-than"),
        **{respect: TRANSPORT[respect] for respect in ("size", "coding")},
    },
    impossible={
        "token ids are of no script": lambda c: c.get("content") == "token-ids" and c.get("script", "ascii") != "ascii",
    },
    ask=ask,
    expect=expect,
    needs={
        "streamed": "completions.stream",
        "streamed-with-usage": "completions.stream",
        "logprobs": "completions.logprobs",
        "echo": "completions.echo",
    },
    replaced={
        "completions/scores/two-streamed": {"framing": "streamed", "scores": "logprobs"},
        "completions/basics/two-choices": {"choices": "two-choices"},
        "completions/members/stop-streamed": {"framing": "streamed", "stop": "stop"},
    },
)
