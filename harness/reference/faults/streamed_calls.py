"""Streamed tool calls whose deltas cannot be assembled, or assemble to something else."""

from __future__ import annotations

from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import body_of, each_piece, events, is_finish, later, offers_tools, without
from .fault import fault
from .where import BREAKS, WRONG, messages


def after_a_text(listed: list[Any]) -> list[Any]:
    """Number the calls as if the leading text were call 0, and repeat the role in every chunk."""
    if not any(item["delta"].get("tool_calls") for e in listed if isinstance(e, dict) for item in e["choices"]):
        return listed
    first = listed[0]
    text = {**first, "choices": [{**first["choices"][0], "delta": {"role": "assistant", "content": "I will look that up."}}]}
    for event in listed[1:]:
        for item in event["choices"] if isinstance(event, dict) else []:
            item["delta"]["role"] = "assistant"
            for piece in item["delta"].get("tool_calls", []):
                piece["index"] += 1
    return [first, text, *listed[1:]]


fault(
    "B016",
    "litellm-first-call-has-index-1",
    "The first streamed call after a text has index 1, and every chunk repeats the role.",
    server="LiteLLM",
    seen="BerriAI/litellm/issues/11407",
    severity=WRONG,
    change=events(offers_tools, after_a_text),
)
fault(
    "B017",
    "ollama-pieces-of-calls-without-index",
    "The deltas of a streamed call have no index.",
    server="Ollama; Gemini OpenAI endpoint; mistral.rs",
    seen="ollama/ollama/issues/7881 openai/openai-python/issues/2806 EricLBuehler/mistral.rs/pull/1507 AstrBotDevs/AstrBot/pull/6692",
    severity=BREAKS,
    change=each_piece(lambda piece, number: without("index")(piece)),
)
fault(
    "B019",
    "poolside-id-of-call-changes",
    "The first delta of a call has one id, all later deltas another.",
    server="Poolside",
    seen="poolsideai/pool/issues/9",
    severity=BREAKS,
    change=each_piece(later(lambda piece: piece.update(id=f"call_other_{piece['index']}"))),
)
fault(
    "B020",
    "oci-new-id-in-every-piece",
    "Every delta of a call has a new random id.",
    server="OCI GenAI via LiteLLM",
    seen="BerriAI/litellm/pull/28223",
    severity=BREAKS,
    doubtful=True,
    change=each_piece(lambda piece, number: piece.update(id=f"call_{number:032x}")),
)


def repeats_ids(listed: list[Any]) -> list[Any]:
    """Repeat a call's id in each of its deltas."""
    ids: dict[tuple[int, int], str] = {}
    for event in listed:
        for item in event["choices"] if isinstance(event, dict) else []:
            for piece in item["delta"].get("tool_calls", []):
                piece["id"] = ids.setdefault((item["index"], piece["index"]), piece.get("id", ""))
    return listed


fault(
    "B021",
    "deepseek-id-in-every-piece",
    "Every delta of a call repeats its id.",
    server="DeepSeek; Qwen (DashScope)",
    seen="langchain4j/langchain4j/pull/4544",
    severity=WRONG,
    change=events(offers_tools, repeats_ids),
)


def is_forced(asked: ServerRequest) -> bool:
    """Whether the request forces a call."""
    choice = body_of(asked).get("tool_choice")
    return offers_tools(asked) and (choice == "required" or isinstance(choice, dict))


