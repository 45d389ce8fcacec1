"""Turns one entry of a log into recorded exchanges, or says why that cannot be done. Nothing that a file holds makes it fail otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ...checks import parse_json
from ...model import Data
from .. import har, lines, vcr
from ..content import BadContentError
from ..recorded import Recorded
from ..shapes import misshapen
from . import litellm, telemetry
from .mapping import LogMapping
from .refusals import BadEntryError, LeftOutError

Entry: TypeAlias = Mapping[str, Any]
Reader: TypeAlias = Callable[[Entry, str], Recorded]


def value_of(octets: bytes | None) -> Data:
    """The JSON object of an entry. Raises ``BadEntryError``."""
    if octets is None:
        raise BadEntryError("it is too long to read")
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise BadEntryError("it is not text in UTF-8") from error
    parsed = parse_json(text.strip())
    if parsed.error is not None:
        raise BadEntryError(f"it is not JSON ({parsed.error.partition(':')[0]})")
    if not isinstance(parsed.value, dict):
        raise BadEntryError("it is JSON, but not an object")
    return parsed.value


def readable(value: Entry, mapping: LogMapping | None = None) -> list[tuple[Entry, Reader]]:
    """What an entry consists of, a batch of events or one exchange, each with what reads it."""
    events = telemetry.events_of(value)
    if mapping is not None:
        return [(each, lambda entry, place: _of_line(mapping.line(entry), place)) for each in ([value] if events is None else events)]
    if events is not None:
        return [(event, _of_event) for event in events]
    return [(value, _reader_of(value))]


def exchange_of(entry: Entry, read: Reader, place: str) -> Recorded:
    """The exchange that a part of an entry recorded. Raises ``BadEntryError`` and ``LeftOutError``."""
    try:
        recorded = read(entry, place)
    except BadContentError as error:
        raise LeftOutError(str(error).partition(" (")[0]) from error
    if recorded.exchange.status is None and recorded.exchange.trouble is None:
        raise LeftOutError("no reply was recorded")
    if recorded.exchange.request.endpoint == "other":
        raise LeftOutError("its path is not a judged endpoint")
    return recorded


def _reader_of(value: Entry) -> Reader:
    """What reads an entry of this form."""
    if "kind" in value and value["kind"] in ("header", "result", "footer"):
        return _of_run
    if {"method", "path", "status"} <= value.keys():
        return _of_line
    if "call_type" in value:
        return _of_litellm
    request, response = value.get("request"), value.get("response")
    if isinstance(request, dict) and isinstance(response, dict):
        return _of_har if "url" in request and isinstance(response.get("status"), int) else _of_cassette
    return _unknown


def _of_run(value: Entry, place: str) -> Recorded:
    raise LeftOutError("it belongs to the record of a run, which wireproof judge reads")


def _unknown(value: Entry, place: str) -> Recorded:
    raise BadEntryError("it has no form that we know")


def _of_litellm(value: Entry, place: str) -> Recorded:
    return _of_line(litellm.line(value), place)


def _of_event(value: Entry, place: str) -> Recorded:
    return _of_line(telemetry.line(value), place)


def _of_line(value: Entry, place: str) -> Recorded:
    if not lines.is_sound(value):
        _refuse("recording", value)
    return lines.exchange_of(value, place)


def _of_har(value: Entry, place: str) -> Recorded:
    _refuse(har.SCHEMA, value)
    return har.exchange_of(value, place)


def _of_cassette(value: Entry, place: str) -> Recorded:
    _refuse(vcr.SCHEMA, value)
    return vcr.exchange_of(value, place)


def _refuse(schema: str, value: Entry) -> None:
    """Raise ``BadEntryError`` if an entry does not have the shape of its form. What it holds is not told, only where."""
    if (wrong := misshapen(schema, value)) is not None:
        raise BadEntryError(f"it is not shaped as its form says, at /{wrong[0][0] if wrong[0] else ''}")
