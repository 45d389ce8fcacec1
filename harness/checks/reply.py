"""An exchange as the checks see it: parsed lazily and once. Nothing an endpoint sends makes it raise."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from ..model import Exchange, Json, Problem
from ..wire import FormPart, form_parts, sse
from . import pointer

DONE = "[DONE]"
SHOWN = 5

DEEPEST = 128
"""The deepest nesting of a JSON text that we read; common parsers stop at 64 to 1,000."""

TOO_DEEP = f"nested deeper than {DEEPEST} levels, which we do not read"
"""Why a JSON text that may be valid was not read."""

EXACT_DIGITS = 300
"""Integers of fewer digits are read exactly."""

LARGEST = sys.float_info.max

MOST_VALUES = 600_000
"""The most values in a JSON text that we read: more than a list of 100,000 models has, and than any reply to our requests needs."""

TOO_MANY = f"more than {MOST_VALUES:,} values, which we do not read"

NOT_READ = frozenset({TOO_DEEP, TOO_MANY})
"""Reasons why a text that may be valid was not read. Only its size counts against the endpoint, not its content."""

LEAST_COUNTED = 128
"""Texts up to this many characters cannot nest too deep, so they are not counted."""

_OUTSIDE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^\[\]{},"]++', re.DOTALL)
"""A string, even an unterminated one, or a run of characters that are neither brackets nor commas."""

P = ParamSpec("P")
T = TypeVar("T")

RESPONSES = frozenset({"responses", "response", "response-cancel"})
"""The endpoints that answer with a response object."""


class Parsed(NamedTuple):
    """A JSON text, parsed strictly. ``error`` says why it is not JSON; ``repeated`` lists duplicate member names."""

    value: Json = None
    error: str | None = None
    repeated: tuple[str, ...] = ()


def parse_json(text: str, constant: Callable[[str], Json] | None = None) -> Parsed:
    """Parse a JSON text by RFC 8259: no NaN, no infinities. Duplicate members are recorded, and the last one wins.

    A number too large for a double becomes the largest double. A text nested deeper than ``DEEPEST``, or with more values than
    ``MOST_VALUES``, is not read: section 9 allows such limits. The result can be compared, calculated with and serialized without an
    exception. Time and memory are linear. ``constant`` is called for NaN and the infinities, if they are to be read after all.
    """
    if len(text) > LEAST_COUNTED and (too_much := _too_much(text)) is not None:
        return Parsed(error=too_much)
    _reading.repeated = []
    try:
        value = (_DECODER if constant is None else _decoder(constant)).decode(text)
    except ValueError as error:
        return Parsed(error=str(error))
    return Parsed(value, None, tuple(_reading.repeated))


class _Reading(threading.local):
    """What one thread has found in the text that it is parsing: duplicate members."""

    repeated: list[str]


_reading = _Reading()


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        _reading.repeated.extend(name for name in found if times[name] > 1)
    return found


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    """An integer; a very long one becomes the nearest double, since calculations with it would fail."""
    return int(digits) if len(digits) < EXACT_DIGITS else int(_within_range(digits))


def _within_range(number: str) -> float:
    """A number as a double, clamped to the range of doubles."""
    return max(-LARGEST, min(LARGEST, float(number)))


def _decoder(constant: Callable[[str], Json]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_members, parse_constant=constant, parse_int=_integer, parse_float=_within_range)


_DECODER = _decoder(_refuse_constant)


def _too_much(text: str) -> str | None:
    """Why we do not read a text: it nests too deep, or has too many values. Counted before anything is built."""
    opened = text.count("[") + text.count("{")
    if opened <= DEEPEST and opened + text.count(",") <= MOST_VALUES:
        return None
    if text.lstrip()[:1] not in ("[", "{"):
        return None  # not JSON, and the parser soon says so
    outline = _OUTSIDE.sub("", text)  # brackets and commas outside strings
    if len(outline) - outline.count("]") - outline.count("}") > MOST_VALUES:
        return TOO_MANY
    return TOO_DEEP if opened > DEEPEST and _is_deep(outline.replace(",", "")) else None


def _is_deep(brackets: str) -> bool:
    """Whether brackets nest deeper than we read. Each round removes the innermost pairs."""
    for _ in range(DEEPEST):
        before = len(brackets)
        brackets = brackets.replace("[]", "").replace("{}", "")
        if len(brackets) == before:
            break
    return "[]" in brackets or "{}" in brackets or brackets.count("[") + brackets.count("{") > DEEPEST


class Payload(NamedTuple):
    """One document of an event, as text and as JSON; ``seconds`` is the arrival time of the event's last byte."""

    event: sse.Event
    text: str
    parsed: Parsed
    seconds: float

    @property
    def where(self) -> str:
        """Its location, for people who read the report."""
        return f"event {self.event.number}"


