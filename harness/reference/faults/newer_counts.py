"""Bugs of usage, finish reasons and framing of chat that were reported after all other lists."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import (
    any_chat,
    body_of,
    both,
    chunks,
    events,
    first_choice,
    headers,
    plain,
    without,
)
from .fault import fault
from .where import BREAKS, WRONG, streamed

Listed = list[Any]


def filtered(listed: Listed) -> Listed:
    """Add a chunk with the results of a content filter before the end."""
    last = {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}, "content_filter_offsets": {"check_offset": 44}}],
    }
    return [*listed[:-1], last, listed[-1]] if listed else listed


fault(
    "R010",
    "azure-filter-chunk-without-delta",
    "A chunk with the results of the content filter has a choice without a delta, and an empty id.",
    server="Azure OpenAI (asynchronous filter)",
    seen="microsoft/autogen/issues/6465 langchain-ai/langchain/issues/18977 uezo/aiavatarkit/pull/124",
    severity=BREAKS,
    change=events(any_chat, filtered),
)


def by_other_names(usage: Any) -> None:
    """Name counts as the Responses API does."""
    for new, old in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        usage[new] = usage.pop(old)


fault(
    "R011",
    "mlx-vlm-usage-by-other-names",
    "The usage of a chat completion has input_tokens and output_tokens.",
    server="mlx-vlm",
    seen="earendil-works/pi/issues/2326",
    severity=WRONG,
    change=both(
        plain(any_chat, lambda body: by_other_names(body["usage"])),
        chunks(any_chat, lambda chunk, n: by_other_names(chunk["usage"]) if chunk.get("usage") else None),
    ),
)


def chunks_counted(listed: Listed) -> Listed:
    """Count the chunks of a stream instead of its tokens."""
    made = sum(bool(first_choice(event)) for event in listed)
    for event in listed:
        if isinstance(event, dict) and event.get("usage"):
            event["usage"]["completion_tokens"] = made
            event["usage"]["total_tokens"] = made + event["usage"]["prompt_tokens"]
    return listed


fault(
    "R012",
    "vllm-streams-count-chunks",
    "The completion tokens of a stream are more than those of the same plain reply.",
    server="vLLM",
    seen="vllm-project/vllm/issues/8625",
    severity=WRONG,
    change=events(any_chat, chunks_counted),
)


def more_thought_than_said(body: Any) -> None:
    """Count one reasoning token more than there are tokens."""
    if any(one["finish_reason"] == "length" for one in body["choices"]):
        details = body["usage"].setdefault("completion_tokens_details", {})
        details["reasoning_tokens"] = body["usage"]["completion_tokens"] + 1


fault(
    "R013",
    "near-ai-more-reasoning-than-completion",
    "A cut reply counts more reasoning tokens than completion tokens.",
    server="NEAR AI",
    seen="petersalomonsen/javascriptmusic/pull/212",
    severity=WRONG,
    change=plain(any_chat, more_thought_than_said),
)


class EveryThird:
    """Changes every third good reply to a chat."""

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Count the good replies, and change every third."""
        if any_chat(asked) and reply.status == 200:
            self._seen += 1
            if self._seen % 3 == 0:
                return self.spoil(asked, reply)
        return reply

    def spoil(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change a reply."""
        raise NotImplementedError


def unloaded(body: Any) -> None:
    """Say nothing, at no cost."""
    for one in body["choices"]:
        one["message"] = {"role": "assistant", "content": None, "refusal": None}
        one["finish_reason"] = "stop"
    body["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


class SaysNothing(EveryThird):
    """Answers every third plain request with nothing."""

    def spoil(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Empty a plain reply."""
        return plain(any_chat, unloaded)(asked, reply)


fault(
    "R014",
    "ollama-now-and-then-nothing",
    "Now and then a reply has no content, the finish reason stop, and no tokens at all.",
    server="Ollama (cloud models)",
    seen="ollama/ollama/issues/13371 docling-project/docling/issues/1647",
    severity=WRONG,
    remembers=True,
    change=SaysNothing(),
)


class NeverFinishes(EveryThird):
    """Every third stream has no finish reason."""

    def spoil(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Take the finish reasons from a stream."""
        return chunks(any_chat, lambda chunk, n: [one.update(finish_reason=None) for one in chunk["choices"]])(asked, reply)


fault(
    "R015",
    "vllm-now-and-then-no-finish-reason",
    "Now and then all finish reasons of a stream are null.",
    server="vLLM",
    seen="vllm-project/vllm/issues/27572",
    severity=WRONG,
    remembers=True,
    change=NeverFinishes(),
)


def stop_kept(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Keep a stop sequence in the text, and name it as the reason."""
    stop = body_of(asked).get("stop")
    if not any_chat(asked) or not isinstance(stop, str) or reply.status != 200 or reply.events is not None:
        return reply
    for one in reply.body["choices"]:
        if one["finish_reason"] == "stop":
            one["message"]["content"] = (one["message"]["content"] or "") + stop
            one["finish_reason"] = "stop_sequence"
    return reply


fault(
    "R016",
    "tgi-stop-sequence-stays",
    "The text ends with the stop sequence, and the finish reason is stop_sequence.",
    server="Text Generation Inference (messages API)",
    seen="huggingface/text-generation-inference/issues/1724",
    severity=WRONG,
    change=stop_kept,
)


fault(
    "R028",
    "z-ai-no-object-member",
    "A chat completion has no member object.",
    server="Z.ai API",
    seen="dongri/openai-api-rs/pull/189 64bit/async-openai/pull/352",
    severity=BREAKS,
    change=plain(any_chat, without("object")),
)


def counted_everywhere(listed: Listed) -> Listed:
    """Give every chunk the usage so far."""
    last = next((event["usage"] for event in listed if isinstance(event, dict) and event.get("usage")), None)
    for number, event in enumerate(listed):
        if last and isinstance(event, dict) and event["choices"]:
            event["usage"] = {**last, "completion_tokens": number, "total_tokens": last["prompt_tokens"] + number}
    return listed


fault(
    "R031",
    "openrouter-usage-in-every-chunk",
    "With include_usage every chunk has the usage so far, which clients then add up.",
    server="OpenRouter and others; SGLang and vLLM with continuous_usage_stats",
    seen="open-webui/open-webui/issues/29064 InsForge/InsForge/issues/2015",
    severity=WRONG,
    change=events(any_chat, counted_everywhere),
)


fault(
    "R032",
    "sglang-streamed-usage-stays-null",
    "With include_usage no chunk has usage that is not null.",
    server="SGLang; freellmapi",
    seen="sgl-project/sglang/issues/954 tashfeenahmed/freellmapi/pull/845",
    severity=WRONG,
    change=events(any_chat, lambda listed: [event for event in listed if not (isinstance(event, dict) and event.get("usage"))]),
)


fault(
    "R033",
    "powerproxy-two-framings",
    "A stream has both a Content-Length and a Transfer-Encoding.",
    server="powerproxy-aoai",
    seen="timoklimmer/powerproxy-aoai/issues/53",
    severity=BREAKS,
    change=headers(streamed(any_chat), content_length="1000000", transfer_encoding="chunked"),
)
