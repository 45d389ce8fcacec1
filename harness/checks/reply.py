"""An exchange as the checks see it: parsed once, lazily, and never raising for what an endpoint sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness import sse
from harness.model import Exchange, Json, Problem

DONE = "[DONE]"
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON text read strictly. ``error`` says why it is none; ``repeated`` are member names given twice."""

    value: Json = None
    error: str | None = None
    repeated: tuple[str, ...] = ()


def parse_json(text: str) -> Parsed:
    """Read a JSON text as RFC 8259 has it: no NaN, no infinities; repeated members are noticed and the last one wins."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(name for name in found if names.count(name) > 1)
        return found

    try:
        value = json.loads(text, object_pairs_hook=members, parse_constant=_refuse_constant)
    except RecursionError:
        return Parsed(error="nested too deep to read")
    except ValueError as error:
        return Parsed(error=str(error))
    return Parsed(value, None, tuple(repeated))


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class Payload:
    """One document that an event carries, as text and read as JSON; ``seconds`` is when its event's last byte arrived."""

    event: sse.Event
    text: str
    parsed: Parsed
    seconds: float

    @property
    def where(self) -> str:
        """How a reader finds it."""
        return f"event {self.event.number}"


class Reply:
    """What came back, and what had been asked."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The request's JSON body; empty when it was none."""
        value = parse_json(self.exchange.request.body.decode(errors="replace")).value
        return value if isinstance(value, dict) else {}

    @property
    def whole(self) -> bool:
        """Whether the reply was read to its end."""
        return self.exchange.trouble is None and self.exchange.request.leave_after is None

    @cached_property
    def media_type(self) -> str:
        """The reply's content type without parameters, in lower case; empty when there is none."""
        return (self.exchange.header("content-type") or "").split(";")[0].strip().lower()

    @cached_property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of events, whatever its content type claims."""
        return self.media_type == "text/event-stream" or any(event.data for event in self.stream.events)

    @cached_property
    def text(self) -> str:
        """The body as text, with U+FFFD for invalid bytes."""
        return self.exchange.body.decode(errors="replace")

    @cached_property
    def parsed(self) -> Parsed:
        """The body read as one JSON document."""
        try:
            return parse_json(self.exchange.body.decode())
        except UnicodeDecodeError as error:
            return Parsed(error=f"not UTF-8: byte {error.start} is 0x{self.exchange.body[error.start]:02x}")

    @cached_property
    def stream(self) -> sse.EventStream:
        """The body read as server-sent events."""
        return sse.parse(self.exchange.body)

    @cached_property
    def payloads(self) -> tuple[Payload, ...]:
        """All documents of the stream but the terminator and empty data. The last one counts even when no blank line ends it."""
        arrivals = self.exchange.arrivals
        found: list[Payload] = []
        at = 0
        for event in self.stream.events:
            while at < len(arrivals) - 1 and arrivals[at].octets < event.stop:
                at += 1
            seconds = arrivals[at].seconds if arrivals else 0.0
            found += [Payload(event, text, parse_json(text), seconds) for text in documents(event) if text not in ("", DONE)]
        return tuple(found)

    @cached_property
    def objects(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The JSON objects of the reply with where they stand: the body, or each event's data but errors."""
        if not self.is_event_stream:
            return (("", self.parsed.value),) if isinstance(self.parsed.value, dict) else ()
        values = ((payload.where, payload.parsed.value) for payload in self.payloads)
        return tuple((where, value) for where, value in values if isinstance(value, dict) and not value.get("error"))

    @property
    def object(self) -> dict[str, Any]:
        """The body as an object; empty when it is none."""
        return self.parsed.value if isinstance(self.parsed.value, dict) else {}

    @property
    def broke_off(self) -> bool:
        """Whether an error came in the middle of the stream: what would have followed is nobody's fault any more."""
        return any(isinstance(payload.parsed.value, dict) and payload.parsed.value.get("error") for payload in self.payloads)

    def choices(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Every choice of every object that is an object itself, in order: where it stands, its index, and it.

        A choice whose index is no integer counts by its position.
        """
        for where, value in self.objects:
            listed = value.get("choices")
            for position, choice in enumerate(listed if isinstance(listed, list) else []):
                if isinstance(choice, dict):
                    index = choice.get("index")
                    yield f"{where} /choices/{position}".strip(), index if type(index) is int else position, choice

    @cached_property
    def texts(self) -> dict[int, str]:
        """The text of each choice by index: whole, or its deltas joined; chat content and legacy text alike."""
        found: dict[int, str] = {}
        for _, index, choice in self.choices():
            found[index] = found.get(index, "") + _text_of(choice)
        return found

    @cached_property
    def finish_reasons(self) -> dict[int, list[tuple[str, Json]]]:
        """The finish reasons of each choice that are neither null nor empty, with where they stand."""
        found: dict[int, list[tuple[str, Json]]] = {}
        for where, index, choice in self.choices():
            reasons = found.setdefault(index, [])
            if choice.get("finish_reason"):
                reasons.append((where, choice["finish_reason"]))
        return found

    @cached_property
    def usage(self) -> tuple[str, dict[str, Any]] | None:
        """The last usage object, with where it stands."""
        for where, value in reversed(self.objects):
            if isinstance(value.get("usage"), dict):
                return f"{where} /usage".strip(), value["usage"]
        return None


def documents(event: sse.Event) -> list[str]:
    """The documents in an event's data: one, unless a missing blank line has run several events together."""
    lines = [line for line in event.data if line]
    if len(lines) > 1 and parse_json(event.data_text).error and all(line == DONE or not parse_json(line).error for line in lines):
        return lines
    return [event.data_text]


def _text_of(choice: dict[str, Any]) -> str:
    """The text that one choice object adds."""
    for holder in (choice.get("message"), choice.get("delta"), choice):
        if isinstance(holder, dict):
            for member in ("content", "text"):
                if isinstance(holder.get(member), str):
                    return str(holder[member])
    return ""


def show(value: Json, limit: int = 80) -> str:
    """A value as short JSON, with its length when it had to be cut."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def few(problems: list[Problem]) -> list[Problem]:
    """The first problems, and how many more there were: one fault in a thousand chunks is still one fault."""
    if len(problems) <= SHOWN:
        return problems
    rest = f"and {len(problems) - SHOWN:,} more places"
    return [*problems[:SHOWN], Problem(rest, problems[SHOWN].expected, problems[SHOWN].got)]
