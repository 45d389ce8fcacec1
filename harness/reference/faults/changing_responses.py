"""Functions that change responses and their stream events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..exchange import ServerRequest
from .changing import Change, Outcome, Where, events

Listed = list[Any]


def any_response(asked: ServerRequest) -> bool:
    """Whether the request creates a response."""
    return asked.path == "/responses" and asked.method == "POST"


def item(change: Change) -> Change:
    """Change each output item in place."""

    def apply(body: Any) -> None:
        for one in body["output"]:
            change(one)

    return apply


def part(change: Change) -> Change:
    """Change each content part in place."""
    return item(lambda one: [change(inner) for inner in one.get("content", [])] and None)


def of(*kinds: str) -> Callable[[Any], bool]:
    """Select events of these types, given without their ``response.`` prefix."""
    return lambda event: event["type"].removeprefix("response.") in kinds


def each(at: Where, which: Callable[[Any], bool], change: Change) -> Outcome:
    """Change the selected events in place."""

    def over(listed: Listed) -> Listed:
        for event in listed:
            if which(event):
                change(event)
        return listed

    return events(at, over)


def numbered(listed: Listed) -> Listed:
    """The events with correct sequence numbers."""
    return [{**event, "sequence_number": number} for number, event in enumerate(listed)]


def order(at: Where, change: Callable[[Listed], Listed]) -> Outcome:
    """Change the events and their order, then renumber them, so that nothing else is wrong."""
    return events(at, lambda listed: numbered(change(listed)))


def drop(*kinds: str) -> Callable[[Listed], Listed]:
    """Remove the events of these types."""
    return lambda listed: [event for event in listed if not of(*kinds)(event)]


def moved(kind: str, before: str) -> Callable[[Listed], Listed]:
    """Move the first event of one type before the first of another."""

    def change(listed: Listed) -> Listed:
        event = next(event for event in listed if of(kind)(event))
        rest = [other for other in listed if other is not event]
        at = next(index for index, other in enumerate(rest) if of(before)(other))
        return [*rest[:at], event, *rest[at:]]

    return change


def twice(kind: str) -> Callable[[Listed], Listed]:
    """Duplicate the events of a type."""
    return lambda listed: [copy for event in listed for copy in ([event, dict(event)] if of(kind)(event) else [event])]


def response(change: Change) -> Change:
    """Change the response in an event."""
    return lambda event: change(event["response"])


def final(at: Where, change: Change) -> Outcome:
    """Change the finished response in the last event."""
    return each(at, of("completed", "incomplete"), response(change))


def of_item(change: Change) -> Change:
    """Change the item in an event."""
    return lambda event: change(event["item"])
