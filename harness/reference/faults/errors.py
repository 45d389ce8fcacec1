"""Errors that arrive as a success, as a 5xx, in another form, or never."""

from __future__ import annotations

from ..exchange import ServerReply, ServerRequest
from .changing import HOUR, any_chat, body_of, both, plain, rewriting, without
from .changing_responses import any_response
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, completions, error, failing, instead, keyless, messages, streamed

TEXT = "text/plain; charset=utf-8"


def numbered(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Set an error's code to the HTTP status."""
    if any_response(asked) and reply.status >= 400:
        reply.body["error"].update(type="BadRequestError", param=None, code=reply.status)
    return reply


fault(
    "B037",
    "vllm-error-code-is-the-status",
    "An error from /responses has the HTTP status, an integer, as its code.",
    server="vLLM; SGLang",
    seen="sgl-project/sglang/pull/32808 vllm-project/vllm/pull/37011 openai/openai-python/pull/3554",
    severity=BREAKS,
    change=numbered,
)
fault(
    "B038",
    "gateway-error-is-a-string",
    "The error for a wrong key is a string, not an object.",
    server="a gateway that AutoGen's users run",
    seen="microsoft/autogen/pull/757",
    severity=BREAKS,
    change=lambda asked, reply: (
        instead(reply, 401, {"error": "Authorization failed, your key is not valid"}) if any_chat(asked) and keyless(reply) else reply
    ),
)
ROLES = {"developer", "system", "user", "assistant", "tool", "function"}


def has_odd_role(asked: ServerRequest) -> bool:
    """Whether it is a chat request with an unknown role."""
    return any(one.get("role") not in ROLES for one in messages(asked))


CRASH = {"error": {"message": "Internal Server Error", "type": "internal_server_error", "param": None, "code": "500"}}
fault(
    "B040",
    "dial-unknown-role-crashes",
    "A message with an unknown role gets a 500.",
    server="AI DIAL OpenAI adapter",
    seen="epam/ai-dial-adapter-openai/issues/529",
    severity=WRONG,
    change=failing(has_odd_role, 500, CRASH),
)


def asks_unknown(asked: ServerRequest) -> bool:
    """Whether it is a completion request for an unknown model."""
    return completions(asked) and str(body_of(asked).get("model")) not in ("reference", "reference-text", "None")


def any_model(asked: ServerRequest) -> ServerRequest:
    """Replace an unknown model with a known one."""
    return rewriting(asks_unknown, lambda body: body.update(model="reference"))(asked)


def echoing(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Report the requested model as the one that answered."""
    if asks_unknown(asked) and reply.status == 200:
        for told in [reply.body] if reply.events is None else [event for event in reply.events if isinstance(event, dict)]:
            told["model"] = body_of(asked)["model"]
    return reply


UNKNOWN = {"server": "mlx-serve; LocalAI", "seen": "ddalcu/mlx-serve/issues/257 mudler/LocalAI/pull/9133", "severity": WRONG}
fault(
    "B042",
    "mlx-serve-any-model-will-do",
    "Another model answers in place of an unknown one, under the unknown model's name.",
    **UNKNOWN,
    ask=any_model,
    change=echoing,
)
fault("B042", "localai-unknown-model-crashes", "An unknown model gets a 500.", **UNKNOWN, change=failing(asks_unknown, 500, CRASH))


def bare_text(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Start a stream, send a plain sentence as its only event, and never end it."""
    if streamed(any_chat)(asked) and body_of(asked).get("n") == 0 and reply.status == 400:
        headers = {**reply.headers, "content-type": "text/event-stream"}
        return ServerReply(200, headers, events=["Number of choices must be greater than 0.", b": \n\n"], pace=HOUR)
    return reply


fault(
    "B043",
    "mistral-rs-refusal-in-an-endless-stream",
    "A streamed request with n 0 gets a 200 and a plain sentence as the only event; the stream never ends.",
    server="mistral.rs",
    seen="EricLBuehler/mistral.rs/issues/1874",
    severity=BREAKS,
    change=bare_text,
)


def bare_404(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Answer an unknown URL with an empty 404."""
    if reply.status == 404 and "Invalid URL" in str(reply.body):
        reply.headers.pop("content-type")
        reply.body = b""
    return reply


fault(
    "B045",
    "uor-r4-unknown-url-without-a-word",
    "An unknown URL gets a 404 without body or content type.",
    server="UOR r4 server",
    seen="UOR-Foundation/uor-r4/pull/764",
    severity=COSMETIC,
    change=bare_404,
)
fault(
    "B105",
    "traceloop-no-model-in-replies",
    "A chat completion has no model, and an unknown model gets a 400 with no explanation.",
    server="traceloop hub",
    seen="traceloop/hub/pull/6",
    severity=BREAKS,
    change=both(plain(any_chat, without("model")), failing(asks_unknown, 400, error("Bad request"))),
)


def silent(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Never answer a streamed request with a wrong key."""
    if streamed(any_chat)(asked) and keyless(reply):
        reply.delay = HOUR
    return reply


fault(
    "B156",
    "openai-api-proxy-refused-stream-hangs",
    "A streamed request with a wrong key never gets a reply.",
    server="openai-api-proxy",
    seen="easychen/openai-api-proxy/pull/33",
    severity=BREAKS,
    change=silent,
)
fault(
    "B158",
    "llama-stack-wrong-key-is-a-500",
    "A wrong key gets a 500, with a detail member in place of the error object.",
    server="Llama Stack",
    seen="ogx-ai/ogx/issues/2990",
    severity=WRONG,
    change=lambda asked, reply: (
        instead(reply, 500, {"detail": "Internal server error: An unexpected error occurred."})
        if any_chat(asked) and keyless(reply)
        else reply
    ),
)


class DiesAtTheSecond:
    """Refuses a token limit of 0 once; at the second one the server crashes for good."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if any_chat(asked) and body_of(asked).get("max_tokens") == 0 and reply.status == 400:
            self.times += 1
        return ServerReply(500, events=[], breaks_off=True) if self.times > 1 else reply


fault(
    "B161",
    "trtllm-second-bad-limit-kills",
    "A max_tokens of 0 is refused the first time and crashes the server the second time.",
    server="TensorRT-LLM trtllm-serve",
    seen="NVIDIA/TensorRT-LLM/issues/7692",
    severity=BREAKS,
    remembers=True,
    change=DiesAtTheSecond(),
)


def relayed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send an upstream error as the first event of a stream."""
    if streamed(any_chat)(asked) and 400 <= reply.status < 500 and not keyless(reply):
        told = {"error": {**reply.body["error"], "code": None}}
        return ServerReply(200, {**reply.headers, "content-type": "text/event-stream"}, events=[told])
    return reply


fault(
    "B162",
    "litellm-immediate-error-as-stream",
    "A streamed request that the upstream refuses at once gets a 200 and the error as its first event.",
    server="LiteLLM proxy",
    seen="BerriAI/litellm/pull/22793",
    severity=WRONG,
    change=relayed,
)
fault(
    "B163",
    "mlflow-reason-of-the-upstream-lost",
    "The gateway replaces every upstream error message with the same sentence.",
    server="MLflow AI Gateway",
    seen="mlflow/mlflow/issues/25898",
    severity=COSMETIC,
    doubtful=True,
    change=failing(any_chat, 400, error("The upstream service returned an error.")),
)


def is_no_json(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Crash on a body that is not JSON."""
    if asked.method == "POST" and reply.status == 400 and "could not parse" in str(reply.body):
        return instead(reply, 500, b"Internal Server Error", TEXT)
    return reply


fault(
    "B175",
    "sglang-broken-json-crashes",
    "A body that is not JSON gets a 500 in plain text.",
    server="SGLang; OpenFlowLM; Free-Way; xuan; llama.cpp (early)",
    seen="sgl-project/sglang/issues/3805 Atomic-Germ/OpenFlowLM-Next/issues/69 GoDiao/Free-Way/issues/32 miruamel/xuan/issues/153 "
    "ggml-org/llama.cpp/pull/5961",
    severity=WRONG,
    change=is_no_json,
)
fault(
    "B177",
    "letta-no-messages-crash",
    "An empty list of messages gets a 500 without a body.",
    server="Letta; AnythingLLM",
    seen="letta-ai/letta/issues/3381 Mintplex-Labs/anything-llm/issues/6430",
    severity=WRONG,
    change=failing(lambda asked: any_chat(asked) and body_of(asked).get("messages") == [], 500, b""),
)
NO_SPLIT = {"error": {"message": "'NoneType' object has no attribute 'split'", "type": "InternalServerError", "param": None, "code": 500}}
fault(
    "B180",
    "ray-serve-no-model-crashes",
    "A request without a model gets a 500 whose message mentions NoneType.",
    server="Ray Serve LLM",
    seen="ray-project/ray/issues/56638",
    severity=WRONG,
    change=failing(lambda asked: any_chat(asked) and bool(body_of(asked)) and "model" not in body_of(asked), 500, NO_SPLIT),
)
