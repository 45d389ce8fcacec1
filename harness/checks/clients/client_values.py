"""The values that a client returns to its user are present, of the right type, and as sent."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...model import Call, ClientOutcome, Json, Problem, UndecidedError
from ..embeddings.vectors import finite_numbers
from ..registry import check
from ..reply import Reply, few, parse_json, show
from .wire_values import sent_values

CLOSE = 0.01
"""Vectors of the same text may differ by this fraction of their length, since models do not always compute the same."""

ENDING = "finish_reason"


@check
def call_succeeds(reply: Reply, call: Call, handed: ClientOutcome) -> list[Problem] | None:
    """A valid request raises no exception. ``stream_ends`` judges streams that break off."""
    if call.wants != "success" or (reply.is_to_stream and reply.exchange.trouble is not None):
        return None
    _require_grounds(reply, call)
    if handed.late and not reply.is_to_stream:
        return [_problem("the call", "an answer", handed.message, handed)]
    return [_problem("the call", "an answer", _raised(handed), handed)] if handed.raised else []


@check
def stream_ends(reply: Reply, call: Call, handed: ClientOutcome) -> list[Problem] | None:
    """A stream completes, and the user gets its finish reason."""
    if call.wants != "success" or not reply.is_to_stream or (reply.exchange.status or 0) >= 300:
        return None
    if handed.late:
        return [_problem("the stream", "its end", handed.message, handed)]
    if reply.exchange.trouble is not None:
        return [_problem("the stream", "its end", f"{reply.exchange.trouble.text}; {_raised(handed)}", handed)]
    if handed.raised or ENDING not in call.gets:
        return None if handed.raised else []
    return [] if KINDS["text"](handed.values.get(ENDING)) else [_missing(ENDING, "text", handed)]


@check
def values_have_their_types(reply: Reply, call: Call, handed: ClientOutcome) -> list[Problem] | None:
    """Each value that the client's types promise is present and of its type."""
    if not _has_values(call, handed):
        return None
    _require_grounds(reply, call)
    present = {name: kind for name, kind in call.gets.items() if name in handed.values}
    judged = {name: kind for name, kind in present.items() if name != ENDING or not reply.is_to_stream}
    if "calls" in judged.values() and "tool_calls" not in reply.once(sent_values):
        raise UndecidedError("the model called no tool")
    return [_missing(name, kind, handed) for name, kind in judged.items() if not _is(kind, handed.values.get(name))]


@check
def nothing_is_lost(reply: Reply, call: Call, handed: ClientOutcome) -> list[Problem] | None:
    """The user gets every value that was sent: not null, empty or shortened."""
    if not _has_values(call, handed):
        return None
    _require_grounds(reply, call)
    pairs = list(_pairs(reply, handed))
    return few([_differs(name, wire, user, handed) for name, wire, user in pairs if _is_less(user, wire)]) if pairs else None


@check
def values_are_as_sent(reply: Reply, call: Call, handed: ClientOutcome) -> list[Problem] | None:
    """The user's values equal the values that were sent."""
    if not _has_values(call, handed):
        return None
    _require_grounds(reply, call)
    pairs = list(_pairs(reply, handed))
    changed = (pair for pair in pairs if not _is_less(pair[2], pair[1]) and not _same(*pair))
    return few([_differs(name, wire, user, handed) for name, wire, user in changed]) if pairs else None


@check
def error_is_raised(reply: Reply, call: Call, handed: ClientOutcome) -> list[Problem] | None:
    """A refused request raises the client's exception for its status."""
    if call.wants != "refusal":
        return None
    _require_grounds(reply, call)
    names = list(dict.fromkeys(_class_of(call.client.raises, status) for status in call.refused_with))
    wanted = " or ".join(names)
    if handed.late:
        return [_problem("the call", wanted, handed.message, handed)]
    if handed.raised is None:
        if (reply.exchange.status or 0) < 300 and not isinstance(reply.object.get("error"), dict):
            raise UndecidedError("the endpoint took the request")
        return [_problem("the call", wanted, f"no exception, but {_listed(handed)}", handed)]
    return [] if {handed.raised, *handed.kinds} & set(names) else [_problem("the call", wanted, _raised(handed), handed)]


def _require_grounds(reply: Reply, call: Call) -> None:
    """Raise ``UndecidedError`` if the endpoint rate-limited us, or the token limit cut a call or an object."""
    if reply.exchange.status == 429:
        raise UndecidedError(f"rate limited: 429 after {len(reply.exchange.attempts) + 1} attempts")
    cut = any(reason == "length" for _, reason in reply.finish_reasons.get(0, []))
    if cut and not {"calls", "object"}.isdisjoint(call.gets.values()):
        raise UndecidedError("the reply reached its token limit")


def _has_values(call: Call, handed: ClientOutcome) -> bool:
    """Whether there are values to judge: of an answer, or of the exception for a refusal."""
    return not handed.late and (handed.raised is None) == (call.wants == "success") and bool(handed.values)


def _class_of(raises: Mapping[str, str], status: int) -> str:
    """The class of the exception for a status, or for its range such as ``4xx``."""
    return raises.get(str(status)) or raises[f"{status // 100}xx"]


def _raised(handed: ClientOutcome) -> str:
    """The client's exception, with its message."""
    return show(f"{handed.raised}: {handed.message}" if handed.raised else "the client raised nothing", 160)


def _listed(handed: ClientOutcome) -> str:
    """The values that the user gets instead of an exception, shortened."""
    return show(", ".join(f"{name} {_shown(value)}" for name, value in handed.values.items()), 160)


def _problem(where: str, expected: str, got: str, handed: ClientOutcome) -> Problem:
    return Problem(f"{where}, in {handed.client}", expected, got)


