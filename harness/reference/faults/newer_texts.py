"""Bugs of texts, choices and parameters of chat that were reported after all other lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..exchange import ServerRequest
from .changing import (
    any_chat,
    body_of,
    chunks,
    events,
    first_choice,
    is_finish,
    message,
    plain,
    rewriting,
    without,
)
from .fault import fault
from .where import BREAKS, WRONG, answering, error

Listed = list[Any]


def null_until_text(listed: Listed) -> Listed:
    """Begin with chunks that have only null."""
    first = next((event for event in listed if first_choice(event)), None)
    if first is None:
        return listed
    empty = {**first, "choices": [{**first_choice(first), "delta": {"role": None, "content": None}}]}
    return [json.loads(json.dumps(empty)), json.loads(json.dumps(empty)), *listed]


fault(
    "R007",
    "sglang-null-role-and-content",
    "A stream begins with chunks whose role and content are null, until the reasoning ends.",
    server="SGLang (gpt-oss)",
    seen="sgl-project/sglang/issues/18335",
    severity=BREAKS,
    change=events(any_chat, null_until_text),
)


def one_finish(listed: Listed) -> Listed:
    """Keep only the finish chunk of the last choice."""
    highest = max((first_choice(event)["index"] for event in listed if is_finish(event)), default=0)
    return [event for event in listed if not is_finish(event) or first_choice(event)["index"] == highest]


fault(
    "R008",
    "sglang-finish-only-for-the-last-choice",
    "With several choices only the last one gets a finish reason in a stream.",
    server="SGLang",
    seen="sgl-project/sglang/pull/8417",
    severity=WRONG,
    change=events(any_chat, one_finish),
)


fault(
    "R009",
    "vllm-empty-calls-in-each-chunk",
    "Each chunk of a text has an empty list of tool calls.",
    server="vLLM",
    seen="spring-projects/spring-ai/issues/6441",
    severity=BREAKS,
    change=chunks(any_chat, lambda chunk, n: [one["delta"].setdefault("tool_calls", []) for one in chunk["choices"]]),
)


fault(
    "R017",
    "tgi-max-completion-tokens-ignored",
    "max_completion_tokens is ignored; max_tokens is obeyed.",
    server="Text Generation Inference",
    seen="huggingface/text-generation-inference/issues/2925",
    severity=WRONG,
    ask=rewriting(any_chat, without("max_completion_tokens")),
)


def system_kept(pick: Callable[[list[int]], int]) -> Callable[[dict[str, Any]], None]:
    """Keep one of several system messages."""

    def change(body: dict[str, Any]) -> None:
        listed = body.get("messages")
        if isinstance(listed, list):
            places = [at for at, one in enumerate(listed) if isinstance(one, dict) and one.get("role") in ("system", "developer")]
            if len(places) > 1:
                dropped = set(places) - {pick(places)}
                body["messages"] = [one for at, one in enumerate(listed) if at not in dropped]

    return change


fault(
    "R018",
    "apfel-only-the-first-system-message",
    "Every system message after the first is dropped.",
    server="apfel",
    seen="Arthur-Ficial/apfel/issues/390",
    severity=WRONG,
    ask=rewriting(any_chat, system_kept(min)),
)


fault(
    "R019",
    "ollama-only-the-last-system-message",
    "Of several system messages only the last one is read.",
    server="Ollama",
    seen="ollama/ollama/issues/2438",
    severity=WRONG,
    ask=rewriting(any_chat, system_kept(max)),
)


fault(
    "R020",
    "koboldcpp-null-is-no-number",
    "A parameter that is null, such as seed or temperature, ends in a 500.",
    server="KoboldCpp",
    seen="LostRuins/koboldcpp/issues/1503",
    severity=BREAKS,
    change=answering(
        lambda asked: (
            any_chat(asked) and any(body_of(asked).get(name, 0) is None for name in ("seed", "temperature", "top_p", "max_tokens"))
        ),
        500,
        error("int() argument must be a string, a bytes-like object or a number, not 'NoneType'"),
    ),
)


fault(
    "R021",
    "gemini-null-stop-is-refused",
    "A stop that is null is refused.",
    server="Gemini's OpenAI layer; simpleAI",
    seen="AI-DM-Foundry/AI-Combat-Assistant-Pf2e/pull/8 lhenault/simpleAI/issues/1",
    severity=BREAKS,
    change=answering(
        lambda asked: any_chat(asked) and "stop" in body_of(asked) and body_of(asked)["stop"] is None,
        400,
        error("Value is not a string: null", None, "stop"),
    ),
)


def each_content(change: Callable[[str], str]) -> Callable[[Any, int], None]:
    """Change the content of each delta."""

    def apply(chunk: Any, number: int) -> None:
        for one in chunk["choices"]:
            if isinstance(one["delta"].get("content"), str):
                one["delta"]["content"] = change(one["delta"]["content"])

    return apply


def torn(text: str) -> str:
    """Replace each character outside ASCII as if its bytes had been decoded one by one."""
    return "".join(character if character.isascii() else "\ufffd" * len(character.encode(errors="replace")) for character in text)


fault(
    "R022",
    "aisix-characters-torn-in-streams",
    "Characters outside ASCII arrive in a stream as replacement characters.",
    server="AISIX; claude-code-router; Semantix",
    seen="api7/aisix/issues/111 musistudio/claude-code-router/pull/1672 Gnosil/semantix/issues/369",
    severity=WRONG,
    change=chunks(any_chat, each_content(torn)),
)


fault(
    "R023",
    "plano-torn-chunks-are-lost",
    "Chunks with characters outside ASCII are dropped from a stream.",
    server="Plano",
    seen="katanemo/plano/issues/980",
    severity=WRONG,
    change=events(
        any_chat, lambda listed: [event for event in listed if str((first_choice(event).get("delta") or {}).get("content")).isascii()]
    ),
)


def explained(asked: ServerRequest) -> bool:
    """Whether it asks for a JSON object."""
    return any_chat(asked) and (body_of(asked).get("response_format") or {}).get("type") == "json_object"


def explains(m: Any) -> None:
    """Add prose behind a JSON text."""
    m["content"] = (m["content"] or "") + "\nThis JSON object contains a list of"


fault(
    "R027",
    "fastflowlm-prose-behind-json",
    "With json_object, prose follows the JSON object.",
    server="FastFlowLM",
    seen="ROCm/FastFlowLM/issues/554",
    severity=WRONG,
    change=plain(explained, message(explains)),
)


fault(
    "R035",
    "webai-at-home-scores-ignored",
    "logprobs and top_logprobs are accepted and ignored.",
    server="webai-at-home",
    seen="webai-at-home/webai-at-home/issues/191",
    severity=WRONG,
    ask=rewriting(any_chat, without("logprobs", "top_logprobs")),
)
