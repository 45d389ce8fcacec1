"""Conversations as state machines: their rules say which turn may follow which, and each run writes a script of turns.

The script is sent when it is whole, so that many conversations go over the wire at once, and a smaller one can be made of it.
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
    """A machine that writes turns, and hands them over when it is done."""

    take: ClassVar[Callable[[list[Turn]], None]]

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []

    def teardown(self) -> None:
        """Hand over the script."""
        if self.turns:
            type(self).take(self.turns)


class ChatMachine(_Scripted):
    """The user says something, or makes the model call a tool, whose result then comes next."""

    def owes_result(self) -> bool:
        """Whether a call waits for its result."""
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
    """Stored responses: continued, retrieved, listed and deleted, in any order that is legal. ``of`` counts them from 0."""

    def kept(self) -> list[int]:
        """The responses that are there."""
        made = [number for number, _ in enumerate(turn for turn in self.turns if turn["turn"] in ("begin", "continue"))]
        gone = [turn["of"] for turn in self.turns if turn["turn"] == "delete"]
        return [number for number in made if number not in gone]

    @rule(text=texts(2))
    def begin(self, text: str) -> None:
        """A response of its own."""
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
        """Retrieve one of the responses, list what it was made from, or delete it."""
        self.turns.append({"turn": what, "of": self.picked(pick)})

    @precondition(lambda self: any(turn["turn"] == "delete" for turn in self.turns))
    @rule()
    def look_for_what_is_gone(self) -> None:
        """Ask for one that was deleted."""
        self.turns.append({"turn": "miss", "of": next(turn["of"] for turn in self.turns if turn["turn"] == "delete")})

    def picked(self, pick: int) -> int:
        """One of the responses that are there."""
        return self.kept()[pick % len(self.kept())]


def chat_steps(turns: list[Turn]) -> tuple[Step, ...] | None:
    """A chat script as steps; ``None`` where a result has no call before it, or a call no result after it."""
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
                if turn.get("stream"):  # chunks are no message: the assistant's turn is told in our words
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
    """A script of stored responses as steps; ``None`` where one is asked for that was not made, or is gone already."""
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
"""For each endpoint the machine that writes scripts, and what makes steps of them."""


def machine(endpoint: str, take: Callable[[list[Turn]], None]) -> type[RuleBasedStateMachine]:
    """A machine of conversations at an endpoint, whose scripts go to a function."""
    return type("Drawn", (SCRIPTS[endpoint][0],), {"take": staticmethod(take)})
