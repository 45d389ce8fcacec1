"""Operators on the JSON of replies: what can be wrong with any member."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from harness.reference.exchange import ServerReply, ServerRequest
from tests.mutation.mutation import Change
from tests.mutation.places import Holder, find, kind_of

At: TypeAlias = Callable[[Holder, Any], None]
"""Changes what stands under a key in its holder; may raise ``Unfit`` where there is nothing to change."""

Which: TypeAlias = str
"""Which of the places that a pattern names: ``each``, ``first``, ``last`` or ``second`` (only in the second choice or item)."""


class UnfitError(Exception):
    """Raised where an operator has nothing to change at a place."""


def left_out(holder: Holder, key: Any) -> None:
    """Leave it out."""
    del holder[key]


def null(holder: Holder, key: Any) -> None:
    """Null instead."""
    holder[key] = None


def other_type(holder: Holder, key: Any) -> None:
    """A value of another type."""
    match holder[key]:
        case bool() as value:
            holder[key] = str(value).lower()
        case int() | float() as value:
            holder[key] = str(value)
        case str():
            holder[key] = 7
        case list() as value:
            holder[key] = {str(index): item for index, item in enumerate(value)}
        case dict() as value:
            holder[key] = [value]
        case _:
            holder[key] = {"value": None}


def empty(holder: Holder, key: Any) -> None:
    """Empty, or zero."""
    value = holder[key]
    if value is None:
        raise UnfitError
    holder[key] = type(value)()


def off_by_one(holder: Holder, key: Any) -> None:
    """One more."""
    if type(holder[key]) not in (int, float):
        raise UnfitError
    holder[key] += 1


def one_less(holder: Holder, key: Any) -> None:
    """One less."""
    if type(holder[key]) is not int:
        raise UnfitError
    holder[key] -= 1


def doubled(holder: Holder, key: Any) -> None:
    """Twice over."""
    value = holder[key]
    if not isinstance(value, str | list) or not value:
        raise UnfitError
    holder[key] = value * 2


def swapped(holder: Holder, key: Any) -> None:
    """Swapped with the next sibling of its type."""
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    mine = holder[key]
    for other in keys[keys.index(key) + 1 :]:
        if type(holder[other]) is type(mine) and holder[other] != mine:
            holder[key], holder[other] = holder[other], mine
            return
    raise UnfitError


def backwards(holder: Holder, key: Any) -> None:
    """A list in the reverse order."""
    holder[key] = _listed(holder[key])[::-1]


def only_first(holder: Holder, key: Any) -> None:
    """A list cut to its first item."""
    holder[key] = _listed(holder[key])[:1]


def only_last(holder: Holder, key: Any) -> None:
    """A list cut to its last item."""
    holder[key] = _listed(holder[key])[-1:]


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) < 2:
        raise UnfitError
    return value


def _text(change: Callable[[str], str]) -> At:
    def apply(holder: Holder, key: Any) -> None:
        if not isinstance(holder[key], str) or change(holder[key]) == holder[key]:
            raise UnfitError
        holder[key] = change(holder[key])

    return apply


def _half(text: str) -> str:
    """A text whose first character beyond the basic plane is half of itself."""
    at = next((index for index, letter in enumerate(text) if ord(letter) > 0xFFFF), None)
    return text if at is None else text[:at] + "\ud83d" + text[at + 1 :]


MEMBER: dict[str, At] = {
    "left out": left_out,
    "null": null,
    "another type": other_type,
    "empty": empty,
    "one more": off_by_one,
    "one less": one_less,
    "doubled": doubled,
    "swapped": swapped,
    "list backwards": backwards,
    "list cut to its first": only_first,
    "list cut to its last": only_last,
}
"""What can happen to any member, or to any of its kind."""

TEXT: dict[str, At] = {
    "last character lost": _text(lambda text: text[:-1]),
    "white space trimmed": _text(str.strip),
    "cut at <": _text(lambda text: text.partition("<")[0]),
    "other normal form": _text(lambda text: unicodedata.normalize("NFC", text)),
    "half a surrogate pair": _text(_half),
    "replacement characters": _text(lambda text: "".join(c if c.isascii() else "\ufffd" for c in text)),
    "escaped twice": _text(lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
}
"""What can happen to texts that a model wrote."""

TEXTS = ("content", "text", "delta", "arguments", "refusal", "token", "tokens", "encrypted_content", "name", "description")

IDS = ("id", "item_id", "call_id", "first_id", "last_id", "previous_response_id")


def applied(document: Any, pattern: str, change: At, which: Which) -> bool:
    """Apply a change at what a pattern names; whether there was anything to change."""
    found = find(document, pattern)
    if which == "second":
        found = _beyond_first(document, pattern)
    chosen = {"each": found, "first": found[-1:], "last": found[:1], "second": found}[which]
    done = False
    for holder, key in chosen:
        try:
            change(holder, key)
            done = True
        except UnfitError:
            continue
    return done


def _beyond_first(document: Any, pattern: str) -> list[tuple[Holder, Any]]:
    """What a pattern names in choices, data or items beyond the first; a chunk of the second choice counts as beyond."""
    for name in ("choices", "data", "output"):
        listed = document.get(name) if isinstance(document, dict) else None
        if isinstance(listed, list) and pattern.startswith(f"/{name}/*"):
            single = len(listed) == 1 and isinstance(listed[0], dict) and listed[0].get("index", 0) > 0
            rest = listed if single else [*([{}] if listed else []), *listed[1:]]
            return find({name: rest}, pattern)
    return []


def in_body(pattern: str, change: At, which: Which = "each", *, error: bool = False) -> Change:
    """Change members of whole replies, or of refusals."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None and not isinstance(reply.body, bytes) and (reply.status >= 400) == error:
            applied(reply.body, pattern, change, which)
        return reply

    return apply


