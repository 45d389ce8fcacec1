"""Operators on streams: events lost, doubled, out of order, late, cut off; indexes that run on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from harness.reference.exchange import ServerReply, ServerRequest, frame
from tests.mutation.mutation import Change
from tests.mutation.places import kind_of, walk

Events: TypeAlias = list[Any]
OnKind: TypeAlias = Callable[[Events, list[int]], Events]
"""Changes a list of events, given where those of one kind are."""

SMALL = 8_192
INDEXES = ("index", "output_index", "content_index", "summary_index", "sequence_number")
ERROR = {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}


def _framed(event: Any) -> bytes:
    """An event as its stream would frame it: those of a response have a name."""
    return frame(event, named=isinstance(event, dict) and "type" in event)


def _without(at: Callable[[list[int]], list[int]]) -> OnKind:
    return lambda events, places: [event for number, event in enumerate(events) if number not in at(places)]


def _twice(at: Callable[[list[int]], list[int]]) -> OnKind:
    return lambda events, places: [one for n, event in enumerate(events) for one in ([event, event] if n in at(places) else [event])]


def _swap(events: Events, places: list[int]) -> Events:
    """The last of a kind changes places with what follows it."""
    at = places[-1]
    return events if at + 1 >= len(events) else [*events[:at], events[at + 1], events[at], *events[at + 2 :]]


def _early(events: Events, places: list[int]) -> Events:
    """The first of a kind changes places with what comes before it."""
    at = places[0]
    return events if not at else [*events[: at - 1], events[at], events[at - 1], *events[at + 1 :]]


def _at_the_end(events: Events, places: list[int]) -> Events:
    """All of a kind come last, in their order."""
    return [*(e for n, e in enumerate(events) if n not in places), *(events[n] for n in places)]


def _at_the_beginning(events: Events, places: list[int]) -> Events:
    """All of a kind come first."""
    return [*(events[n] for n in places), *(e for n, e in enumerate(events) if n not in places)]


def _run_together(events: Events, places: list[int]) -> Events:
    """No blank line behind the last of a kind."""
    at = places[-1]
    return [*events[:at], _framed(events[at])[:-1], *events[at + 1 :]]


def _broken(events: Events, places: list[int]) -> Events:
    """The last of a kind is cut in the middle of its JSON."""
    at = places[-1]
    whole = _framed(events[at])
    return [*events[:at], whole[: len(whole) * 2 // 3] + b"\n\n", *events[at + 1 :]]


def _over_two(events: Events, places: list[int]) -> Events:
    """The JSON of the last of a kind is split over two events."""
    at = places[-1]
    whole = _framed(events[at])[:-2]
    half = len(whole) * 2 // 3
    return [*events[:at], whole[:half] + b"\n\n", b"data: " + whole[half:] + b"\n\n", *events[at + 1 :]]


KIND: dict[str, OnKind] = {
    "each lost": _without(lambda places: places),
    "first lost": _without(lambda places: places[:1]),
    "last lost": _without(lambda places: places[-1:]),
    "each doubled": _twice(lambda places: places),
    "last doubled": _twice(lambda places: places[-1:]),
    "swapped with the next": _swap,
    "swapped with the one before": _early,
    "moved to the end": _at_the_end,
    "moved to the beginning": _at_the_beginning,
    "run into the next": _run_together,
    "broken JSON": _broken,
    "split over two events": _over_two,
    "stream ends before": lambda events, places: events[: places[0]],
    "stream ends behind": lambda events, places: events[: places[-1] + 1],
}
"""What can happen to the events of one kind."""


def on_kind(kind: str, change: OnKind) -> Change:
    """Change the events of one kind."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None:
            return reply
        places = [number for number, event in enumerate(reply.events) if kind_of(event) == kind]
        if places:
            reply.events = change(list(reply.events), places)
        return reply

    return apply


def cut(kind: str, *, behind: bool) -> Change:
    """The connection is lost before or behind the first event of a kind."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is not None and (places := [n for n, event in enumerate(reply.events) if kind_of(event) == kind]):
            reply.events = reply.events[: places[0] + behind]
            reply.breaks_off = True
        return reply

    return apply


def held(kind: str | None) -> Change:
    """All events of a kind, or all, come in one piece when the reply is done."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None or len(reply.events) < 8:
            return reply
        places = [n for n, event in enumerate(reply.events) if kind is None or kind_of(event) == kind]
        if len(places) < 6:
            return reply
        lump = b"".join(frame(reply.events[n], named=reply.named) for n in places)
        reply.delay += reply.pace * len(places)
        last = places[-1]
        kept = [(n, event) for n, event in enumerate(reply.events) if n not in places]
        reply.events = [*(event for n, event in kept if n < last), lump, *(event for n, event in kept if n > last)]
        return reply

    return apply