class Reply:
    """One reply, with the request that it answers."""

    def __init__(self, exchange: Exchange, left_out: Callable[[Json], bool] | None = None) -> None:
        self.exchange = exchange
        self._left_out = left_out
        self._kept: dict[object, Any] = {}

    def without(self, name: str, left_out: Callable[[Json], bool]) -> Reply:
        """The same reply without the stream events for which ``left_out`` is true; cached by ``name``."""
        key = ("without", name)
        if key not in self._kept:
            self._kept[key] = Reply(self.exchange, left_out)
        return cast("Reply", self._kept[key])

    def once(self, read: Callable[Concatenate[Reply, P], T], *given: P.args, **named: P.kwargs) -> T:
        """The result of ``read`` on this reply, computed once and shared by all checks."""
        asked = (read, given, *named.items()) if given or named else read
        if asked not in self._kept:
            self._kept[asked] = read(self, *given, **named)
        return cast("T", self._kept[asked])

    def select(self, pattern: str) -> Sequence[pointer.Match]:
        """Every match of a pattern in the reply's objects. Patterns that begin alike share what they have in common."""
        if pattern not in self._kept:
            before, slash, part = pattern.rpartition("/")
            whole = [(where, (), value) for where, value in self.objects] if not slash else None
            self._kept[pattern] = pointer.below(self.select(before), pointer.unescaped(part)) if whole is None else whole
        return cast("Sequence[pointer.Match]", self._kept[pattern])

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The request's JSON body, or the text fields of its form; empty if it was neither."""
        if self.form:
            return {part.name: part.content.decode(errors="replace") for part in self.form if part.filename is None}
        value = parse_json(self.exchange.request.body.decode(errors="replace").removeprefix("\ufeff")).value
        return value if isinstance(value, dict) else {}

    @cached_property
    def form(self) -> list[FormPart]:
        """The parts of the form that was sent; none if the request had another body."""
        request = self.exchange.request
        sent = next((value for name, value in request.headers if name.lower() == "content-type"), "")
        return form_parts(request.body, sent)

    @cached_property
    def is_to_stream(self) -> bool:
        """Whether the request asked for a stream, in its body, its form or its query."""
        if self.asked.get("stream") is True or self.asked.get("stream_format") == "sse":
            return True
        return bool(self.form and self.asked.get("stream") == "true") or "stream=true" in self.exchange.request.path.partition("?")[
            2
        ].split("&")

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
        if self.media_type == "text/event-stream":
            return True
        return sse.may_have_data(self.exchange.body) and any(event.data for event in self.stream.events)

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
        """All documents of the stream except the terminator and empty data. The last one counts even without a final blank line."""
        arrivals = self.exchange.arrivals
        found: list[Payload] = []
        at = 0
        for event in self.stream.events:
            while at < len(arrivals) - 1 and arrivals[at].octets < event.stop:
                at += 1
            seconds = arrivals[at].seconds if arrivals else 0.0
            found += [Payload(event, text, parse_json(text), seconds) for text in documents(event) if text not in ("", DONE)]
        return tuple(one for one in found if self._left_out is None or not self._left_out(one.parsed.value))

    @cached_property
    def objects(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The reply's objects with their locations: the body, each chunk of a stream, or the response in each event."""
        if not self.is_event_stream:
            return (("", self.parsed.value),) if isinstance(self.parsed.value, dict) else ()
        if self.is_response:
            carried = ((f"{where} /response", value.get("response")) for where, value in self.event_objects)
            return tuple((where, value) for where, value in carried if isinstance(value, dict))
        return tuple((where, value) for where, value in self.event_objects if not value.get("error"))

    @cached_property
    def event_objects(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The object in each event of a stream, errors included."""
        values = ((payload.where, payload.parsed.value) for payload in self.payloads)
        return tuple((where, value) for where, value in values if isinstance(value, dict))

    @property
    def is_response(self) -> bool:
        """Whether the exchange belongs to the Responses API, not to chat or text completions."""
        return self.exchange.request.endpoint in RESPONSES

    @property
    def response(self) -> tuple[str, dict[str, Any]]:
        """The last response object, with its location; empty if there is none."""
        return self.objects[-1] if self.objects else ("", {})

    @cached_property
    def items(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The output items of the last response object, with their locations."""
        where, response = self.response if self.is_response else ("", {})
        output = response.get("output")
        listed = enumerate(output if isinstance(output, list) else [])
        return tuple((f"{where}/output/{index}".strip(), item) for index, item in listed if isinstance(item, dict))

    @property
    def object(self) -> dict[str, Any]:
        """The body as an object; empty if it is not one."""
        return self.parsed.value if isinstance(self.parsed.value, dict) else {}

    @cached_property
    def unread(self) -> str | None:
        """Why a good reply, or a part of it, was not read although it may be valid; ``None`` if all of it was read."""
        if self.exchange.status != 200:
            return None
        texts = [payload.parsed for payload in self.payloads] if self.is_event_stream else [self.parsed]
        return TOO_DEEP if any(parsed.error == TOO_DEEP for parsed in texts) else None

    @cached_property
    def broke_off(self) -> bool:
        """Whether an error came in mid-stream. Anything missing after it is not counted as a fault."""
        return any(is_error(value) for _, value in self.event_objects)

    @cached_property
    def choices(self) -> tuple[tuple[str, int, dict[str, Any]], ...]:
        """Every well-formed choice of every object, in order: its location, its index, and the choice.

        A choice without an integer index gets its position as index.
        """
        found: list[tuple[str, int, dict[str, Any]]] = []
        for where, value in self.objects:
            listed = value.get("choices")
            for position, choice in enumerate(listed if isinstance(listed, list) else []):
                if isinstance(choice, dict):
                    index = choice.get("index")
                    found.append((f"{where} /choices/{position}".strip(), index if type(index) is int else position, choice))
        return tuple(found)

    @cached_property
    def texts(self) -> dict[int, str]:
        """The text of each choice by index, with deltas joined; chat content and legacy text alike.

        The text of a response counts as that of choice 0.
        """
        if self.is_response:
            return {0: self._response_text()} if self.objects else {}
        found: dict[int, str] = {}
        for _, index, choice in self.choices:
            found[index] = found.get(index, "") + text_of(choice)
        return found

    @cached_property
    def finish_reasons(self) -> dict[int, list[tuple[str, str]]]:
        """The finish reasons of each choice that are neither null nor empty, with their locations.

        A response's status is translated into chat's finish reasons. A reason that is not a string is given as its JSON.
        """
        if self.is_response:
            where, response = self.response
            details = response.get("incomplete_details")
            cut = details.get("reason") if isinstance(details, dict) else response.get("status") == "incomplete"
            reason = "stop" if not cut else "content_filter" if cut == "content_filter" else "length"
            return {0: [(f"{where}/status".strip(), reason)]} if self.objects else {}
        found: dict[int, list[tuple[str, str]]] = {}
        for where, index, choice in self.choices:
            reasons = found.setdefault(index, [])
            if given := choice.get("finish_reason"):
                reasons.append((where, show(given)))
        return found

    def _response_text(self) -> str:
        """The text of a response: that of its messages, or the deltas of a stream joined."""
        if self.is_event_stream:
            deltas = [value.get("delta") for _, value in self.event_objects if value.get("type") == "response.output_text.delta"]
            return "".join(delta for delta in deltas if isinstance(delta, str))
        texts = [part.get("text") for _, part in self.parts if part.get("type") == "output_text"]
        return "".join(text for text in texts if isinstance(text, str))

    @cached_property
    def parts(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The content parts of the last response object's messages, with their locations."""
        found: list[tuple[str, dict[str, Any]]] = []
        for where, item in self.items:
            content = item.get("content")
            if item.get("type") == "message" and isinstance(content, list):
                found += [(f"{where}/content/{index}", part) for index, part in enumerate(content) if isinstance(part, dict)]
        return tuple(found)

    @cached_property
    def usage(self) -> tuple[str, dict[str, Any]] | None:
        """The last usage object, with its location."""
        for where, value in reversed(self.objects):
            if isinstance(value.get("usage"), dict):
                return f"{where} /usage".strip(), value["usage"]
        return None


def is_error(value: Json) -> bool:
    """Whether an event's object is an error, nested under ``error`` or flat."""
    return isinstance(value, dict) and (bool(value.get("error")) or value.get("type") == "error")


def documents(event: sse.Event) -> list[str]:
    """The documents in an event's data: one, unless a missing blank line has run several events together."""
    if len(event.data) < 2:
        return list(event.data) or [""]
    lines = [line for line in event.data if line]
    if len(lines) > 1 and parse_json(event.data_text).error and all(line == DONE or not parse_json(line).error for line in lines):
        return lines
    return [event.data_text]


def items_of(value: Json) -> list[Any]:
    """The items of a list; none if the endpoint sent something else."""
    return value if isinstance(value, list) else []


def text_of(choice: dict[str, Any]) -> str:
    """The text that one choice object adds."""
    for holder in (choice.get("message"), choice.get("delta"), choice):
        if isinstance(holder, dict):
            for member in ("content", "text"):
                if isinstance(holder.get(member), str):
                    return str(holder[member])
    return ""


def show(value: object, limit: int = 80) -> str:
    """A value as short JSON, with its length if it was cut. A string is shown without quotes, unless it is empty."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def few(problems: list[Problem]) -> list[Problem]:
    """The first problems, and how many more there are: one fault in a thousand chunks is still one fault."""
    if len(problems) <= SHOWN:
        return problems
    rest = f"and {len(problems) - SHOWN:,} more places"
    return [*problems[:SHOWN], Problem(rest, problems[SHOWN].expected, problems[SHOWN].got)]
