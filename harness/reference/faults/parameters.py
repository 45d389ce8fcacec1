"""Request parameters that are ignored."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerRequest
from .changing import any_chat, any_text, body_of, rewriting, without
from .fault import fault
from .where import COSMETIC, WRONG, answering, completions, error, having, streamed, whole

fault(
    "B046",
    "llama-cpp-python-one-choice-for-all",
    "A non-streamed reply has one choice, although n asks for several.",
    server="llama-cpp-python",
    seen="abetlen/llama-cpp-python/issues/1906",
    severity=WRONG,
    ask=rewriting(whole(any_chat), without("n")),
)


def without_images(body: dict[str, Any]) -> None:
    """Keep only the text parts of messages."""
    for one in body.get("messages") or []:
        if isinstance(one, dict) and isinstance(one.get("content"), list):
            one["content"] = [part for part in one["content"] if not (isinstance(part, dict) and part.get("type") == "image_url")]


fault(
    "B061",
    "swiftlet-images-ignored",
    "A text-only server ignores the images of a message and answers the text.",
    server="Swiftlet",
    seen="leonickson1/Swiftlet/pull/38",
    severity=WRONG,
    ask=rewriting(any_chat, without_images),
)
fault(
    "B152",
    "bifrost-token-limits-dropped",
    "max_tokens and max_completion_tokens do not reach the model: the reply is not truncated.",
    server="Bifrost (Ollama provider)",
    seen="maximhq/bifrost/issues/6132 maximhq/bifrost/pull/6979",
    severity=WRONG,
    doubtful=True,
    ask=rewriting(any_chat, without("max_tokens", "max_completion_tokens")),
)
fault(
    "B174",
    "llama-cpp-logprobs-refused-with-streamed-tools",
    "logprobs and tools are refused together in a stream, although each is accepted alone.",
    server="llama.cpp server",
    seen="am17an/llama.cpp/issues/35",
    severity=COSMETIC,
    doubtful=True,
    change=answering(streamed(having(any_chat, "logprobs", "tools")), 400, error("logprobs is not supported with tools + stream")),
)
fault(
    "B189",
    "llama-cpp-schema-ignored",
    "The schema of a response_format json_schema is not enforced.",
    server="llama.cpp server",
    seen="ggml-org/llama.cpp/issues/11847 ggml-org/llama.cpp/pull/28697",
    severity=WRONG,
    ask=rewriting(
        lambda asked: any_chat(asked) and (body_of(asked).get("response_format") or {}).get("type") == "json_schema",
        without("response_format"),
    ),
)


def is_seeded(asked: ServerRequest) -> bool:
    """Whether it is a completion request with a seed."""
    return having(completions, "seed")(asked)


fault(
    "B191",
    "ollama-seed-makes-cold",
    "A seed sets the temperature to 0: every seed gives the same text.",
    server="Ollama",
    seen="ollama/ollama/issues/5044",
    severity=WRONG,
    ask=rewriting(is_seeded, lambda body: body.update(temperature=0)),
)


def joined(body: dict[str, Any]) -> None:
    """Join several prompts to one."""
    if is_list_of_texts(body.get("prompt")):
        body["prompt"] = "".join(body["prompt"])


def first_only(body: dict[str, Any]) -> None:
    """Keep only the first prompt."""
    if is_list_of_texts(body.get("prompt")):
        body["prompt"] = body["prompt"][:1]


def is_list_of_texts(prompt: Any) -> bool:
    """Whether a prompt is a list of texts."""
    return isinstance(prompt, list) and all(isinstance(one, str) for one in prompt)


PROMPTS = {
    "server": "ai00_server; TGI; Dynamo",
    "seen": "Ai00-X/ai00_server/pull/169 huggingface/text-generation-inference/pull/1702 ai-dynamo/dynamo/pull/3482",
    "severity": WRONG,
}
fault("B122", "ai00-prompts-joined", "Several prompts are joined and answered as one.", **PROMPTS, ask=rewriting(any_text, joined))
fault("B122", "tgi-first-prompt-only", "Only the first of several prompts is answered.", **PROMPTS, ask=rewriting(any_text, first_only))
fault(
    "B122",
    "dynamo-prompts-refused",
    "Several prompts in one request are refused.",
    **PROMPTS,
    change=answering(
        lambda asked: any_text(asked) and is_list_of_texts(body_of(asked).get("prompt")),
        400,
        error("Batch prompts are not supported", None, "prompt"),
    ),
)
