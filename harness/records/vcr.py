"""Cassettes of the VCR family (VCR.py, Ruby's vcr, go-vcr), in YAML or JSON: recorded interactions.

Recorders differ: bodies are text, bytes, base64, compressed, or parsed JSON. Users who
commit cassettes often drop headers, so a missing header proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Exchange, Request
from ..wire import without_secrets
from .addresses import address
from .content import compact, from_base64, headers, inflated, octets
from .recorded import Lost, Recorded

SCHEMA = "vcr-interaction"
LISTS = ("interactions", "http_interactions")
"""The name of the list in VCR.py and go-vcr, and in Ruby's vcr."""


def entries(document: Mapping[str, Any]) -> tuple[tuple[str | int, ...], list[Any]]:
    """The path of the interactions, and the interactions."""
    name = next(name for name in LISTS if name in document)
    return (name,), document[name]


def exchange_of(interaction: Mapping[str, Any], place: str) -> Recorded:
    """Convert an interaction to an exchange with its secrets removed. Raises ``BadContentError``."""
    sent, came = interaction["request"], interaction["response"]
    method = sent["method"].upper()
    base_url, path, endpoint = address(method, sent["uri"] if "uri" in sent else sent["url"])
    fields = headers(came.get("headers") or {})
    encoding = next((value for name, value in fields if name == "content-encoding"), "")
    exchange = Exchange(
        id=place,
        request=Request(endpoint, method, path, headers(sent.get("headers") or {}), _body(sent)),
        status=came["code"] if "code" in came else came["status"]["code"],
        headers=fields,
        body=inflated(_body(came), encoding),
    )
    lost = {Lost.HEADERS} | ({Lost.SPELLING} if "parsed_body" in came else set())
    return Recorded(without_secrets(exchange), base_url, place, frozenset(lost))


def _body(message: Mapping[str, Any]) -> bytes:
    """The body of a request or a reply, however it was stored."""
    if "parsed_body" in message:
        return compact(message["parsed_body"])
    body = message.get("body")
    if not isinstance(body, Mapping):
        return octets(body or "")
    for name in ("base64_string", "base64"):
        if name in body:
            return from_base64(body[name])
    return octets(body.get("string") or "")
