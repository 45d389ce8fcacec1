"""Finish reasons that are missing, unknown, early, late or wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import (
    any_chat,
    any_text,
    body_of,
    both,
    choice,
    chunk_choice,
    chunks,
    events,
    is_finish,
    plain,
    setting,
    without,
    without_finish,
)
from .fault import fault
from .where import BREAKS, WRONG, completions, having


def ends_with(reason: str, *, instead_of: str) -> Callable[..., None]:
    """Replace one finish reason with another."""

    def apply(item: Any, *_: Any) -> None:
        if item["finish_reason"] == instead_of:
            item["finish_reason"] = reason

    return apply


STOP = ends_with("stop", instead_of="length")
SINGULAR = ends_with("tool_call", instead_of="tool_calls")

LONG = 8
"""The number of words from which a reply fails."""

fault(
    "B003",
    "opencode-zen-stream-never-finishes",
    "No chunk of a chat stream has a finish reason; [DONE] follows the text at once.",
    server="OpenCode Zen gateway; Gemini proxies",
    seen="anomalyco/opencode/issues/43882 LibreChat-AI/agents/pull/493 pydantic/pydantic-ai/issues/6610",
    severity=BREAKS,
    change=events(any_chat, without_finish),
)
fault(
    "B004",
    "ollama-finish-reason-null",
    "A non-streamed chat completion has a null finish reason, although its text and usage are complete.",
    server="Ollama",
    seen="pydantic/pydantic-ai/issues/2996 pydantic/pydantic-ai/pull/3045",
    severity=BREAKS,
    change=plain(any_chat, choice(setting("finish_reason", None))),
)
fault(
    "B006",
    "ollama-finish-reason-empty-before-the-end",
    "Every chunk but the last has an empty string as its finish reason, instead of null.",
    server="Ollama; SGLang; o3.fan relay",
    seen="ollama/ollama/issues/4357 sgl-project/sglang/issues/3912 openai/openai-dotnet/pull/389",
    severity=BREAKS,
    change=chunks(any_chat, chunk_choice(setting("finish_reason", ""), finish=False)),
)
fault(
    "B008",
    "litellm-every-chunk-says-stop",
    "Every chunk with text already has the finish reason stop.",
    server="LiteLLM",
    seen="BerriAI/litellm/issues/376",
    severity=BREAKS,
    doubtful=True,
    change=chunks(any_chat, chunk_choice(lambda item, n: item["delta"].get("content") and item.update(finish_reason="stop"), finish=False)),
)
fault(
    "B030",
    "fastflowlm-limit-hidden-when-whole",
    "A non-streamed reply cut by the token limit has the finish reason stop; a streamed one has length.",
    server="FastFlowLM",
    seen="ROCm/FastFlowLM/pull/728",
    severity=WRONG,
    change=plain(any_chat, choice(STOP)),
)


def finish_0(item: Any, number: int) -> None:
    """Set the index of a finish chunk to 0."""
    item["index"] = 0


fault(
    "B047",
    "llama-cpp-every-end-is-the-first-choices",
    "With n above 1, the last chunk of every choice has index 0.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/pull/20226",
    severity=WRONG,
    change=chunks(any_chat, chunk_choice(finish_0, finish=True)),
)


fault(
    "B052",
    "localai-limit-says-stop",
    "A reply cut by max_tokens has the finish reason stop, in chat and text completions, streamed or not.",
    server="LocalAI; transformers serve; llm-d-inference-sim; llama.cpp",
    seen="mudler/LocalAI/issues/3533 huggingface/transformers/pull/42157 llm-d/llm-d-inference-sim/issues/29 ggml-org/llama.cpp/pull/7198",
    severity=WRONG,
    change=both(plain(completions, choice(STOP)), chunks(completions, chunk_choice(STOP, finish=True))),
)


def finish_with_text(listed: list[Any]) -> list[Any]:
    """Merge the last text of each choice with its finish chunk."""
    out: list[Any] = []
    for event in listed:
        if is_finish(event):
            index = event["choices"][0]["index"]
            at = next((i for i, one in reversed(list(enumerate(out))) if one["choices"] and one["choices"][0]["index"] == index), None)
            if at is not None and out[at]["choices"][0]["delta"].get("content"):
                event["choices"] = [{**out.pop(at)["choices"][0], "finish_reason": event["choices"][0]["finish_reason"]}]
        out.append(event)
    return out


fault(
    "B098",
    "vllm-last-text-comes-with-the-end",
    "The last text of a stream arrives in the same chunk as the finish reason.",
    server="vLLM; LiteLLM",
    seen="vllm-project/vllm/pull/36944 BerriAI/litellm/pull/2692",
    severity=WRONG,
    doubtful=True,
    change=events(any_chat, finish_with_text),
)
fault(
    "B099",
    "geniex-empty-reasons-and-no-end",
    "Every chunk has an empty finish reason, and there is no finish chunk before [DONE].",
    server="GenieX",
    seen="qualcomm/GenieX/pull/1246",
    severity=BREAKS,
    change=both(events(any_chat, without_finish), chunks(any_chat, chunk_choice(setting("finish_reason", "")))),
)


def no_usage(listed: list[Any]) -> list[Any]:
    """A text stream without its finish and usage chunks."""
    return [event for event in without_finish(listed) if not isinstance(event, dict) or event["choices"]]


fault(
    "B100",
    "tgi-text-stream-without-end-or-usage",
    "A streamed text completion has empty finish reasons, no finish chunk, and no usage although the request asks for it.",
    server="Text Generation Inference",
    seen="huggingface/text-generation-inference/pull/2336",
    severity=BREAKS,
    change=both(events(any_text, no_usage), chunks(any_text, chunk_choice(setting("finish_reason", "")))),
)


fault(
    "B142",
    "mlx-lm-tool-call-in-the-singular",
    "A reply that calls tools has the finish reason tool_call, without the s.",
    server="mlx-lm server",
    seen="ml-explore/mlx-lm/pull/782",
    severity=BREAKS,
    change=both(plain(any_chat, choice(SINGULAR)), chunks(any_chat, chunk_choice(SINGULAR, finish=True))),
)


def fails_upstream(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Report an upstream failure as a short reply; here long texts fail."""
    if any_chat(asked) and reply.status == 200 and reply.events is None:
        for item in reply.body["choices"]:
            text = item["message"]["content"]
            if text and len(text.split()) >= LONG:
                item["message"]["content"] = text[: len(text) // 2]
                item["finish_reason"] = "error"
                reply.body["usage"] = {"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0}
    return reply


fault(
    "B148",
    "bifrost-upstream-failure-as-success",
    "An upstream failure (here: on a long reply) is a 200 with half the text, the finish reason error and null usage counts.",
    server="Bifrost",
    seen="maximhq/bifrost/issues/5425",
    severity=BREAKS,
    change=fails_upstream,
)


def loses_finish(item: Any, number: int) -> None:
    """Remove a finish reason."""
    item["finish_reason"] = None


fault(
    "B171",
    "litellm-finish-lost-with-logprobs",
    "With logprobs, the last chunk of a stream has no finish reason.",
    server="LiteLLM proxy",
    seen="BerriAI/litellm/issues/10686 BerriAI/litellm/issues/3253",
    severity=BREAKS,
    change=chunks(having(any_chat, "logprobs"), chunk_choice(loses_finish, finish=True)),
)


def exclude_none(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Leave out null finish reasons, and repeat the stream options in each chunk."""
    options = body_of(asked).get("stream_options")

    def change(chunk: Any, number: int) -> None:
        for item in chunk["choices"]:
            if item["finish_reason"] is None:
                without("finish_reason")(item)
        if options:
            chunk["stream_options"] = options

    return chunks(any_chat, change)(asked, reply)


fault(
    "B172",
    "litellm-null-finish-reason-left-out",
    "Chunks before the end have no finish_reason member, and each chunk repeats the request's stream_options.",
    server="LiteLLM proxy",
    seen="BerriAI/liteLLM-proxy/issues/19",
    severity=BREAKS,
    change=exclude_none,
)


def error_as_finish(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Report a failed generation as an empty reply; here requests with a stop sequence fail."""
    if having(any_chat, "stop")(asked) and reply.status == 200:
        empty = {"delta": {}} if reply.events is not None else {"message": {"role": "assistant", "content": ""}}
        ends = [{"index": 0, "finish_reason": "error", **empty}]
        if reply.events is not None:
            reply.events = [{**reply.events[0], "choices": ends}, reply.events[-1]]
        else:
            reply.body["choices"] = ends
    return reply


fault(
    "B208",
    "koboldcpp-failure-as-finish-reason",
    "A failed generation (here: with a stop sequence) is a 200 without text and with the finish reason error.",
    server="KoboldCpp",
    seen="LostRuins/koboldcpp/issues/2481",
    severity=BREAKS,
    change=error_as_finish,
)
fault(
    "B227",
    "azure-delta-null-at-the-end",
    "The chunk with the finish reason has a null delta.",
    server="Azure OpenAI variants",
    seen="microsoft/agent-framework/pull/5734 bagofwords1/bagofwords/pull/742 QwenLM/qwen-code/pull/1448",
    severity=BREAKS,
    change=chunks(any_chat, chunk_choice(setting("delta", None), finish=True)),
)
