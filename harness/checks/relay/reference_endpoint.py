"""An endpoint compared with a reference endpoint that got the same request: by status, framing, members and types, not by text."""

from __future__ import annotations

from typing import Any

from ...model import Exchange, Problem
from .. import pointer
from ..registry import check
from ..reply import DONE, Reply, few, show

Types = dict[str, set[str]]

NAMES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}


def _other(reply: Reply) -> Reply | None:
    """The other endpoint's reply, if both replies are conclusive."""
    twin = reply.exchange.twin
    return Reply(twin) if twin is not None and _says_something(twin) and _says_something(reply.exchange) else None


def _says_something(exchange: Exchange) -> bool:
    """Whether an exchange completed, and was neither rate-limited nor answered by an overloaded server."""
    return exchange.trouble is None and exchange.status not in (None, 429, 502, 503, 504)


def _good(reply: Reply) -> Reply | None:
    """The other endpoint's reply, if both succeeded and the models did the same kind of thing."""
    other = _other(reply)
    if other is None or reply.exchange.status != 200 or other.exchange.status != 200 or reply.is_event_stream != other.is_event_stream:
        return None
    return other if _kinds(reply) == _kinds(other) else None


def _kinds(reply: Reply) -> list[str]:
    """What a model did, so far as members depend on it: each choice's finish reasons, and the types of items."""
    ended = [f"{index} {[reason for _, reason in reasons]}" for index, reasons in sorted(reply.finish_reasons.items())]
    return [*ended, *(str(item.get("type")) for _, item in reply.items)]


@check
def same_status(reply: Reply) -> list[Problem] | None:
    """Both answer with the same status."""
    other = _other(reply)
    if other is None:
        return None
    got, expected = reply.exchange.status, other.exchange.status
    return (
        []
        if got == expected
        else [Problem("status", f"{expected}, as the other endpoint: {show(other.text)}", f"{got}: {show(reply.text)}")]
    )


@check
def same_framing(reply: Reply) -> list[Problem] | None:
    """Both answer with the same media type; streams have the same event names and the same ending."""
    other = _other(reply)
    if other is None or reply.exchange.status != other.exchange.status:
        return None
    pairs = {"header content-type": (other.media_type, reply.media_type)}
    if reply.is_event_stream and other.is_event_stream:
        pairs["the end of the stream"] = (_end(other), _end(reply))
        pairs["names of events"] = (_event_names(other), _event_names(reply))
    return [Problem(where, expected or "none", got or "none") for where, (expected, got) in pairs.items() if expected != got]


def _end(stream: Reply) -> str:
    return "data: [DONE]" if any(DONE in event.data for event in stream.stream.events) else "no terminator"


def _event_names(stream: Reply) -> str:
    return ", ".join(sorted({event.name for event in stream.stream.events if event.name is not None}))


@check
def same_members(reply: Reply) -> list[Problem] | None:
    """Every member of the other endpoint's reply is in this one too."""
    both = _both(reply)
    if both is None:
        return None
    expected, got = both
    return few(
        [
            Problem(place, f"present, as at the other endpoint ({' or '.join(sorted(expected[place]))})", "absent")
            for place in _lost(expected, got)
        ]
    )


@check
def no_members_of_its_own(reply: Reply) -> list[Problem] | None:
    """Every member of this reply is in the other endpoint's too."""
    both = _both(reply)
    if both is None:
        return None
    expected, got = both
    return few([Problem(place, "absent, as at the other endpoint", " or ".join(sorted(got[place]))) for place in _lost(got, expected)])


@check
def same_types(reply: Reply) -> list[Problem] | None:
    """Members that both have are of the same types. Null is ignored."""
    both = _both(reply)
    if both is None:
        return None
    expected, got = ({place: types - {"null"} for place, types in side.items()} for side in both)
    differing = [place for place in expected if expected[place] and got.get(place) and not expected[place] & got[place]]
    return few([Problem(place, " or ".join(sorted(expected[place])), " or ".join(sorted(got[place]))) for place in differing])


def _both(reply: Reply) -> tuple[Types, Types] | None:
    """The types of all members, at the other endpoint and here."""
    other = _good(reply)
    return None if other is None else (other.once(_types), reply.once(_types))


def _types(reply: Reply) -> Types:
    """The types at each place of a reply, or of all its chunks; the items of a list share one place."""
    found: Types = {}
    documents = [value for _, value in reply.event_objects] if reply.is_event_stream else [reply.parsed.value]
    for document in documents:
        _note(found, document, ())
    return found


def _note(found: Types, value: Any, path: pointer.Path) -> None:
    found.setdefault(pointer.text(path) or "/", set()).add(NAMES[type(value)])
    if isinstance(value, dict):
        for name, item in value.items():
            _note(found, item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            _note(found, item, (*path, "*"))


def _lost(expected: Types, got: Types) -> list[str]:
    """The topmost places that one has and the other lacks, except in lists that are empty in the other."""
    lost = [place for place in expected if place not in got and not place.endswith("/*")]
    return [place for place in lost if place.rpartition("/")[0] in (*got, "")]
