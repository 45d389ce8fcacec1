"""Events of OpenTelemetry in JSON: exported batches (OTLP), or single events. They are judged where they keep both bodies.

The conventions have no name for a body, so those of the Elastic Common Schema are read; a mapping names others. The messages of the
GenAI conventions (``gen_ai.input.messages``) are a form of their own, not what crossed the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...model import Data
from .mapping import line_of_parts
from .refusals import LeftOutError

ADDRESS = ("url.full", "http.url")
STATUS = ("http.response.status_code", "http.status_code")
METHOD = ("http.request.method", "http.method")
REQUEST = ("http.request.body.content",)
REPLY = ("http.response.body.content",)
TIMES = ("timeUnixNano", "startTimeUnixNano", "observedTimeUnixNano", "timestamp", "start_time")

_LISTS = {"resourceLogs": ("scopeLogs", "logRecords"), "resourceSpans": ("scopeSpans", "spans")}


def events_of(entry: Mapping[str, Any]) -> list[dict[str, Data]] | None:
    """The events of an entry, each with plain ``attributes`` and ``body``; ``None`` if it is no telemetry."""
    batches = [(entry[name], inner) for name, inner in _LISTS.items() if isinstance(entry.get(name), list)]
    if batches:
        return [
            _plain(event)
            for batch, (scopes, events) in batches
            for resource in _objects(batch)
            for scope in _objects(resource.get(scopes))
            for event in _objects(scope.get(events))
        ]
    return [_plain(entry)] if isinstance(entry.get("attributes"), (dict, list)) and "call_type" not in entry else None


def line(event: Mapping[str, Any]) -> dict[str, Data]:
    """An event as a line of ours. Raises ``LeftOutError``."""
    body = event.get("body")
    known = {**event["attributes"], **(body if isinstance(body, dict) else {})}
    parts = {
        "url": _first(known, ADDRESS),
        "method": _first(known, METHOD) or "POST",
        "status": _first(known, STATUS),
        "request": _first(known, REQUEST),
        "reply": _first(known, REPLY),
        "started_at": _first(event, TIMES),
    }
    if parts["reply"] is None or parts["request"] is None:
        kept = any(name.startswith("gen_ai.") for name in known)
        raise LeftOutError("the event keeps no bodies" if not kept else "the event tells of messages, and keeps no bodies")
    if parts["url"] is None or parts["status"] is None:
        raise LeftOutError("the event keeps neither address nor status" if parts["url"] is None else "the event keeps no status")
    line = line_of_parts({name: value for name, value in parts.items() if value is not None})
    streams = isinstance(parts["reply"], str) and parts["reply"].lstrip().startswith(("data:", "event:", ":"))
    return {"headers": {"content-type": "text/event-stream" if streams else "application/json"}, **line}


def _plain(event: Mapping[str, Any]) -> dict[str, Data]:
    """An event whose attributes are a plain object."""
    attributes = event.get("attributes")
    plain = _members(attributes) if isinstance(attributes, list) else attributes
    body = event.get("body")
    return {**event, "attributes": plain if isinstance(plain, dict) else {}, "body": _value(body) if isinstance(body, dict) else body}


def _members(pairs: object) -> dict[str, Data]:
    return {pair["key"]: _value(pair.get("value")) for pair in _objects(pairs) if isinstance(pair.get("key"), str)}


def _value(value: Data) -> Data:
    """A value of OTLP, which names its type, as plain JSON. Nested at most as deep as an entry is."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "kvlistValue" and isinstance(inner, dict):
        return _members(inner.get("values"))
    if kind == "arrayValue" and isinstance(inner, dict):
        return [_value(item) for item in inner.get("values") or ()] if isinstance(inner.get("values"), list) else []
    if kind == "intValue" and isinstance(inner, str) and inner.lstrip("-").isdecimal() and len(inner) < 20:
        return int(inner)
    return inner if kind in ("stringValue", "boolValue", "doubleValue", "intValue", "bytesValue") else value


def _first(known: Mapping[str, Data], names: tuple[str, ...]) -> Data:
    return next((known[name] for name in names if known.get(name) is not None), None)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
