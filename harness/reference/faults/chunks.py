"""Chunks of a stream with the wrong members, or with a text that is not the model's."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest, frame
from .changing import any_chat, any_text, both, chunk_choice, chunks, delta, events, message, offers_tools, plain
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, completions, streamed


def counts_chunks(chunk: Any, number: int) -> None:
    """Number the choice by its chunk, forget the model, and send the message beside the delta."""
    chunk["model"] = None
    for item in chunk["choices"]:
        item["index"] = number
        item["message"] = {"role": "assistant", **item["delta"]}


fault(
    "B011",
    "foundry-local-index-counts-chunks",
    "A choice's index is the number of its chunk; the model is null, and a whole message stands beside each delta.",
    server="Foundry Local",
    seen="microsoft/foundry-local/issues/144",
    severity=WRONG,
    change=chunks(any_chat, counts_chunks),
)
fault(
    "B014",
    "minimax-role-empty",
    "Deltas after the first have a role that is an empty string, and empty reasoning_content.",
    server="MiniMax",
    seen="MiniMax-AI/MiniMax-M2.5/issues/2",
    severity=BREAKS,
    change=chunks(any_chat, delta(lambda d, number: None if "role" in d else d.update(role="", reasoning_content=""))),
)


def ends_without_choice(listed: list[Any]) -> list[Any]:
    """Empty the choices of the last chunk, which would have told the finish reason."""
    last = listed[-2]
    if isinstance(last, dict) and last["choices"]:
        last["choices"] = []
    return listed


fault(
    "B049",
    "tt-inference-server-text-ends-without-choice",
    "The last chunk of a streamed text completion has no choices, so nothing tells the finish reason.",
    server="tt-inference-server",
    seen="tenstorrent/tt-inference-server/issues/2592",
    severity=BREAKS,
    change=events(any_text, ends_without_choice),
)
FILTERED = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
fault(
    "B079",
    "azure-first-chunk-without-choices",
    "The first chunk of a stream has no choices, an empty id, object and model, and was created at 0; it tells prompt_filter_results.",
    server="Azure OpenAI",
    seen="AbanteAI/archive-old-cli-mentat/issues/429 pydantic/logfire/issues/64 seratch/ChatGPT-in-Slack/pull/49 "
    "run-llama/LlamaIndexTS/pull/244 simonw/llm/issues/294",
    severity=BREAKS,
    change=events(any_chat, lambda listed: [FILTERED, *listed]),
)


def milliseconds(body: Any, *_: Any) -> None:
    """Tell the time in milliseconds."""
    body["created"] *= 1000


fault(
    "B101",
    "mistral-rs-created-in-milliseconds",
    "The time of creation counts milliseconds, in whole replies and in chunks.",
    server="mistral.rs; web-llm; AnythingLLM; OpenCursor; autogen",
    seen="EricLBuehler/mistral.rs/issues/1805 mlc-ai/web-llm/issues/829 Mintplex-Labs/anything-llm/issues/2920 "
    "PawanOsman/OpenCursor/issues/67 microsoft/autogen/pull/2988",
    severity=BREAKS,
    change=both(plain(any_chat, milliseconds), chunks(any_chat, milliseconds)),
)
THOUGHT = "The user wants a short answer."


def thinks_aloud(listed: list[Any]) -> list[Any]:
    """Put the model's thoughts and their tags before the text of the first choice."""
    at = next((i for i, e in enumerate(listed) if isinstance(e, dict) and e["choices"] and e["choices"][0]["delta"].get("content")), None)
    if at is None:
        return listed
    thoughts = [
        {**listed[at], "choices": [{**listed[at]["choices"][0], "logprobs": None, "delta": {"content": text}}]} for text in THINKING
    ]
    return [*listed[:at], *thoughts, *listed[at:]]


THINKING = ("<mm:think>", THOUGHT, "</mm:think>")
fault(
    "B115",
    "vllm-thoughts-streamed-as-text",
    "A whole reply keeps the model's reasoning apart; streamed, the thoughts and their tags <mm:think> stand in the text.",
    server="vLLM (MiniMax-M3, Gemma4 parsers)",
    seen="vllm-project/vllm/issues/46042 vllm-project/vllm/issues/45687 vllm-project/vllm/issues/39885 vllm-project/vllm/pull/44898",
    severity=WRONG,
    change=both(plain(any_chat, message(lambda m: m.update(reasoning_content=THOUGHT))), events(any_chat, thinks_aloud)),
)