def _missing(name: str, kind: str, handed: ClientOutcome) -> Problem:
    """A value that is absent, or of another type."""
    return _problem(name, _WORDS.get(kind, kind.removeprefix("=")), _shown(handed.values.get(name)), handed)


def _differs(name: str, wire: Json, user: Json, handed: ClientOutcome) -> Problem:
    return _problem(name, f"{_shown(wire)}, as it was sent", _shown(user), handed)


def _shown(value: Json) -> str:
    """A value for people to read. Lists of lists are described by their lengths."""
    if isinstance(value, dict) and set(value) == {"$raised"}:
        return str(value["$raised"])
    lists = [item for item in value if isinstance(item, list)] if isinstance(value, list) else []
    if isinstance(value, list) and lists and len(lists) == len(value):
        return f"{len(lists)} of the lengths {', '.join(str(n) for n in sorted({len(item) for item in lists}))}, {show(value, 60)}"
    return show(value) if value != "" else "an empty text"


# Types


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def _is_counts(value: Json) -> bool:
    return isinstance(value, dict) and bool(value) and all(type(count) is int for count in value.values())


def _is_calls(value: Json) -> bool:
    """Whether these are tool calls, each with an id, a name, and arguments that are JSON."""
    return isinstance(value, list) and bool(value) and all(isinstance(call, dict) and _is_call(call) for call in value)


def _is_call(call: Mapping[str, Any]) -> bool:
    arguments = call.get("arguments")
    return _is_text(call.get("id")) and _is_text(call.get("name")) and isinstance(arguments, str) and not parse_json(arguments).error


def _is_vectors(value: Json) -> bool:
    """Whether these are vectors of one length, above 0, of finite numbers."""
    if not isinstance(value, list) or not value:
        return False
    vectors = [finite_numbers(vector) if isinstance(vector, list) else None for vector in value]
    lengths = {len(vector) if vector is not None and all(map(math.isfinite, vector)) else 0 for vector in vectors}
    return len(lengths) == 1 and lengths != {0}


KINDS: dict[str, Callable[[Json], bool]] = {
    "text": _is_text,
    "string": lambda value: isinstance(value, str),
    "string-or-null": lambda value: value is None or isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "counts": _is_counts,
    "calls": _is_calls,
    "vectors": _is_vectors,
    "texts": lambda value: isinstance(value, list) and bool(value) and all(map(_is_text, value)),
    "object": lambda value: isinstance(value, dict) and bool(value) and "$raised" not in value,
}
"""The kinds of values; ``=text`` stands for exactly this text."""

_WORDS = {
    "text": "a text",
    "string": "a text, or an empty one",
    "string-or-null": "a text or null",
    "integer": "an integer",
    "number": "a number",
    "counts": "token counts",
    "calls": "tool calls, each with an id, a name and JSON arguments",
    "vectors": "vectors of numbers, all of one length",
    "texts": "texts",
    "object": "an object",
}


def _is(kind: str, value: Json) -> bool:
    return bool(value == kind[1:]) if kind.startswith("=") else KINDS[kind](value)


# Comparing what was sent with what the user gets


def _pairs(reply: Reply, handed: ClientOutcome) -> Iterator[tuple[str, Json, Json]]:
    """The name, the sent value and the user's value, for each value that was sent and that the user read."""
    for name, wire in reply.once(sent_values).items():
        if name in handed.values and wire not in (None, "", [], {}):
            yield name, wire, handed.values[name]


def _is_less(user: Json, wire: Json) -> bool:
    """Whether the user gets less than was sent: nothing, fewer items, or a shorter text."""
    if user in (None, "", [], {}) or (isinstance(user, dict) and "$raised" in user):
        return True
    if isinstance(user, list) and isinstance(wire, list):
        return len(user) < len(wire) or any(map(_is_less, user, wire))
    if isinstance(user, dict) and isinstance(wire, dict):
        return any(_is_less(user.get(name), value) for name, value in wire.items() if value not in (None, "", [], {}))
    return isinstance(user, str) and isinstance(wire, str) and len(user) < len(wire) and user in wire


def _same(name: str, wire: Json, user: Json) -> bool:
    """Whether the user gets what was sent. An exception's message may say more, and a code may have another type."""
    if name == "message":
        return _words(str(wire)) in _words(str(user))
    if name == "code":
        return str(wire) == str(user)
    if name == "vectors":
        return _all_close(wire, user)
    if name == "tool_calls":
        return bool(_read_calls(wire) == _read_calls(user))
    return bool(wire == user)


def _read_calls(calls: Json) -> Json:
    """Tool calls with parsed arguments, since some clients return objects, which drivers serialize in their own way."""
    listed = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return [[call.get("id"), call.get("name"), _read(call.get("arguments"))] for call in listed]


def _read(arguments: Json) -> Json:
    read = parse_json(arguments) if isinstance(arguments, str) else None
    return arguments if read is None or read.error else read.value


def _words(text: str) -> str:
    """Only the words of a text, since exceptions quote and escape."""
    return " ".join(re.findall(r"\w+", re.sub(r"\\[nrt]", " ", text)))


def _all_close(wire: Json, user: Json) -> bool:
    """Whether vectors are equal but for rounding."""
    if not isinstance(wire, list) or not isinstance(user, list) or len(wire) != len(user):
        return False
    return all(_close(one, other) for one, other in zip(wire, user, strict=True))


def _close(one: Json, other: Json) -> bool:
    if not isinstance(one, list) or not isinstance(other, list):
        return False
    sent, handed = finite_numbers(one), finite_numbers(other)
    if sent is None or handed is None or len(sent) != len(handed):
        return False
    return math.dist(sent, handed) <= CLOSE * max(1e-12, math.hypot(*sent))