def unidentified(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Leave the id and the type out of forced calls."""
    return each_piece(lambda piece, number: without("id", "type")(piece))(asked, reply) if is_forced(asked) else reply


fault(
    "B023",
    "vllm-forced-calls-streamed-without-id",
    "A forced call has neither id nor type in a stream; without streaming it has both.",
    server="vLLM",
    seen="vllm-project/vllm/issues/18412",
    severity=BREAKS,
    change=unidentified,
)


def lost(listed: list[Any]) -> list[Any]:
    """Remove the calls from a stream."""
    kept = []
    for event in listed:
        calls = isinstance(event, dict) and any(item["delta"].get("tool_calls") for item in event["choices"])
        for item in event["choices"] if is_finish(event) else []:
            item["finish_reason"] = "stop"
        if not calls:
            kept.append(event)
    return kept


def would_call(listed: list[Any]) -> bool:
    """Whether a stream has a call."""
    return any(item["delta"].get("tool_calls") for event in listed if isinstance(event, dict) for item in event["choices"])


fault(
    "B129",
    "ollama-streamed-call-lost",
    "The model's call is lost in a stream: no text, no call, and the finish reason stop. Without streaming the call arrives.",
    server="Ollama",
    seen="earendil-works/pi/pull/1125 ollama/ollama/issues/12557",
    severity=WRONG,
    change=events(offers_tools, lambda listed: lost(listed) if would_call(listed) else listed),
)


def answers_result(asked: ServerRequest) -> bool:
    """Whether the last message is a tool result."""
    return offers_tools(asked) and bool(told := messages(asked)) and told[-1].get("role") == "tool"


fault(
    "B130",
    "lm-studio-nothing-streamed-after-a-result",
    "After a tool result, a streamed reply has neither text nor call; a non-streamed reply has.",
    server="LM Studio",
    seen="lmstudio-ai/lmstudio-bug-tracker/issues/1066",
    severity=BREAKS,
    doubtful=True,
    change=events(answers_result, lambda listed: [listed[0], *[event for event in listed if is_finish(event)], listed[-1]]),
)
fault(
    "B131",
    "lm-studio-identity-emptied-by-later-pieces",
    "Later deltas of a call have an empty id and an empty name, which overwrite those of the first.",
    server="LM Studio; DashScope (GLM/Qwen)",
    seen="lmstudio-ai/lmstudio-bug-tracker/issues/649 anomalyco/opencode/pull/37783 SaladDay/cc-switch-cli/pull/341",
    severity=BREAKS,
    change=each_piece(later(lambda piece: (piece.update(id=""), piece["function"].update(name="")))),
)
fault(
    "B132",
    "litellm-name-null-as-text",
    'Later deltas of a call have the name "null", a string, and the type FUNCTION.',
    server="LiteLLM-fronted service",
    seen="BerriAI/litellm/issues/12513",
    severity=BREAKS,
    change=each_piece(later(lambda piece: (piece.update(type="FUNCTION"), piece["function"].update(name="null")))),
)


def opens_with(name: str | None, *, named_later: bool) -> Any:
    """Open each call with another name; the real name follows in the second delta, or never."""

    def change(listed: list[Any]) -> list[Any]:
        names: dict[tuple[int, int], str] = {}
        for event in listed:
            for item in event["choices"] if isinstance(event, dict) else []:
                for piece in item["delta"].get("tool_calls", []):
                    key = (item["index"], piece["index"])
                    if "name" in piece["function"]:
                        names[key], piece["function"]["name"] = piece["function"]["name"], name
                    elif named_later and key in names:
                        piece["function"]["name"] = names.pop(key)
        return listed

    return events(offers_tools, change)


COHERE = {"server": "custom SGLang build; vLLM command-a", "seen": "open-webui/open-webui/pull/29690 vercel/ai/pull/16507"}
fault(
    "B134",
    "sglang-call-opens-without-name",
    "The first delta of a call has a null name; the real name comes in the second.",
    **COHERE,
    severity=BREAKS,
    change=opens_with(None, named_later=True),
)
fault(
    "B134",
    "vllm-call-opens-with-an-empty-name",
    "The name of a streamed call is an empty string in every delta that has one.",
    **COHERE,
    severity=BREAKS,
    change=opens_with("", named_later=False),
)


def unfinished(listed: list[Any]) -> list[Any]:
    """Cut the last call short, and end as if it were complete."""
    pieces = [event for event in listed if isinstance(event, dict) and any(i["delta"].get("tool_calls") for i in event["choices"])]
    return [event for event in listed if event not in pieces[-2:]] if len(pieces) > 2 else listed


fault(
    "B164",
    "bedrock-cut-call-passed-off-as-whole",
    "The upstream fails during a streamed call; the gateway ends the stream with tool_calls, usage and [DONE] as if it were complete.",
    server="Bedrock via LiteLLM (withdrawn report)",
    seen="BerriAI/litellm/issues/32686",
    severity=WRONG,
    doubtful=True,
    change=events(offers_tools, unfinished),
)
