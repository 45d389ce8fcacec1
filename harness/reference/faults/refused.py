"""Valid requests that are refused."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_chat, any_text, body_of, both, message, plain
from .fault import fault
from .where import BREAKS, WRONG, answering, any_embedding, error, having, instead, messages, streamed

fault(
    "B055",
    "vllm-logprobs-need-top-logprobs",
    "A request with logprobs but without top_logprobs is refused.",
    server="vLLM",
    seen="vllm-project/vllm/issues/4795 vllm-project/vllm/issues/5008",
    severity=BREAKS,
    change=answering(
        lambda asked: any_chat(asked) and body_of(asked).get("logprobs") is True and body_of(asked).get("top_logprobs") is None,
        400,
        error("when using `logprobs`, `top_logprobs` must be set", None, "top_logprobs"),
    ),
)
fault(
    "B110",
    "dashscope-developer-role-refused",
    "A message with the role developer is refused.",
    server="DashScope/Qwen; Kilo; corporate FastAPI gateways; GLM via Console Go",
    seen="can1357/oh-my-pi/issues/843 openclaw/openclaw/issues/27037 earendil-works/pi/issues/6238 vastsa/PI-Desktop/issues/30 "
    "Portkey-AI/gateway/pull/824",
    severity=BREAKS,
    change=answering(
        lambda asked: any(one.get("role") == "developer" for one in messages(asked)),
        400,
        error("developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.0.role'", None, "messages"),
    ),
)


def calling(*contents: Any) -> Any:
    """Select chat requests with a call whose message has one of these contents."""
    return lambda asked: any(one.get("tool_calls") and "content" in one and one["content"] in contents for one in messages(asked))


fault(
    "B111",
    "lm-studio-call-without-text-refused",
    "A message with a call and null content is refused in the history.",
    server="LM Studio; mistral-common server; oh-my-pi server",
    seen="lmstudio-ai/lmstudio-bug-tracker/issues/261 mistralai/mistral-common/issues/324 can1357/oh-my-pi/issues/5121",
    severity=BREAKS,
    change=answering(calling(None), 400, error("Invalid 'content': content must be a string or an array", None, "messages")),
)
fault(
    "B228",
    "nvidia-nim-call-with-empty-text-refused",
    "A message with a call and an empty string as content is refused in the history; null is accepted.",
    server="NVIDIA NIM",
    seen="ogx-ai/ogx/issues/1751",
    severity=BREAKS,
    change=answering(calling(""), 400, error("Message content must not be empty", None, "messages")),
)


def told_back(*members: str) -> Any:
    """Select chat requests with one of these members in an assistant message."""
    return lambda asked: any(one.get("role") == "assistant" and not set(members).isdisjoint(one) for one in messages(asked))


THOUGHT = "The user wants a short answer."
fault(
    "B113",
    "mistral-own-reasoning-refused",
    "Replies have reasoning_content, but a message with it is refused in the history.",
    server="Mistral behind LiteLLM",
    seen="BerriAI/litellm/issues/30835",
    severity=BREAKS,
    change=both(
        plain(any_chat, message(lambda m: m.update(reasoning_content=THOUGHT))),
        answering(told_back("reasoning_content"), 422, error("Extra inputs are not permitted: reasoning_content", None, "messages")),
    ),
)
fault(
    "B150",
    "bifrost-renamed-reasoning-refused",
    "Replies have reasoning and reasoning_details, but a message with them is refused in the history.",
    server="Bifrost",
    seen="maximhq/bifrost/issues/5325 maximhq/bifrost/issues/3138",
    severity=WRONG,
    change=both(
        plain(any_chat, message(lambda m: m.update(reasoning=THOUGHT, reasoning_details=[{"type": "reasoning.text", "text": THOUGHT}]))),
        answering(told_back("reasoning", "reasoning_details"), 400, error("Unrecognized fields: reasoning_details", None, "messages")),
    ),
)
EMBEDDERS = {
    "server": "infinity; TEI; text-generation-webui; Azure simulator; Venice",
    "seen": "michaelfeil/infinity/issues/295 huggingface/text-embeddings-inference/issues/273 oobabooga/textgen/issues/4746 "
    "microsoft/aoai-api-simulator/issues/87 veniceai/api-docs/pull/423",
    "severity": BREAKS,
}


def has_token_ids(asked: ServerRequest) -> bool:
    """Whether it is an embeddings request with token ids."""
    given = body_of(asked).get("input")
    return any_embedding(asked) and isinstance(given, list) and any(not isinstance(one, str) for one in given)


fault(
    "B204",
    "infinity-token-ids-refused",
    "Token ids as embeddings input get a 422.",
    **EMBEDDERS,
    change=answering(has_token_ids, 422, {"detail": [{"loc": ["body", "input"], "msg": "str type expected", "type": "type_error.str"}]}),
)
fault(
    "B204",
    "textgen-token-ids-crash",
    "Token ids as embeddings input get a 500.",
    **EMBEDDERS,
    change=answering(has_token_ids, 500, b"Internal Server Error", "text/plain"),
)
fault(
    "B207",
    "aprender-embeddings-never-found",
    "Embeddings get a 404 whose error is a string, although the model is listed.",
    server="aprender",
    seen="paiml/aprender/issues/2375",
    severity=WRONG,
    change=lambda asked, reply: instead(reply, 404, {"error": "No model available"}) if any_embedding(asked) else reply,
)
has_options = streamed(having(any_chat, "stream_options"))
fault(
    "B247",
    "azure-stream-options-refused",
    "A streamed request with stream_options is refused.",
    server="Azure OpenAI (earlier); Z.AI; Cerebras-style providers",
    seen="RooCodeInc/Roo-Code/issues/83 openclaw/openclaw/pull/31336 langgenius/dify-plugin-sdks/pull/50",
    severity=BREAKS,
    change=answering(has_options, 400, error('"stream_options" is not allowed', None, "stream_options")),
)
ONLY_STREAMED = {"error": {"message": "stream_options is only allowed when stream is true", "type": None, "param": None, "code": "400"}}
fault(
    "B248",
    "litellm-simulated-stream-forwards-options",
    "The gateway simulates streams and forwards stream_options upstream, which refuses them; the error has a null type and the code 400.",
    server="LiteLLM",
    seen="BerriAI/litellm/issues/5803",
    severity=BREAKS,
    change=answering(has_options, 400, ONLY_STREAMED),
)


def crashes_on_suffix(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Crash on a suffix."""
    if having(any_text, "suffix")(asked) and reply.status in (200, 400):
        return instead(reply, 500, {"error": {"message": "Unsupported param: suffix", "type": "server_error", "param": None, "code": None}})
    return reply


fault(
    "B251",
    "docker-model-runner-suffix-crashes",
    "A request with a suffix gets a 500.",
    server="Docker Model Runner (llama.cpp); vLLM",
    seen="docker/model-runner/issues/403 vllm-project/vllm/issues/9976",
    severity=WRONG,
    change=crashes_on_suffix,
)
