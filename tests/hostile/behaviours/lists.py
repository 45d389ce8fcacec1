"""Lists of models: ids that are unsafe in a URL, a terminal or a page, and endless lists."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from harness.model import Data
from tests.hostile.server import Talk

from .kind import Behaviour

IDS: dict[str, Data] = {
    "empty": "",
    "null": None,
    "number": 7,
    "list": ["m"],
    "object": {"id": "m"},
    "surrogate": "m\ud800",
    "nul": "m\x00n",
    "esc": "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://h\x07",
    "c1": "m\x9b31m",
    "bidi": "m\u202egpj\u2066",
    "newline-command": "m\n::stop-commands::x\n::add-mask::y",
    "markup": "</script><img src=x onerror=alert(1)>",
    "markdown": "|`m`|[x](javascript:alert(1))|",
    "path": "../../../etc/passwd",
    "slashes": "a/b/c",
    "percent": "%2e%2e%2f%00",
    "query": "m?x=1#y",
    "quote": "m'\"; rm -rf / #$(id)`id`",
    "long": "m" * 100_000,
    "long-1m": "m" * 1_000_000,
    "unicode": "\u0130\u017f\u00df" * 100,
    "zero-width": "\u200b",
    "blank": " ",
}


def _listed(ids: Iterable[Data], talk: Talk) -> None:
    if talk.request.path.startswith("/models"):
        data = [{"id": one, "object": "model", "created": 1, "owned_by": "x"} for one in ids]
        body = {"object": "list", "data": data} if talk.request.path == "/models" else data[0]
        talk.respond(200, {"content-type": "application/json"}, json.dumps(body).encode())
    else:
        _as_reference(talk).respond()


def _as_reference(talk: Talk) -> Talk:
    """The same request for the reference's own model: whatever was listed is answered."""
    try:
        body = {**json.loads(talk.request.body), "model": "reference"}
    except (ValueError, TypeError):
        return talk
    return replace(talk, request=replace(talk.request, body=json.dumps(body, separators=(",", ":")).encode()))


def _in_place(text: str, talk: Talk) -> None:
    if talk.request.path == "/models":
        talk.respond(200, {"content-type": "application/json"}, text.encode())
    else:
        talk.respond()


LISTS = {
    "data-null": '{"object":"list","data":null}',
    "data-object": '{"object":"list","data":{"0":{}}}',
    "data-empty": '{"object":"list","data":[]}',
    "data-of-lists": '{"object":"list","data":[[[]],null,1]}',
    "bare-array": '[{"id":"m"}]',
    "not-json": "models: m",
    "same-500-times": '{"object":"list","data":[' + ",".join(['{"id":"m","object":"model","created":1,"owned_by":"x"}'] * 500) + "]}",
}


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, identity in IDS.items():
        yield Behaviour(f"model-id-{name}", partial(_listed, [identity]), pre=True, slow="1m" in name, harmless=True)
    for name, text in LISTS.items():
        yield Behaviour(f"models-{name}", partial(_in_place, text), pre=True)
    yield Behaviour("models-2k", partial(_listed, [f"m{n}" for n in range(2_000)]), harmless=True, pre=True)
    yield Behaviour("models-100k", partial(_listed, [f"m{n}" for n in range(100_000)]), harmless=True, slow=True, pre=True)
