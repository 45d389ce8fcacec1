"""The client gets the stream that the upstream sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ...model import Problem
from ..registry import check
from ..reply import Reply, few, show
from .difference import Literal
from .sides import delta_of, documents_of, marrow, served, terminators

COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def _both(reply: Reply) -> tuple[Reply, Reply] | None:
    """The upstream's stream and the client's, if both completed."""
    upstream = served(reply)
    if upstream is None or not upstream.is_event_stream or not reply.is_event_stream or not reply.whole:
        return None
    return upstream, reply


@check
def content_adds_up(reply: Reply) -> list[Problem] | None:
    """The client's chunks join to the same content as the upstream's: text, tool calls, finish reasons, logprobs, usage."""
    both = _both(reply)
    if both is None:
        return None
    sent, got = (_sum(documents_of(side)) for side in both)
    names = [name for name in {**sent, **got} if name in sent or name != "usage"]  # a gateway may add usage that it counted itself
    return few([Problem(n, show(sent.get(n, "nothing")), show(got.get(n, "nothing"))) for n in names if sent.get(n) != got.get(n)])


def _sum(chunks: Sequence[Any]) -> dict[str, str]:
    """The content of a stream's chunks, joined by kind and place."""
    content: dict[str, list[str]] = {}
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        if isinstance(chunk.get("usage"), dict):
            content.setdefault("usage", []).append(", ".join(f"{_count(chunk['usage'], name)} {name}" for name in COUNTS))
        if isinstance(chunk.get("delta"), str):
            content.setdefault(f"{chunk.get('type')} of output {chunk.get('output_index')}", []).append(chunk["delta"])
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else []:
            for name, text in _parts(choice):
                content.setdefault(f"choice {choice.get('index')}, {name}", []).append(text)
    return {name: "".join(texts) for name, texts in content.items()}


def _count(usage: dict[str, Any], name: str) -> str:
    """A token count, normalized however it was written."""
    value = usage.get(name)
    return f"{float(value):g}" if isinstance(value, Literal) else show(value)


def _parts(choice: Any) -> list[tuple[str, str]]:
    """The pieces of content in one choice of a chunk, by name."""
    if not isinstance(choice, dict):
        return []
    delta = delta_of(choice)
    found = [(name, delta[name]) for name in ("content", "refusal", "reasoning_content", "reasoning") if isinstance(delta.get(name), str)]
    found += [(name, choice[name]) for name in ("text", "finish_reason") if isinstance(choice.get(name), str)]
    logprobs = choice.get("logprobs")
    scored = logprobs.get("content") if isinstance(logprobs, dict) else None
    found += [("tokens scored", str(item.get("token"))) for item in scored or [] if isinstance(item, dict)]
    for call in delta.get("tool_calls") or []:
        if isinstance(call, dict):
            function = call.get("function") or {}
            found += [
                (f"tool call {call.get('index')}, {name}", str(value))
                for name, value in (("id", call.get("id")), *function.items())
                if value
            ]
    return [(name, text) for name, text in found if text]


@check
def chunks_pass_one_by_one(reply: Reply) -> list[Problem] | None:
    """The client gets exactly the upstream's chunks, in order: none merged, split, repeated, moved or invented."""
    both = _both(reply)
    if both is None:
        return None
    sent, got = ([marrow(chunk) for chunk in documents_of(side)] for side in both)
    if sent == got:
        return []
    lost, more = Counter(sent) - Counter(got), Counter(got) - Counter(sent)
    problems = [Problem("stream", f"the chunk {show(one)}", f"{count} missing") for one, count in lost.items()]
    problems += [Problem("stream", f"{Counter(sent)[one]} times the chunk {show(one)}", f"{count} more") for one, count in more.items()]
    return few(problems or [Problem("stream", "the chunks in the upstream's order", "the same in another")])


@check
def terminator_comes_once(reply: Reply) -> list[Problem] | None:
    """If the upstream finished its stream with [DONE], the client gets exactly one."""
    both = _both(reply)
    if both is None or reply.is_response or not terminators(both[0]):
        return None
    number = terminators(reply)
    return [] if number == 1 else [Problem("stream", "data: [DONE], once", f"{number} times")]


@check
def event_names_stay(reply: Reply) -> list[Problem] | None:
    """Named events keep their names, and unnamed events get none."""
    both = _both(reply)
    if both is None:
        return None
    sent, got = ([event.name for event in side.stream.events if event.data] for side in both)
    if len(sent) != len(got) or sent == got:
        return None if len(sent) != len(got) else []
    return few(
        [
            Problem(f"event {n}", one or "no name", other or "no name")
            for n, (one, other) in enumerate(zip(sent, got, strict=True), start=1)
            if one != other
        ]
    )


@check
def comments_pass(reply: Reply) -> list[Problem] | None:
    """The gateway passes on the upstream's comments."""
    both = _both(reply)
    if both is None or not both[0].stream.comments:
        return None
    got = {line.text for line in reply.stream.comments}
    return [Problem("stream", f"the comment {show(line.text)}", "absent") for line in both[0].stream.comments if line.text not in got]


@check
def stream_is_utf8(reply: Reply) -> list[Problem] | None:
    """Valid UTF-8 from the upstream stays valid, wherever it was split on the way."""
    both = _both(reply)
    if both is None or both[0].stream.bad_utf8:
        return None
    bad = reply.stream.bad_utf8
    return [Problem(f"byte {bad[0]}", "valid UTF-8", f"0x{reply.exchange.body[bad[0]]:02x}")] if bad else []


@check
def last_event_ends(reply: Reply) -> list[Problem] | None:
    """A blank line ends the last event, as it did in the upstream's stream."""
    both = _both(reply)
    if both is None or not reply.stream.events:
        return None
    last = reply.stream.events[-1]
    return [] if last.complete or not both[0].stream.events[-1].complete else [Problem("the last event", "a blank line behind it", "none")]
