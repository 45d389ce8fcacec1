"""Unrequested streams, missing streams, and wrong bytes around the events."""

from __future__ import annotations

import gzip

from ..exchange import DONE, ServerReply, ServerRequest, encode, frame
from .changing import Outcome, Where, any_chat, any_text, body_of, both, events, framed, headers, plain, rewriting, setting
from .changing_responses import any_response
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, either

STREAM = "text/event-stream"


def typed(at: Where, kind: str | None) -> Outcome:
    """Send streams with another content type, or without one."""
    return lambda asked, reply: headers(at, content_type=kind)(asked, reply) if reply.events is not None else reply


fault(
    "B083",
    "koboldcpp-carriage-returns",
    "The events of a streamed text completion end with CR LF CR LF.",
    server="text-generation-webui; KoboldCpp",
    seen="oobabooga/textgen/issues/5678 miruamel/xuan/issues/194",
    severity=BREAKS,
    doubtful=True,
    change=events(any_text, framed(lambda raw: raw.replace(b"\n", b"\r\n"))),
)
fault(
    "B084",
    "manifest-comments-as-data",
    "An SSE comment from the upstream arrives as the data of an event, before the first chunk.",
    server="Manifest llm-gateway",
    seen="mnfst/llm-gateway/issues/2053",
    severity=BREAKS,
    change=events(any_chat, lambda listed: [": OPENROUTER PROCESSING", *listed]),
)
PROXIES = {
    "server": "private-ml-sdk vLLM proxy; Foundry dev tools proxy",
    "seen": "nearai/private-ml-sdk/pull/20 microsoft/foundry-dev-tools/issues/195",
    "severity": BREAKS,
}
fault(
    "B086",
    "private-ml-sdk-stream-without-content-type",
    "A stream has no content type.",
    **PROXIES,
    change=typed(any_chat, None),
)
fault(
    "B086",
    "foundry-stream-as-json",
    "A stream has the content type application/json.",
    **PROXIES,
    change=typed(any_chat, "application/json"),
)


def is_undecided(asked: ServerRequest) -> bool:
    """Whether it is a chat request with stream missing or null."""
    return any_chat(asked) and body_of(asked).get("stream") is None


fault(
    "B087",
    "9router-streams-unasked",
    "A request with stream missing or null gets a stream.",
    server="9router; OmniRoute; 10router",
    seen="decolua/9router/issues/4122 diegosouzapw/OmniRoute/issues/10239 techysy/10router/issues/4",
    severity=BREAKS,
    ask=rewriting(is_undecided, setting("stream", True)),
)
fault(
    "B088",
    "9router-terminator-after-json",
    "A non-streamed reply is JSON followed by data: [DONE], with the content type of a stream.",
    server="9router",
    seen="decolua/9router/issues/3492",
    severity=BREAKS,
    change=lambda asked, reply: (
        headers(any_chat, content_type=STREAM)(asked, plain(any_chat, lambda body: encode(body) + b"\n\ndata: [DONE]\n\n")(asked, reply))
        if reply.status == 200 and reply.events is None
        else reply
    ),
)
FORCED = {
    "server": "KAITO; mini-sglang; LiteLLM (providers that only stream)",
    "seen": "kaito-project/kaito/issues/1880 sgl-project/mini-sglang/pull/104 BerriAI/litellm/pull/34095",
    "severity": BREAKS,
}
fault(
    "B089",
    "kaito-always-streams-chat",
    "Chat and text completions are always streamed, even with stream false.",
    **FORCED,
    ask=rewriting(either(any_chat, any_text), setting("stream", True)),
)
fault(
    "B089",
    "litellm-always-streams-responses",
    "Responses are always streamed, even with stream false.",
    **FORCED,
    ask=rewriting(lambda asked: any_response(asked) and not body_of(asked).get("background"), setting("stream", True)),
)


def compressed(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Compress a stream in one piece for clients that accept gzip."""
    if reply.events is not None and "gzip" in asked.headers.get("accept-encoding", ""):
        made = b"".join(frame(event, named=reply.named) for event in reply.events)
        reply.delay, reply.body, reply.events = reply.pace * len(reply.events), gzip.compress(made), None
        reply.headers["content-encoding"] = "gzip"
    return reply


fault(
    "B093",
    "open-notebook-compressed-streams-held-back",
    "A client that accepts gzip gets no byte of a stream until the stream is complete.",
    server="open-notebook behind a gzip-compressing proxy",
    seen="lfnovo/open-notebook/pull/750",
    severity=WRONG,
    change=compressed,
)
fault(
    "B095",
    "litellm-terminator-dropped",
    "A chat stream ends without [DONE].",
    server="LiteLLM proxy",
    seen="BerriAI/litellm/issues/1255",
    severity=BREAKS,
    change=events(any_chat, lambda listed: [event for event in listed if event != DONE]),
)
PIECES = 8
"""The number of events before an upstream fails."""
fault(
    "B044",
    "any-llm-cut-stream-ends-cleanly",
    "The upstream fails in mid-stream (here: after eight chunks), and the gateway just ends it: no finish reason, no error, no [DONE].",
    server="any-llm gateway",
    seen="mozilla-ai/any-llm/pull/847",
    severity=WRONG,
    change=events(any_chat, lambda listed: listed[:PIECES] if len(listed) > PIECES + 2 else listed),
)


def dies_at_usage(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Close the connection in place of the usage chunk."""
    if any_chat(asked) and reply.events is not None and (at := [n for n, e in enumerate(reply.events) if e != DONE and not e["choices"]]):
        reply.events, reply.breaks_off = reply.events[: at[0]], True
    return reply


fault(
    "B153",
    "portkey-dies-at-the-usage-chunk",
    "With include_usage, the gateway crashes on the chunk without choices: the connection breaks before the usage chunk.",
    server="Portkey",
    seen="Portkey-AI/gateway/issues/1072",
    severity=BREAKS,
    change=dies_at_usage,
)
KEEP_ALIVE = b": keep-alive\n\n"
fault(
    "B225",
    "deepseek-keep-alive-before-the-reply",
    "Blank lines precede a non-streamed reply, and keep-alive comments precede a stream; both are legal.",
    server="DeepSeek API",
    seen="sgl-project/sglang/pull/3689 tmc/langchaingo/pull/1171",
    severity=COSMETIC,
    doubtful=True,
    change=both(plain(any_chat, lambda body: b"\n\n\n" + encode(body)), events(any_chat, lambda listed: [KEEP_ALIVE, KEEP_ALIVE, *listed])),
)
