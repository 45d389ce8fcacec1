"""Conversations as state machines: the rules say which turn may follow which, and each run writes a script of turns.

A script is sent only when complete, so that many conversations can run at once, and a failing one can be reduced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ...model import Data, Step
from .texts import texts

TOKENS = 16
CALL_TOKENS = 48
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Get the weather of a city.", "parameters": CITY}}

Turn = dict[str, Any]


class _Scripted(RuleBasedStateMachine):
    """A machine that writes turns, and passes them on at its end."""

    take: ClassVar[Callable[[list[Turn]], None]]

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []

    def teardown(self) -> None:
        """Pass the script on."""
        if self.turns:
            type(self).take(self.turns)


class ChatMachine(_Scripted):
    """The user says something, or makes the model call a tool; the tool's result then comes next."""

    def owes_result(self) -> bool:
        """Whether the last turn is a call without its result."""
        return bool(self.turns) and self.turns[-1]["turn"] == "call"

    @precondition(lambda self: not self.owes_result())
    @rule(text=texts(2), stream=st.booleans())
    def say(self, text: str, stream: bool) -> None:
        """The user says something."""
        self.turns.append({"turn": "say", "text": text, **({"stream": True} if stream else {})})

    @precondition(lambda self: not self.owes_result())
    @rule()
    def call(self) -> None:
        """The user makes the model call a tool."""
        self.turns.append({"turn": "call"})

    @precondition(lambda self: self.owes_result())
    @rule(text=texts(2))
    def result(self, text: str) -> None:
        """The result of the call."""
        self.turns.append({"turn": "result", "text": text})


class ResponseMachine(_Scripted):
    """Stored responses: continues, retrieves, lists and deletes them in any legal order. ``of`` is a response's number from 0."""

    def kept(self) -> list[int]:
        """The numbers of the responses that exist."""
        made = [number for number, _ in enumerate(turn for turn in self.turns if turn["turn"] in ("begin", "continue"))]
        gone = [turn["of"] for turn in self.turns if turn["turn"] == "delete"]
        return [number for number in made if number not in gone]

    @rule(text=texts(2))
    def begin(self, text: str) -> None:
        """Create an independent response."""
        self.turns.append({"turn": "begin", "text": text})

    @precondition(lambda self: self.kept())
    @rule(text=texts(2), pick=st.integers(0, 9), stream=st.booleans())
    def go_on(self, text: str, pick: int, stream: bool) -> None:
        """Continue one of the responses."""
        turn = {"turn": "continue", "of": self.picked(pick), "text": text}
        self.turns.append({**turn, "stream": True} if stream else turn)

    @precondition(lambda self: self.kept())
    @rule(pick=st.integers(0, 9), what=st.sampled_from(["retrieve", "list", "delete"]))
    def ask_about(self, pick: int, what: str) -> None:
        """Retrieve one of the responses, list its input items, or delete it."""
        self.turns.append({"turn": what, "of": self.picked(pick)})

    @precondition(lambda self: any(turn["turn"] == "delete" for turn in self.turns))
    @rule()
    def look_for_what_is_gone(self) -> None:
        """Retrieve a deleted response."""
        self.turns.append({"turn": "miss", "of": next(turn["of"] for turn in self.turns if turn["turn"] == "delete")})

    def picked(self, pick: int) -> int:
        """Pick one of the responses that exist."""
        return self.kept()[pick % len(self.kept())]


def chat_steps(turns: list[Turn]) -> tuple[Step, ...] | None:
    """The steps of a chat script; ``None`` if a result does not follow a call, or a call is followed by another turn."""
    steps: list[Step] = []
    history: list[Data] = []
    for number, turn in enumerate(turns, start=1):
        name, after_call = f"turn-{number}", number > 1 and turns[number - 2]["turn"] == "call"
        if (turn.get("turn") == "result") != after_call:
            return None
        own: Data = {"$from": name, "at": "/choices/0/message"}
        body: dict[str, Any] = {"model": "$model", "max_tokens": TOKENS}
        match turn["turn"]:
            case "say":
                history.append({"role": "user", "content": turn["text"]})
                if turn.get("stream"):  # a stream has no message to refer to: the history gets a fixed text
                    body, own = {**body, "stream": True}, {"role": "assistant", "content": "I see."}
            case "call":
                history.append({"role": "user", "content": 'Call get_weather with {"city": "Paris"}.'})
                choice = {"tool_choice": "required", "parallel_tool_calls": False}
                body = {**body, "max_tokens": CALL_TOKENS, "tools": [TOOL], **choice}
            case "result":
                called = {"$from": f"turn-{number - 1}", "at": "/choices/0/message/tool_calls/0/id"}
                history.append({"role": "tool", "tool_call_id": called, "content": turn["text"]})
                body = {**body, "tools": [TOOL]}
            case other:
                raise LookupError(other)
        steps.append(Step(name, "chat", send={**body, "messages": list(history)}, wants="either"))
        history.append(own)
    return tuple(steps)


ABOUT = {"retrieve": ("response", "GET"), "list": ("response-items", "GET"), "delete": ("response", "DELETE"), "miss": ("response", "GET")}


def response_steps(turns: list[Turn]) -> tuple[Step, ...] | None:
    """The steps of a script of stored responses; ``None`` if it uses a response that does not exist or is already deleted."""
    steps: list[Step] = []
    made: list[str] = []
    streamed: set[str] = set()
    gone: set[int] = set()
    for number, turn in enumerate(turns, start=1):
        name, of = f"turn-{number}", turn.get("of", 0)
        if turn["turn"] != "begin" and (of >= len(made) or (of in gone) != (turn["turn"] == "miss")):
            return None
        before = {"$from": made[of], "at": "/response/id" if made[of] in streamed else "/id"} if made and of < len(made) else None
        if turn["turn"] in ("begin", "continue"):
            body = {"model": "$model", "max_output_tokens": TOKENS, "store": True, "input": turn["text"]}
            body |= {"previous_response_id": before} if turn["turn"] == "continue" else {}
            body |= {"stream": True} if turn.get("stream") else {}
            steps.append(Step(name, "responses", send=body, wants="either"))
            streamed |= {name} if turn.get("stream") else set()
            made.append(name)
            continue
        endpoint, method = ABOUT[turn["turn"]]
        wants: Any = "refusal" if turn["turn"] == "miss" else "either"
        steps.append(Step(name, endpoint, method=method, target=before, wants=wants))
        gone |= {of} if turn["turn"] == "delete" else set()
    return tuple(steps)


SCRIPTS: dict[str, tuple[type[_Scripted], Callable[[list[Turn]], tuple[Step, ...] | None]]] = {
    "chat": (ChatMachine, chat_steps),
    "responses": (ResponseMachine, response_steps),
}
"""For each endpoint, the machine that writes scripts and the function that turns them into steps."""


def machine(endpoint: str, take: Callable[[list[Turn]], None]) -> type[RuleBasedStateMachine]:
    """A machine for conversations with an endpoint; it passes its scripts to ``take``."""
    return type("Drawn", (SCRIPTS[endpoint][0],), {"take": staticmethod(take)})
