"""Turns a script, which is data, into the reply on the wire: status, headers, pieces with pauses, and an ending."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ...catalog import compact
from ...checks import holder_of
from ...model import Data
from .answers import HEADS, chunks, plain

Framing: TypeAlias = Literal["length", "chunked", "close"]
BREAKS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
FILLER = "wireproof " * 30
"""``$filler`` in a repeated item of a stream: 300 characters."""

LONG = b"wireproof " * 20_000
"""``$filler`` anywhere else: 200 kB."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of the body, sent together, ``pause`` seconds after the previous piece."""

    octets: bytes
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Playback:
    """The upstream's reply to one attempt. If ``silent``, it sends no byte before the ``end``; ``delay`` is the wait before everything.

    ``length`` is the claimed Content-Length.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    framing: Framing = "length"
    length: int = 0
    end: str = "keep-alive"
    delay: float = 0.0
    silent: bool = False


def perform(script: Mapping[str, Data], endpoint: str, token: str, *, streamed: bool) -> Playback:
    """Turn a script into the playback for a request to an endpoint."""
    pieces, is_stream = _body(script, endpoint, streamed=streamed)
    pieces = [Piece(piece.octets.replace(b"$token", token.encode()).replace(b"$filler", LONG), piece.pause) for piece in pieces]
    headers = _headers(script, token, is_stream=is_stream)
    if "encode" in script:
        coded = _encoded(b"".join(piece.octets for piece in pieces), script["encode"])
        pieces = [Piece(coded)]
        headers = (*headers, ("content-encoding", script["encode"]))
    if "split" in script:
        pieces = list(_split(b"".join(piece.octets for piece in pieces), script["split"], script.get("pause", 0.0)))
    length = script.get("length", sum(len(piece.octets) for piece in pieces))
    if "cut-after" in script:
        pieces = list(_split(b"".join(piece.octets for piece in pieces), {"at": [script["cut-after"]]}, 0.0))[:1]
    return Playback(
        status=script.get("status", 200),
        headers=headers,
        pieces=tuple(pieces),
        framing=script.get("framing", "chunked" if is_stream else "length"),
        length=length,
        end=script.get("end", "keep-alive"),
        delay=script.get("delay", 0.0),
        silent=script.get("silent", False),
    )


def _headers(script: Mapping[str, Data], token: str, *, is_stream: bool) -> tuple[tuple[str, str], ...]:
    """The default headers and the script's; null in the script removes a header."""
    ours: dict[str, str | None] = {
        "content-type": "text/event-stream; charset=utf-8" if is_stream else "application/json",
        "x-request-id": f"req_{token}",
        **script.get("headers", {}),
    }
    return tuple((name, value.replace("$token", token)) for name, value in ours.items() if value is not None)


def _body(script: Mapping[str, Data], endpoint: str, *, streamed: bool) -> tuple[list[Piece], bool]:
    """The pieces of the body, and whether they are a stream of events."""
    if "text" in script:
        return [Piece(script["text"].encode())], False
    if "hex" in script:
        return [Piece(bytes.fromhex(script["hex"]))], False
    if "json" in script:
        return [Piece(compact(script["json"]).encode())], False
    if "chunks" in script or (streamed and script.get("status", 200) < 300 and endpoint in HEADS):
        listed = script.get("chunks", chunks(endpoint))
        return list(_frames(listed, HEADS.get(endpoint, {}), script)), True
    if script.get("status", 200) >= 300:
        return [], False
    return [Piece(compact(_changed(plain(endpoint), script)).encode())], False


def _changed(reply: dict[str, Any], script: Mapping[str, Data]) -> dict[str, Any]:
    """The plain valid reply with the script's members changed and removed."""
    changed = json.loads(json.dumps(reply))
    for pointer, value in script.get("change", {}).items():
        holder, last = holder_of(changed, pointer)
        holder[last] = value
    for pointer in script.get("without", ()):
        holder, last = holder_of(changed, pointer)
        del holder[last]
    return dict(changed)


def _frames(listed: Sequence[Data], head: Mapping[str, Data], script: Mapping[str, Data]) -> Iterator[Piece]:
    """Turn each item of a stream into a piece."""
    line_end = BREAKS[script.get("line-ends", "lf")]
    pause = 0.0
    flat = [item for one in listed for item in _repeated(one)]
    for position, item in enumerate(flat):
        if isinstance(item, dict) and "$pause" in item:
            pause += item["$pause"]
            continue
        text = _frame(item, head).replace("\n", line_end)
        if position == len(flat) - 1 and script.get("final-newline") is False:
            text = text.rstrip("\r\n")
        yield Piece(text.encode(), pause + (script.get("pause", 0.0) if position else 0.0))
        pause = 0.0


def _repeated(item: Data) -> list[Data]:
    """Repeat an item as often as it asks, and replace ``$index`` with the number."""
    if not (isinstance(item, dict) and "$repeat" in item):
        return [item]
    text = json.dumps(item["of"])
    return [json.loads(text.replace("$index", f"{number:05d}").replace("$filler", FILLER)) for number in range(item["$repeat"])]


def _frame(item: Data, head: Mapping[str, Data]) -> str:
    """Frame one item of a stream: a chunk, a text as data, a named event, a comment, or raw text. Lines end with LF."""
    if isinstance(item, dict) and "$comment" in item:
        return f": {item['$comment']}\n\n"
    if isinstance(item, dict) and "$raw" in item:
        return str(item["$raw"])
    if isinstance(item, dict) and "$event" in item:
        return f"event: {item['$event']}\ndata: {_data(item['data'], {})}\n\n"
    return f"data: {_data(item, head)}\n\n"


def _data(item: Data, head: Mapping[str, Data]) -> str:
    """The data of an event. A chunk also gets the members that all chunks have; an error does not."""
    if isinstance(item, str):
        return item
    return compact({**head, **item} if isinstance(item, dict) and "choices" in item else item)


def _split(body: bytes, how: Data, pause: float) -> Iterator[Piece]:
    """Split a body into pieces: single bytes, pieces of a given size, or at given offsets."""
    if isinstance(how, dict):
        places = [at if at >= 0 else len(body) + at for at in how["at"]]
    else:
        places = list(range(1 if how == "every-byte" else how, len(body), 1 if how == "every-byte" else how))
    edges = [0, *places, len(body)]
    for start, stop in itertools.pairwise(edges):
        if stop > start:
            yield Piece(body[start:stop], pause)


def _encoded(body: bytes, coding: str) -> bytes:
    return gzip.compress(body, mtime=0) if coding == "gzip" else zlib.compress(body)
