"""Bugs reported after the first list: in streams, log probabilities and request parameters."""

from __future__ import annotations

import json
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_chat, any_text, body_of, chunks, rewriting, without
from .changing_responses import any_response, numbered, of
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, answering, any_embedding, completions, error, messages

CUT = 3
"""UTF-16 units of arguments in each delta."""


def scored_in_pairs(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Put two tokens into each chunk, and give the second the alternatives of the first."""
    if not any_chat(asked) or reply.events is None or not body_of(asked).get("logprobs") or body_of(asked).get("n"):
        return reply
    kept: list[Any] = []
    for event in reply.events:
        choice = event["choices"][0] if isinstance(event, dict) and event["choices"] else {}
        before = kept[-1]["choices"][0] if kept and isinstance(kept[-1], dict) and kept[-1]["choices"] else {}
        scores, others = choice.get("logprobs"), before.get("logprobs")
        if scores and others and len(others["content"]) == 1:
            entry = {**scores["content"][0], "top_logprobs": others["content"][0]["top_logprobs"]}
            before["logprobs"] = {**others, "content": [*others["content"], entry]}
            before["delta"] = {"content": before["delta"]["content"] + choice["delta"]["content"]}
        else:
            kept.append(json.loads(json.dumps(event)))
    reply.events = kept
    return reply


fault(
    "N020",
    "sglang-alternatives-of-the-first-token",
    "In a chunk with two tokens, the second has the top_logprobs of the first.",
    server="SGLang",
    seen="sgl-project/sglang/issues/39260",
    severity=WRONG,
    change=scored_in_pairs,
)
fault(
    "N024",
    "sglang-no-details-in-streamed-usage",
    "The usage of a stream has no prompt_tokens_details, although non-streamed replies have them.",
    server="SGLang; LiteLLM",
    seen="sgl-project/sglang/issues/4707 BerriAI/litellm/pull/41071",
    severity=WRONG,
    change=chunks(any_chat, lambda chunk, n: without("prompt_tokens_details")(chunk["usage"]) if chunk.get("usage") else None),
)


def goes_on_behind(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Remove a stop sequence, but deliver the text after it."""
    stop = body_of(asked).get("stop")
    if not any_chat(asked) or not isinstance(stop, str) or reply.status != 200:
        return reply
    for document in [reply.body] if reply.events is None else reply.events:
        for choice in document["choices"] if isinstance(document, dict) else []:
            if choice["finish_reason"] == "stop":
                holder = choice.get("message") or choice["delta"]
                holder["content"] = (holder.get("content") or "") + " six, "
    return reply


fault(
    "N026",
    "vmlx-text-behind-a-stop",
    "A stop sequence is removed, but a few tokens after it are delivered.",
    server="vmlx-swift (osaurus)",
    seen="osaurus-ai/vmlx-swift/pull/109",
    severity=WRONG,
    change=goes_on_behind,
)
fault(
    "N030",
    "deepseek-calls-need-their-reasoning",
    "A call in the history is refused unless its message has reasoning_content.",
    server="DeepSeek API (V4, thinking mode)",
    seen="earendil-works/pi/issues/3636 qwersyk/Newelle/issues/404 SaladDay/cc-switch-cli/issues/170",
    severity=BREAKS,
    change=answering(
        lambda asked: any(one.get("tool_calls") and "reasoning_content" not in one for one in messages(asked)),
        400,
        error("The `reasoning_content` in the thinking mode must be passed back to the API."),
    ),
)


def halved(text: str) -> list[str]:
    """Cut a text between the halves of its surrogate pairs."""
    units = text.encode("utf-16-be", "surrogatepass")
    return [units[at : at + 2 * CUT].decode("utf-16-be", "surrogatepass") for at in range(0, len(units), 2 * CUT)]


def arguments_halved(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Stream arguments in deltas of ``CUT`` UTF-16 units."""
    if not any_chat(asked) or reply.events is None:
        return reply
    texts: dict[tuple[int, int], str] = {}
    kept: list[Any] = []
    for event in reply.events:
        choice = event["choices"][0] if isinstance(event, dict) and event["choices"] else {}
        calls = (choice.get("delta") or {}).get("tool_calls")
        if calls and "id" not in calls[0]:
            place = choice["index"], calls[0]["index"]
            texts[place] = texts.get(place, "") + calls[0]["function"]["arguments"]
            continue
        if choice.get("finish_reason"):
            for (index, number), text in texts.items():
                for piece in halved(text) if index == choice["index"] else []:
                    delta = {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}
                    kept.append({**event, "choices": [{**choice, "delta": delta, "finish_reason": None}]})
        kept.append(event)
    reply.events = kept
    return reply


fault(
    "N031",
    "openclaw-arguments-cut-in-mid-character",
    "Streamed arguments are cut between the halves of surrogate pairs.",
    server="OpenClaw gateway",
    seen="openclaw/openclaw/pull/115536",
    severity=BREAKS,
    change=arguments_halved,
)


def arguments_at_once(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send a call's arguments only in the done event, without an item id."""
    if not any_response(asked) or reply.events is None or not reply.named:
        return reply
    kept = [event for event in reply.events if not of("function_call_arguments.delta")(event)]
    for event in kept:
        for item in [event.get("item"), *((event.get("response") or {}).get("output") or [])]:
            if isinstance(item, dict) and item.get("type") == "function_call":
                item.pop("id", None)
        if of("function_call_arguments.done")(event):
            event.pop("item_id", None)
    reply.events = numbered(kept)
    return reply


fault(
    "N032",
    "codex-spark-arguments-at-once",
    "A call's arguments arrive only in the done event, without deltas, and the call's item has no id.",
    server="Codex Spark route behind LiteLLM; upstreams of sub2api and OpenCode",
    seen="BerriAI/litellm/issues/27144 Wei-Shaw/sub2api/pull/6629 anomalyco/opencode/pull/44862",
    severity=WRONG,
    change=arguments_at_once,
)


def empty_vectors(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Answer a list of inputs with empty vectors."""
    if any_embedding(asked) and reply.status == 200 and isinstance(body_of(asked).get("input"), list):
        for item in reply.body["data"]:
            item["embedding"] = []
    return reply


fault(
    "N034",
    "ollama-empty-vectors-for-lists",
    "If the input is a list, every embedding is an empty array.",
    server="Ollama 0.21 (as seen by gbrain)",
    seen="garrytan/gbrain/issues/328",
    severity=BREAKS,
    change=empty_vectors,
)


def zero_dropped(body: dict[str, Any]) -> None:
    """Treat a temperature of 0 as unset."""
    if body.get("temperature") == 0:
        del body["temperature"]


fault(
    "N036",
    "litellm-zero-temperature-is-unset",
    "A temperature of 0 counts as unset, and the default applies.",
    server="LiteLLM (2023); the same slip in many gateways",
    seen="BerriAI/litellm/issues/822 SamSaffron/term-llm/pull/278",
    severity=WRONG,
    ask=rewriting(completions, zero_dropped),
)


def interleaved(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Open all calls of a turn before closing any."""
    if not any_response(asked) or reply.events is None or not reply.named:
        return reply
    inside = [event for event in reply.events if type(event.get("output_index")) is int]
    opened = [event for event in inside if of("output_item.added")(event)]
    if len(opened) < 2 or not all(event["item"]["type"] == "function_call" for event in opened):
        return reply
    rest = [event for event in inside if event not in opened]
    outer = [event for event in reply.events if event not in inside]
    reply.events = numbered([*outer[:-1], *opened, *rest, outer[-1]])
    return reply


fault(
    "N037",
    "console-go-calls-interleaved",
    "All calls of a turn are opened before any is closed, which is legal.",
    server="Console Go (opencode.ai)",
    seen="Prism-Shadow/agenthub/pull/218",
    severity=COSMETIC,
    doubtful=True,
    change=interleaved,
)


def one_for_each_prompt(body: dict[str, Any]) -> None:
    """Ignore ``n``."""
    body.pop("n", None)


fault(
    "N044",
    "lmdeploy-one-text-whatever-n",
    "Text completions ignore n: there is one choice for each prompt.",
    server="LMDeploy",
    seen="InternLM/lmdeploy/issues/4976",
    severity=WRONG,
    ask=rewriting(any_text, one_for_each_prompt),
)
