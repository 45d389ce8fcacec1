"""Lists of models, vectors, choices or log probabilities whose items have the wrong form, order or number."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_text, body_of, both, choice, chunk_choice, chunks, plain, setting
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, any_embedding, error, having, instead


def lists_models(asked: ServerRequest) -> bool:
    """Whether it asks for the list of models."""
    return asked.path == "/models"


def owned_by_many(body: Any) -> None:
    """Set several owners."""
    for model in body["data"]:
        model["owned_by"] = [model["owned_by"], model["id"]]


fault(
    "B075",
    "transformers-owner-is-a-list",
    "The owned_by of a model is a list.",
    server="transformers serve",
    seen="huggingface/transformers/pull/46006",
    severity=BREAKS,
    change=plain(lists_models, owned_by_many),
)


def unknown_model(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Answer each single model with a 404."""
    if asked.path.startswith("/models/") and reply.status == 200:
        return instead(reply, 404, error(f"Invalid URL ({asked.method} /v1{asked.path})"))
    return reply


fault(
    "B077",
    "pollinations-no-single-model",
    "The models are listed, but retrieving one by its id gets a 404.",
    server="Pollinations",
    seen="pollinations/pollinations/pull/13839",
    severity=WRONG,
    change=unknown_model,
)
fault(
    "B213",
    "together-models-as-bare-array",
    "The list of models is a bare array.",
    server="Together AI; one-api",
    seen="odysseus-dev/odysseus/issues/2202 lidge-jun/opencodex/issues/617 helixml/helix/issues/386 songquanpeng/one-api/issues/128",
    severity=BREAKS,
    change=plain(lists_models, lambda body: body["data"]),
)


def permutes(body: Any) -> None:
    """Put the last vector first."""
    body["data"].insert(0, body["data"].pop())


fault(
    "B206",
    "embeddings-out-of-order",
    "The vectors are not in the order of the inputs, although their indexes are correct.",
    server="batch embedding servers",
    seen="BaseIntelligence/bounty-challenge/issues/16010",
    severity=WRONG,
    doubtful=True,
    change=plain(any_embedding, permutes),
)
BATCHES = {"server": "ik_llama.cpp", "seen": "ikawrakow/ik_llama.cpp/pull/1303", "severity": WRONG}
fault(
    "B121",
    "ik-llama-every-text-is-the-first",
    "Every choice of a text completion with several prompts has index 0.",
    **BATCHES,
    change=both(plain(any_text, choice(setting("index", 0))), chunks(any_text, chunk_choice(setting("index", 0)))),
)
fault(
    "B121",
    "ik-llama-every-vector-is-the-first",
    "Every one of several vectors has index 0.",
    **BATCHES,
    change=plain(any_embedding, lambda body: [item.update(index=0) for item in body["data"]] and None),
)
fault(
    "B056",
    "llama-cpp-text-logprobs-ignored",
    "Text completions ignore logprobs and return null.",
    server="llama.cpp server; mistral.rs",
    seen="ggml-org/llama.cpp/issues/11346 EricLBuehler/mistral.rs/issues/1876",
    severity=WRONG,
    change=both(plain(any_text, choice(setting("logprobs", None))), chunks(any_text, chunk_choice(setting("logprobs", None)))),
)


def no_alternatives(item: Any, *_: Any) -> None:
    """Set an empty list of alternatives to null."""
    for entry in (item["logprobs"] or {}).get("content") or []:
        entry["top_logprobs"] = entry["top_logprobs"] or None


def scored(asked: ServerRequest) -> bool:
    """Whether it is a chat request with log probabilities."""
    return asked.path == "/chat/completions" and body_of(asked).get("logprobs") is True


fault(
    "B055",
    "vllm-no-alternatives-as-null",
    "Without top_logprobs in the request, each token's top_logprobs is null, not an empty list.",
    server="vLLM",
    seen="vllm-project/vllm/issues/4795 vllm-project/vllm/issues/5008",
    severity=BREAKS,
    change=both(plain(scored, choice(no_alternatives)), chunks(scored, chunk_choice(no_alternatives))),
)


def without_echo(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Ignore echo in a request with log probabilities."""
    if not having(any_text, "echo", "logprobs")(asked) or reply.status != 200 or reply.events is not None:
        return reply
    for item, prompt in zip(reply.body["choices"], prompts_of(asked), strict=False):
        scores = item["logprobs"]
        made = [n for n, at in enumerate(scores["text_offset"]) if at >= len(prompt)]
        item["text"] = item["text"].removeprefix(prompt)
        item["logprobs"] = {name: [values[n] for n in made] for name, values in scores.items()}
    return reply


def prompts_of(asked: ServerRequest) -> list[str]:
    """The prompts of a text completion."""
    prompt = body_of(asked)["prompt"]
    return [prompt] if isinstance(prompt, str) else prompt


fault(
    "B123",
    "llama-cpp-prompt-not-scored-with-echo",
    "With echo and logprobs, the prompt is not echoed and only the generated tokens have log probabilities.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/issues/27174 ggml-org/llama.cpp/pull/15189",
    severity=WRONG,
    change=without_echo,
)


def from_zero(item: Any, *_: Any) -> None:
    """Count offsets from the start of the generated text."""
    if scores := item["logprobs"]:
        start = scores["text_offset"][0] if scores["text_offset"] else 0
        scores["text_offset"] = [at - start for at in scores["text_offset"]]


fault(
    "B125",
    "xinference-offsets-from-the-text-made",
    "Without echo, text_offset counts from the start of the generated text, not from the start of the prompt.",
    server="Xinference",
    seen="xorbitsai/inference/pull/5245",
    severity=COSMETIC,
    doubtful=True,
    change=plain(any_text, choice(from_zero)),
)


def breaks_text_streams(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """End a streamed text completion with an error at its first chunk."""
    if any_text(asked) and reply.events is not None:
        reply.events = [{"error": {"message": "'delta'", "type": "internal_server_error", "param": None, "code": None}}]
    return reply


fault(
    "B120",
    "mlflow-text-streams-expected-to-be-chats",
    "The gateway expects chat chunks, and ends a streamed text completion with an error at its first chunk.",
    server="MLflow gateway; Bifrost",
    seen="mlflow/mlflow/pull/24283 maximhq/bifrost/pull/569",
    severity=BREAKS,
    change=breaks_text_streams,
)
