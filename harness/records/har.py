"""HTTP Archive files, as browsers and proxies save them (HAR 1.2): the entries of one log.

They record when a reply began and ended, but not when its chunks arrived, so arrival times are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..model import Exchange, Request
from ..wire import without_secrets
from .addresses import address
from .content import BadContentError, from_base64, headers, inflated, octets
from .recorded import Recorded

SCHEMA = "har-entry"


def entries(document: Mapping[str, Any]) -> tuple[tuple[str | int, ...], list[Any]]:
    """The path of the entries, and the entries."""
    return ("log", "entries"), document["log"]["entries"]


def exchange_of(entry: Mapping[str, Any], place: str) -> Recorded:
    """Convert an entry to an exchange with its secrets removed. Raises ``BadContentError``."""
    sent, came = entry["request"], entry["response"]
    if not came["status"]:
        raise BadContentError("no reply was recorded")
    if came.get("_error"):  # the browser's own text; it does not say which side closed the connection
        raise BadContentError(f"the connection was closed early ({came['_error']})")
    base_url, path, endpoint = address(sent["method"], sent["url"])
    posted = (sent.get("postData") or {}).get("text", "")
    request = Request(endpoint, sent["method"].upper(), path, headers(_pairs(sent)), octets(posted))
    exchange = Exchange(
        id=place,
        request=request,
        status=came["status"],
        headers=headers(_pairs(came)),
        body=_body(came),
        started_at=_seconds(entry.get("startedDateTime")),
        seconds=max(0.0, entry.get("time") or 0.0) / 1000,
    )
    return Recorded(without_secrets(exchange), base_url, place)


def _pairs(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headers of a request or a reply."""
    return [(header["name"], header["value"]) for header in message.get("headers", ())]


def _body(came: Mapping[str, Any]) -> bytes:
    """The reply's body; browsers omit it when an archive is saved without content."""
    content = came.get("content") or {}
    if "text" not in content:
        if content.get("size", 0) > 0:
            raise BadContentError("the reply's body was not recorded")
        return b""
    body = from_base64(content["text"]) if content.get("encoding") == "base64" else octets(content["text"])
    encoding = next((value for name, value in headers(_pairs(came)) if name == "content-encoding"), "")
    return inflated(body, encoding)


def _seconds(text: str | None) -> float | None:
    """An ISO 8601 time as Unix time."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None