def swallows_tags(listed: list[Any]) -> list[Any]:
    """Hold back a text that may begin a tag, and forget it when it does not."""
    held = False
    for event in listed:
        for item in event["choices"] if isinstance(event, dict) else []:
            text = (item["delta"].get("content") or "").strip()
            held = text == "<" or (held and text in ("/", "t", "tool"))
            if held:
                item["delta"]["content"] = ""
    return listed


fault(
    "B116",
    "sglang-beginnings-of-tags-swallowed",
    "Streamed text that looks like the beginning of a tag, such as </ or <t, is lost.",
    server="SGLang",
    seen="sgl-project/sglang/issues/8569",
    severity=WRONG,
    change=events(any_chat, swallows_tags),
)


def shaped_as_chat(item: Any, number: int) -> None:
    """Send a text as a delta."""
    item["delta"] = {"content": item.pop("text")}


fault(
    "B119",
    "geniex-text-chunks-shaped-as-chat",
    "Chunks of a text completion have delta.content in place of text, and are called text_completion.chunk.",
    server="GenieX (Nexa SDK)",
    seen="qualcomm/GenieX/pull/66",
    severity=BREAKS,
    change=chunks(
        any_text, lambda chunk, number: (chunk.update(object="text_completion.chunk"), chunk_choice(shaped_as_chat)(chunk, number))
    ),
)


def at_once(listed: list[Any]) -> list[Any]:
    """All text of each choice in one chunk."""
    texts: dict[int, Any] = {}
    out: list[Any] = []
    for event in listed:
        item = event["choices"][0] if isinstance(event, dict) and event["choices"] else None
        if item is None or not item["delta"].get("content"):
            out.append(event)
        elif item["index"] in texts:
            texts[item["index"]]["delta"]["content"] += item["delta"]["content"]
            if item["logprobs"]:
                texts[item["index"]]["logprobs"]["content"] += item["logprobs"]["content"]
        else:
            texts[item["index"]] = item
            out.append(event)
    return out


def buffers_with_tools(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send a text only once it is made, where tools are declared."""
    made = reply.pace * len(reply.events or [])
    reply = events(offers_tools, at_once)(asked, reply)
    if reply.events is not None and offers_tools(asked):
        reply.delay, reply.pace = made, 0.0
    return reply


fault(
    "B128",
    "ollama-no-streaming-with-tools",
    "Where a request declares tools, even a plain text is held back until it is complete, and comes in one chunk.",
    server="Ollama",
    seen="ollama/ollama/issues/9092 ollama/ollama/issues/9632",
    severity=WRONG,
    change=buffers_with_tools,
)


def trims(d: Any, number: int) -> None:
    """Take the white space off a piece of text."""
    if d.get("content"):
        d["content"] = "".join(d["content"].split())


fault(
    "B235",
    "aprender-white-space-lost-in-streams",
    "Every space and newline is lost from streamed text.",
    server="aprender; llm-d-inference-sim",
    seen="paiml/aprender/pull/2367 llm-d/llm-d-inference-sim/issues/30",
    severity=WRONG,
    change=chunks(any_chat, delta(trims)),
)


def decodes_each_read(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Lose the streamed characters of three and more bytes, as if a read had ended within each."""
    if reply.events is not None:
        listed = [frame(event, named=reply.named).decode() for event in reply.events]
        reply.events = ["".join(BROKEN * len(c.encode()) if len(c.encode()) > 2 else c for c in text).encode() for text in listed]
    return reply


BROKEN = "\N{REPLACEMENT CHARACTER}"
fault(
    "B243",
    "cache-proxy-characters-broken-at-reads",
    "A proxy decodes each read by itself: characters that lie across two reads arrive as U+FFFD, in text and in arguments.",
    server="claude-code-cache-fix proxy",
    seen="cnighswonger/claude-code-cache-fix/issues/365",
    severity=WRONG,
    change=decodes_each_read,
)


def constant_id(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """One id for every streamed reply with tools."""
    return chunks(streamed(offers_tools), lambda chunk, number: chunk.update(id="chatcmpl-1"))(asked, reply)


fault(
    "B210",
    "koboldcpp-one-id-for-all-streams-with-tools",
    "Every streamed reply to a request with tools has the same id.",
    server="KoboldCpp",
    seen="LostRuins/koboldcpp/issues/2481",
    severity=COSMETIC,
    change=constant_id,
)


def empty_id(body: Any, *_: Any) -> None:
    """Send an id of no characters."""
    body["id"] = ""


fault(
    "B012",
    "tgi-id-empty",
    "The id of every completion is an empty string, whole and in chunks.",
    server="Text Generation Inference",
    seen="huggingface/text-generation-inference/issues/1782",
    severity=WRONG,
    change=both(plain(completions, empty_id), chunks(completions, empty_id)),
)
