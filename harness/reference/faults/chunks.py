"""Chunks with wrong members, or with text that is not the model's."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest, frame
from .changing import any_chat, any_text, both, chunk_choice, chunks, delta, events, message, offers_tools, plain
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, completions, streamed


def counts_chunks(chunk: Any, number: int) -> None:
    """Set the choice's index to the chunk's number, null the model, and add a message next to the delta."""
    chunk["model"] = None
    for item in chunk["choices"]:
        item["index"] = number
        item["message"] = {"role": "assistant", **item["delta"]}


fault(
    "B011",
    "foundry-local-index-counts-chunks",
    "A choice's index is the number of its chunk; the model is null, and each delta has a message next to it.",
    server="Foundry Local",
    seen="microsoft/foundry-local/issues/144",
    severity=WRONG,
    change=chunks(any_chat, counts_chunks),
)
fault(
    "B014",
    "minimax-role-empty",
    "Deltas after the first have an empty role and an empty reasoning_content.",
    server="MiniMax",
    seen="MiniMax-AI/MiniMax-M2.5/issues/2",
    severity=BREAKS,
    change=chunks(any_chat, delta(lambda d, number: None if "role" in d else d.update(role="", reasoning_content=""))),
)


def ends_without_choice(listed: list[Any]) -> list[Any]:
    """Remove the choices of the last chunk, and with them the finish reason."""
    last = listed[-2]
    if isinstance(last, dict) and last["choices"]:
        last["choices"] = []
    return listed


fault(
    "B049",
    "tt-inference-server-text-ends-without-choice",
    "The last chunk of a streamed text completion has no choices, so there is no finish reason.",
    server="tt-inference-server",
    seen="tenstorrent/tt-inference-server/issues/2592",
    severity=BREAKS,
    change=events(any_text, ends_without_choice),
)
FILTERED = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
fault(
    "B079",
    "azure-first-chunk-without-choices",
    "The first chunk of a stream has only prompt_filter_results: no choices, an empty id, object and model, and created 0.",
    server="Azure OpenAI",
    seen="AbanteAI/archive-old-cli-mentat/issues/429 pydantic/logfire/issues/64 seratch/ChatGPT-in-Slack/pull/49 "
    "run-llama/LlamaIndexTS/pull/244 simonw/llm/issues/294",
    severity=BREAKS,
    change=events(any_chat, lambda listed: [FILTERED, *listed]),
)


def milliseconds(body: Any, *_: Any) -> None:
    """Set the time in milliseconds."""
    body["created"] *= 1000


fault(
    "B101",
    "mistral-rs-created-in-milliseconds",
    "created is in milliseconds, in non-streamed replies and in chunks.",
    server="mistral.rs; web-llm; AnythingLLM; OpenCursor; autogen",
    seen="EricLBuehler/mistral.rs/issues/1805 mlc-ai/web-llm/issues/829 Mintplex-Labs/anything-llm/issues/2920 "
    "PawanOsman/OpenCursor/issues/67 microsoft/autogen/pull/2988",
    severity=BREAKS,
    change=both(plain(any_chat, milliseconds), chunks(any_chat, milliseconds)),
)
THOUGHT = "The user wants a short answer."


def thinks_aloud(listed: list[Any]) -> list[Any]:
    """Put the model's reasoning, with its tags, before the text of the first choice."""
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
    "In a stream, the model's reasoning and its <mm:think> tags are part of the text; a non-streamed reply keeps them apart.",
    server="vLLM (MiniMax-M3, Gemma4 parsers)",
    seen="vllm-project/vllm/issues/46042 vllm-project/vllm/issues/45687 vllm-project/vllm/issues/39885 vllm-project/vllm/pull/44898",
    severity=WRONG,
    change=both(plain(any_chat, message(lambda m: m.update(reasoning_content=THOUGHT))), events(any_chat, thinks_aloud)),
)


def swallows_tags(listed: list[Any]) -> list[Any]:
    """Hold back text that may begin a tag, and lose it if it does not."""
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
    "Streamed text that looks like the start of a tag, such as </ or <t, is lost.",
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
    "Chunks of a text completion have delta.content in place of text, and the object text_completion.chunk.",
    server="GenieX (Nexa SDK)",
    seen="qualcomm/GenieX/pull/66",
    severity=BREAKS,
    change=chunks(
        any_text, lambda chunk, number: (chunk.update(object="text_completion.chunk"), chunk_choice(shaped_as_chat)(chunk, number))
    ),
)


def at_once(listed: list[Any]) -> list[Any]:
    """Put all text of each choice into one chunk."""
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
    """If the request has tools, send the text only when it is complete."""
    made = reply.pace * len(reply.events or [])
    reply = events(offers_tools, at_once)(asked, reply)
    if reply.events is not None and offers_tools(asked):
        reply.delay, reply.pace = made, 0.0
    return reply


fault(
    "B128",
    "ollama-no-streaming-with-tools",
    "If a request has tools, even a plain text arrives in one chunk, only when it is complete.",
    server="Ollama",
    seen="ollama/ollama/issues/9092 ollama/ollama/issues/9632",
    severity=WRONG,
    change=buffers_with_tools,
)


def trims(d: Any, number: int) -> None:
    """Remove the white space from a piece of text."""
    if d.get("content"):
        d["content"] = "".join(d["content"].split())


fault(
    "B235",
    "aprender-white-space-lost-in-streams",
    "Streamed text loses all spaces and newlines.",
    server="aprender; llm-d-inference-sim",
    seen="paiml/aprender/pull/2367 llm-d/llm-d-inference-sim/issues/30",
    severity=WRONG,
    change=chunks(any_chat, delta(trims)),
)


def decodes_each_read(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Break streamed characters of three or more bytes, as if a read had ended inside each."""
    if reply.events is not None:
        listed = [frame(event, named=reply.named).decode() for event in reply.events]
        reply.events = ["".join(BROKEN * len(c.encode()) if len(c.encode()) > 2 else c for c in text).encode() for text in listed]
    return reply


BROKEN = "\N{REPLACEMENT CHARACTER}"
fault(
    "B243",
    "cache-proxy-characters-broken-at-reads",
    "A proxy decodes each read separately: characters split across two reads arrive as U+FFFD, in text and in arguments.",
    server="claude-code-cache-fix proxy",
    seen="cnighswonger/claude-code-cache-fix/issues/365",
    severity=WRONG,
    change=decodes_each_read,
)


def constant_id(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Use one id for all streamed replies to requests with tools."""
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
    """Send an empty id."""
    body["id"] = ""


fault(
    "B012",
    "tgi-id-empty",
    "The id of every completion is an empty string, streamed or not.",
    server="Text Generation Inference",
    seen="huggingface/text-generation-inference/issues/1782",
    severity=WRONG,
    change=both(plain(completions, empty_id), chunks(completions, empty_id)),
)
