"""The key comes back: in every place that a reply has, and in many spellings."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote

from tests.hostile.server import Talk

from .kind import Behaviour, document, with_document

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "bearer": lambda key: f"Bearer {key}",
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64-twice": lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    "base64-url": lambda key: base64.urlsafe_b64encode(f"x{key}".encode()).decode(),
    "base32": lambda key: base64.b32encode(key.encode()).decode(),
    "hex": lambda key: key.encode().hex(),
    "percent": lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
    "quoted": lambda key: quote(key, safe=""),
    "entities": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
    "reversed": lambda key: key[::-1],
    "rot13": lambda key: codecs.encode(key, "rot13"),
    "spaced": " ".join,
    "lines": "\n".join,
    "beginning": lambda key: key[:20],
    "end": lambda key: key[-16:],
}


def _in_message(spell: Callable[[str], str], talk: Talk) -> None:
    error = {"error": {"message": f"Bad key {spell(talk.key)}.", "type": "t", "param": None, "code": None}}
    talk.respond(400, {"content-type": "application/json"}, json.dumps(error).encode())


def _escaped(talk: Talk) -> None:
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in talk.key)
    with_document(talk, json.dumps({**document(talk), "id": "@@"}).replace("@@", spelled))


def _in_member(talk: Talk) -> None:
    with_document(talk, json.dumps({**document(talk), talk.key: 1, "model": talk.key}))


def _in_header(name: str, spell: Callable[[str], str], talk: Talk) -> None:
    talk.respond(headers={name: spell(talk.key)})


def _in_header_name(talk: Talk) -> None:
    talk.respond(headers={talk.key: "1"})


def _in_status_line(talk: Talk) -> None:
    talk.head(200, talk.right()[1], reason=talk.key)
    talk.send(talk.right()[2])


def _as_status_line(talk: Talk) -> None:
    talk.send(talk.key.encode() + b"\r\n\r\n")


def _in_events(talk: Talk) -> None:
    body = talk.right()[2]
    key = talk.key.encode()
    added = b": %s\n\nevent: %s\ndata: %s\nid: %s\n\n" % (key, key, key, key)
    talk.respond(body=added + body if talk.streams else body)


def _in_deltas(size: int, talk: Talk) -> None:
    if not talk.streams:
        talk.respond()
        return
    base = document(talk)
    pieces = [talk.key[at : at + size] for at in range(0, len(talk.key), size)]
    chunks = [{**base, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    talk.respond(body=b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n")


def _in_packets(talk: Talk) -> None:
    body = json.dumps({**document(talk), "id": talk.key}).encode()
    talk.head(200, {"content-type": "application/json", "content-length": str(len(body))})
    at = body.index(talk.key.encode()) + 9
    talk.send(body[:at])
    talk.send(body[at:])


def _in_utf16(talk: Talk) -> None:
    talk.respond(body=f"Bad key {talk.key}".encode("utf-16"))


def _flood(talk: Talk) -> None:
    talk.respond(body=json.dumps({**document(talk), "x": [talk.key] * 4_000}).encode())


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, spell in SPELLINGS.items():
        yield Behaviour(f"key-in-error-{name}", partial(_in_message, spell), pre=name in ("plain", "percent", "beginning"))
    for header in ("x-request-id", "set-cookie", "location", "content-type", "content-encoding", "www-authenticate", "x-debug"):
        pre = header in ("content-encoding", "location")
        # An echo in a header is a SHOULD, and a cookie is never looked at.
        yield Behaviour(f"key-in-{header}", partial(_in_header, header, str), pre=pre, harmless=not header.startswith("content-"))
    yield Behaviour("key-in-header-base64", partial(_in_header, "x-debug", SPELLINGS["base64"]), harmless=True)
    yield Behaviour("key-in-header-name", _in_header_name, harmless=True)
    yield Behaviour("key-in-status-line", _in_status_line, harmless=True)
    yield Behaviour("key-as-status-line", _as_status_line, pre=True)
    yield Behaviour("key-in-json-escapes", _escaped, pre=True)
    yield Behaviour("key-in-member-names", _in_member, harmless=True)
    yield Behaviour("key-in-event-fields", _in_events)
    for size in (1, 3, 11, 20):
        yield Behaviour(f"key-in-deltas-of-{size}", partial(_in_deltas, size))
    yield Behaviour("key-in-two-packets", _in_packets)
    yield Behaviour("key-in-utf-16", _in_utf16)
    yield Behaviour("key-4000-times", _flood)
