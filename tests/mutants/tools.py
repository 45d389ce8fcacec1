"""Mutants of tools."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import (
    any_chat,
    arguments,
    body_of,
    both,
    choice,
    each_call,
    each_piece,
    events,
    later,
    message,
    offers_tools,
    plain,
    rewriting,
    setting,
    taken,
    without,
)
from harness.reference.refusals import RefusalError
from tests.mutants.changing import mutant


def chooses(value: Any) -> Callable[[ServerRequest], bool]:
    return lambda asked: offers_tools(asked) and body_of(asked).get("tool_choice") == value


def names_a_tool(asked: ServerRequest) -> bool:
    return offers_tools(asked) and isinstance(body_of(asked).get("tool_choice"), dict)


mutant("call-without-type", "tools.call-shape", change=each_call(without("type")))
mutant(
    "call-arguments-object",
    "tools.call-shape",
    change=each_call(lambda call: call["function"].update(arguments={"city": "Paris"})),
)
mutant(
    "call-arguments-missing",
    "tools.call-shape",
    change=each_call(lambda call: without("arguments")(call["function"])),
)
mutant(
    "piece-without-index",
    "tools.delta-shape",
    change=each_piece(lambda piece, n: without("index")(piece)),
)
mutant("piece-type-upper-case", "tools.delta-shape", change=each_piece(lambda piece, n: piece.update(type="FUNCTION")))
mutant("pieces-without-id", "tools.streamed-calls-identified", "tools.ids-differ", change=each_piece(lambda piece, n: without("id")(piece)))
mutant("pieces-without-type", "tools.streamed-calls-identified", change=each_piece(lambda piece, n: without("type")(piece)))


def name_late(listed: list[Any]) -> list[Any]:
    """Move the name of a call from its first piece to its second."""
    pieces = [p for e in listed if isinstance(e, dict) for c in e["choices"] for p in c["delta"].get("tool_calls", [])]
    for first, second in pairwise(pieces):
        if "name" in first["function"] and "name" not in second["function"]:
            second["function"]["name"] = first["function"].pop("name")
    return listed


mutant("name-in-second-piece", "tools.first-piece-identifies", change=events(offers_tools, name_late))
mutant("id-in-every-piece", "tools.identity-once", change=each_piece(lambda piece, n: piece.setdefault("id", "call_1")))
mutant("empty-name-in-every-piece", "tools.identity-left-out", change=each_piece(later(lambda piece: piece["function"].update(name=""))))
mutant("null-id-in-every-piece", "tools.identity-left-out", change=each_piece(later(lambda piece: piece.update(id=None))))
mutant("null-type-in-later-pieces", "tools.delta-shape", change=each_piece(later(lambda piece: piece.update(type=None))))
mutant("id-changes-with-pieces", "tools.identity-once", change=each_piece(lambda piece, n: piece.update(id=f"call_{n}")))
mutant("call-index-from-one", "tools.indexes-count-up", change=each_piece(lambda piece, n: piece.update(index=piece["index"] + 1)))
mutant("call-index-always-0", "tools.arguments-are-json", "tools.identity-once", change=each_piece(lambda piece, n: piece.update(index=0)))
mutant("no-arguments-as-nothing", "tools.arguments-are-json", change=each_call(arguments(lambda text: "" if text == "{}" else text)))
mutant(
    "arguments-cut-in-silence",
    "tools.arguments-are-json",
    change=each_call(arguments(lambda text: text[:-1])),
)
mutant(
    "cut-call-passed-off-as-whole",
    "tools.finish-means-a-call",
    "tools.arguments-are-json",
    change=plain(lambda a: offers_tools(a) and body_of(a).get("max_tokens") == 4, choice(setting("finish_reason", "tool_calls"))),
)
mutant("strict-arguments-wrong", "tools.strict-arguments-fit", change=each_call(arguments(lambda text: text.replace("-1.5", '"-1.5"'))))
mutant(
    "call-of-unknown-tool",
    "tools.declared-names",
    "tools.named-means-that-one",
    change=each_call(lambda call: call["function"].update(name="other")),
)
mutant("call-ids-alike", "tools.ids-differ", change=each_call(setting("id", "call_1")))
mutant("empty-list-of-calls", "tools.no-empty-list", change=plain(any_chat, message(lambda m: m.setdefault("tool_calls", []))))
mutant(
    "calls-end-with-stop",
    "tools.finish-reason",
    change=both(plain(lambda a: offers_tools(a) and body_of(a).get("tool_choice") == "auto", choice(setting("finish_reason", "stop")))),
)
mutant(
    "call-in-text-too",
    "tools.not-in-text",
    change=plain(
        lambda a: offers_tools(a) and {"response_format", "logprobs"}.isdisjoint(body_of(a)),
        message(lambda m: m.update(content=f"<tool_call>{m['tool_calls'][0]['function']['arguments']}") if m.get("tool_calls") else None),
    ),
)
mutant("none-ignored", "tools.none-means-none", ask=rewriting(chooses("none"), setting("tool_choice", "auto")))
mutant(
    "required-ignored",
    "tools.required-means-a-call",
    ask=rewriting(chooses("required"), setting("tool_choice", "none")),
)
mutant(
    "named-ignored",
    "tools.required-means-a-call",
    ask=rewriting(taken(names_a_tool), setting("tool_choice", "none")),
)
mutant(
    "auto-never-calls",
    "tools.auto-can-call",
    ask=rewriting(lambda a: offers_tools(a) and body_of(a).get("tool_choice", "auto") == "auto", setting("tool_choice", "none")),
)
mutant("parallel-off-ignored", "tools.parallel-off", ask=rewriting(offers_tools, without("parallel_tool_calls")))


def refuses_null_content(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if b'"role":"assistant","content":null' in asked.body:
        return ServerReply(
            400,
            reply.headers | {"content-type": "application/json"},
            RefusalError(400, "content must be a string", "invalid_type", "messages").body,
        )
    return reply


mutant("null-content-refused-on-replay", "http.valid-request-succeeds", change=refuses_null_content)