def in_events(kind: str, pattern: str, change: At, which: Which = "each") -> Change:
    """Change members of the events of one kind: of each, of the first, of the last, or of those of the second choice."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if reply.events is None:
            return reply
        chosen = [event for event in reply.events if kind_of(event) == kind]
        if which in ("first", "last"):
            chosen = chosen[:1] if which == "first" else chosen[-1:]
        for event in chosen:
            applied(event, pattern, change, "second" if which == "second" else "each")
        return reply

    return apply


def another_of(values: Iterable[Any]) -> At:
    """Another value that the reference gives at the same place."""
    known = list(values)

    def apply(holder: Holder, key: Any) -> None:
        other = next((value for value in known if value != holder[key] and type(value) is type(holder[key])), None)
        if other is None:
            raise UnfitError
        holder[key] = other

    return apply


def constant(holder: Holder, key: Any) -> None:
    """One id for all."""
    if not isinstance(holder[key], str):
        raise UnfitError
    holder[key] = "id-0"


class Previous:
    """The value of the reply before, where there was one."""

    def __init__(self, kind: str | None, pattern: str) -> None:
        self._kind = kind
        self._pattern = pattern
        self._before: Any = UnfitError

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if reply.status != 200:
            return reply
        documents = [reply.body] if reply.events is None else [one for one in reply.events if kind_of(one) == self._kind]
        places = [place for document in documents for place in find(document, self._pattern)]
        if not places:
            return reply
        holder, key = places[-1]
        now = holder[key]
        if self._before is not UnfitError:
            for holder, key in places:
                holder[key] = self._before
        self._before = now
        return reply


class Counted:
    """A new id at each place that it is told."""

    def __init__(self, kind: str | None, pattern: str) -> None:
        self._kind = kind
        self._pattern = pattern
        self._number = 0

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        documents = [reply.body] if reply.events is None else [one for one in reply.events if kind_of(one) == self._kind]
        for holder, key in [place for document in documents for place in find(document, self._pattern)]:
            if isinstance(holder[key], str):
                self._number += 1
                holder[key] = f"{holder[key]}-{self._number}"
        return reply