def held_until_large(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Nothing goes out until eight kilobytes are there."""
    if reply.events is None:
        return reply
    lumps, lump = [], b""
    for event in reply.events:
        lump += frame(event, named=reply.named)
        if len(lump) >= SMALL:
            lumps.append(lump)
            lump = b""
    reply.delay += reply.pace * len(reply.events)
    reply.events = [*lumps, *([lump] if lump else [])]
    return reply


ERRORS: dict[str, Callable[[], list[Any]]] = {
    "an error object": lambda: [{"error": ERROR}],
    "an error object, then the terminator": lambda: [{"error": ERROR}, "[DONE]"],
    "an error as text": lambda: [{"error": "The server had an error."}],
    "a flat error": lambda: [{"object": "error", **ERROR}],
    "a detail": lambda: [{"detail": "The server had an error."}],
    "an error event": lambda: [b"event: error\ndata: " + json.dumps({"error": ERROR}).encode() + b"\n\n"],
    "an error in plain text": lambda: [b"data: Internal Server Error\n\n"],
    "HTML": lambda: [b"<html><body>502 Bad Gateway</body></html>"],
}
"""How a stream tells that it failed, as seen in the wild."""


def fails(shape: str) -> Change:
    """The stream fails behind its third event."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is not None:
            reply.events = [*reply.events[:3], *ERRORS[shape]()]
        return reply

    return apply


def indexes(name: str, how: str) -> Change:
    """Indexes of one kind run on over the whole stream, start again with each event, or count from one."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        number = 0
        for event in reply.events or []:
            for _, holder, key in list(walk(event)):
                if key == name and type(holder[key]) is int:
                    holder[key] = {"from one": holder[key] + 1, "always zero": 0, "counting events": number}[how]
                    number += 1
        return reply

    return apply


def swallowed(kind: str, member: str) -> Change:
    """White space at the beginning of each delta is lost."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        for event in reply.events or []:
            if kind_of(event) == kind:
                for _, holder, key in list(walk(event)):
                    if key == member and isinstance(holder[key], str):
                        holder[key] = holder[key].lstrip()
        return reply

    return apply


def final_unlike(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """The finished response has another text than was streamed."""
    if reply.events and isinstance(reply.events[-1], dict) and isinstance(reply.events[-1].get("response"), dict):
        for _, holder, key in list(walk(reply.events[-1]["response"].get("output"))):
            if key in ("text", "arguments") and isinstance(holder[key], str):
                holder[key] = holder[key] + " "
    return reply


def usage_early(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """The usage comes in the first chunk."""
    for number, event in enumerate(reply.events or []):
        if number and reply.events and isinstance(event, dict) and isinstance(event.get("usage"), dict) and "type" not in event:
            reply.events.insert(0, reply.events.pop(number))
            break
    return reply


def usage_in_each(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Every chunk has the usage of the whole."""
    found = next((e["usage"] for e in reply.events or [] if isinstance(e, dict) and isinstance(e.get("usage"), dict)), None)
    for event in reply.events or []:
        if isinstance(event, dict) and "choices" in event and found is not None:
            event["usage"] = found
    return reply


def only_first_choice_counted(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """The usage is that of the first choice alone."""
    documents = [reply.body] if reply.events is None else reply.events
    several = max((len(d.get("choices") or []) for d in documents if isinstance(d, dict)), default=0)
    told = {c.get("index") for d in documents if isinstance(d, dict) for c in d.get("choices") or []}
    number = max(several, len(told))
    for document in documents:
        usage = document.get("usage") if isinstance(document, dict) else None
        if isinstance(usage, dict) and number > 1:
            usage["completion_tokens"] //= number
            usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return reply


WHOLE: dict[str, Change] = {
    "held back to the end": held(None),
    "held back until 8 KiB": held_until_large,
    "final object unlike the stream": final_unlike,
    "usage first": usage_early,
    "usage in each": usage_in_each,
    "usage of one choice": only_first_choice_counted,
}
"""What can happen to a whole stream."""
