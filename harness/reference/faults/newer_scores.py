"""Bugs of log probabilities, text completions, embeddings and model lists that were reported after all other lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_chat, any_text, body_of, both, chunks, plain, rewriting, without
from .fault import fault
from .where import BREAKS, WRONG, any_embedding


def offsets_without_prompt(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Count the offsets of an echoed stream from the text that was made."""
    body = body_of(asked)
    given = body.get("prompt")
    prompts = given if isinstance(given, list) and all(isinstance(one, str) for one in given) else [given]
    if not any_text(asked) or not body.get("echo") or not all(isinstance(one, str) for one in prompts):
        return reply
    for event in reply.events or []:
        for one in event["choices"] if isinstance(event, dict) else []:
            if one.get("logprobs"):
                before = len(prompts[one["index"] // (body.get("n") or 1)])
                one["logprobs"]["text_offset"] = [start - before for start in one["logprobs"]["text_offset"]]
    return reply


fault(
    "R038",
    "vllm-echoed-offsets-lack-the-prompt",
    "In a stream with echo the offsets of tokens are too small by the length of the prompt.",
    server="vLLM",
    seen="vllm-project/vllm/pull/47815",
    severity=WRONG,
    change=offsets_without_prompt,
)


def each_score(change: Callable[[Any], Any]) -> Callable[..., None]:
    """Change each scored token of a chat body or chunk."""

    def apply(body: Any, *_: Any) -> None:
        for one in body["choices"]:
            for entry in (one.get("logprobs") or {}).get("content") or []:
                change(entry)

    return apply


def unscorable(entry: Any) -> None:
    """Replace a token outside ASCII with a replacement character."""
    if not entry["token"].isascii():
        entry["token"], entry["bytes"] = "\ufffd", [239, 191, 189]


fault(
    "R039",
    "ollama-scored-tokens-are-replaced",
    "With log probabilities, a token that is a part of a character is U+FFFD, with the bytes of U+FFFD.",
    server="Ollama",
    seen="ollama/ollama/issues/13497",
    severity=WRONG,
    change=both(plain(any_chat, each_score(unscorable)), chunks(any_chat, each_score(unscorable))),
)
fault(
    "R040",
    "sglang-alternatives-collapse",
    "Each token has one alternative less than top_logprobs asks for.",
    server="SGLang",
    seen="sgl-project/sglang/issues/32290",
    severity=WRONG,
    change=both(
        plain(any_chat, each_score(lambda entry: entry.update(top_logprobs=entry["top_logprobs"][:-1]))),
        chunks(any_chat, each_score(lambda entry: entry.update(top_logprobs=entry["top_logprobs"][:-1]))),
    ),
)


def as_in_vocabulary(entry: Any) -> None:
    """Write a token as the vocabulary does."""
    entry["token"] = entry["token"].replace(" ", "\u0120")
    entry["bytes"] = list(entry["token"].encode())


fault(
    "R041",
    "vllm-tokens-as-in-the-vocabulary",
    "Scored tokens are written as in the vocabulary: a space is \u0120.",
    server="vLLM",
    seen="vllm-project/vllm/issues/19177",
    severity=WRONG,
    change=both(plain(any_chat, each_score(as_in_vocabulary)), chunks(any_chat, each_score(as_in_vocabulary))),
)


def first_above_zero(body: Any) -> None:
    """Make the first score positive."""
    for one in body["choices"]:
        scores = one.get("logprobs") or {}
        if scores.get("content"):
            scores["content"][0]["logprob"] = 0.6997
        if scores.get("token_logprobs"):
            scores["token_logprobs"][0] = 0.6997


fault(
    "R042",
    "together-first-score-above-zero",
    "The log probability of the first token is positive.",
    server="Together",
    seen="togethercomputer/openapi/issues/5",
    severity=WRONG,
    change=plain(lambda asked: any_chat(asked) or any_text(asked), first_above_zero),
)


def points(entry: Any) -> None:
    """Give a token's code points as its bytes."""
    entry["bytes"] = [ord(character) for character in entry["token"]]


fault(
    "R043",
    "djl-bytes-are-code-points",
    "The bytes of a scored token are its code points, which may be above 255.",
    server="DJL Serving",
    seen="deepjavalibrary/djl-serving/pull/1714",
    severity=WRONG,
    change=both(plain(any_chat, each_score(points)), chunks(any_chat, each_score(points))),
)


def zero_is_off(body: dict[str, Any]) -> None:
    """Take 0 log probabilities for none."""
    if body.get("logprobs") == 0:
        del body["logprobs"]


fault(
    "R044",
    "xinference-zero-scores-is-none",
    "With logprobs 0 a text completion has no scores.",
    server="Xinference",
    seen="xorbitsai/inference/pull/5270",
    severity=WRONG,
    ask=rewriting(any_text, zero_is_off),
)


def in_chat_form(body: Any, *_: Any) -> None:
    """Give the scores of a text completion the form of chat."""
    for one in body["choices"]:
        scores = one.get("logprobs")
        if scores:
            pairs = zip(scores["tokens"], scores["token_logprobs"], strict=True)
            one["logprobs"] = {"content": [{"token": token, "logprob": score, "bytes": None, "top_logprobs": []} for token, score in pairs]}


fault(
    "R045",
    "llama-cpp-text-scores-in-chat-form",
    "The log probabilities of a text completion have the form of chat: a list content.",
    server="llama.cpp server",
    seen="EleutherAI/lm-evaluation-harness/issues/4158",
    severity=WRONG,
    change=both(plain(any_text, in_chat_form), chunks(any_text, in_chat_form)),
)


def free(chunk: Any, number: int) -> None:
    """Set all counts to 0."""
    if chunk.get("usage"):
        chunk["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


fault(
    "R046",
    "litellm-streamed-texts-cost-nothing",
    "The usage of a streamed text completion is all zeros.",
    server="LiteLLM proxy",
    seen="BerriAI/litellm/issues/8349",
    severity=WRONG,
    change=chunks(any_text, free),
)
fault(
    "R047",
    "fastdeploy-streamed-usage-lacks-its-total",
    "The usage of a streamed text completion has no total_tokens.",
    server="FastDeploy",
    seen="PaddlePaddle/FastDeploy/pull/3247",
    severity=WRONG,
    change=chunks(any_text, lambda chunk, n: chunk["usage"].pop("total_tokens") if chunk.get("usage") else None),
)
fault(
    "R048",
    "localai-text-chunks-without-id",
    "The chunks of a streamed text completion have no id, no creation time, and no index in their choices.",
    server="LocalAI",
    seen="mudler/LocalAI/issues/648",
    severity=BREAKS,
    change=chunks(any_text, lambda chunk, n: (without("id", "created")(chunk), [without("index")(one) for one in chunk["choices"]])),
)


def cut_vectors(body: Any) -> None:
    """Make vectors of another length than 1."""
    for item in body["data"]:
        if isinstance(item["embedding"], list):
            item["embedding"] = [value * 0.5 for value in item["embedding"]]


fault(
    "R049",
    "infinity-shortened-vectors-are-not-normalised",
    "With dimensions, vectors are cut, and their length is not 1 any more.",
    server="infinity",
    seen="michaelfeil/infinity/issues/538",
    severity=WRONG,
    change=plain(lambda asked: any_embedding(asked) and "dimensions" in body_of(asked), cut_vectors),
)
fault(
    "R050",
    "llama-cpp-dimensions-ignored",
    "dimensions is ignored.",
    server="llama.cpp server; OpenVINO model server",
    seen="ggml-org/llama.cpp/issues/25210 openvinotoolkit/model_server/issues/4542",
    severity=WRONG,
    ask=rewriting(any_embedding, without("dimensions")),
)
fault(
    "R051",
    "sglang-base64-ignored",
    "encoding_format base64 is ignored: vectors are always numbers.",
    server="SGLang; LitServe; infinity worker; text-embeddings-inference",
    seen="sgl-project/sglang/pull/28803 Lightning-AI/LitServe/issues/740 runpod-workers/worker-infinity-embedding/issues/30",
    severity=BREAKS,
    ask=rewriting(any_embedding, without("encoding_format")),
)
fault(
    "R052",
    "openrouter-models-without-object",
    "The list of models has no member object.",
    server="OpenRouter",
    seen="xberg-io/liter-llm/issues/149",
    severity=BREAKS,
    change=plain(lambda asked: asked.path == "/models", without("object")),
)
