"""Floods: large bodies, many items, many pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour, document, with_document


def _repeated(member: str, number: int, talk: Talk) -> None:
    whole = document(talk)
    items = whole.get(member) if isinstance(whole, dict) else None
    if not isinstance(items, list) or not items:
        talk.respond()
        return
    one = json.dumps(items[0])
    rest = json.dumps({**whole, member: "@@"})
    with_document(talk, rest.replace('"@@"', "[" + ",".join([one] * number) + "]"))


def _small_choices(number: int, talk: Talk) -> None:
    rest = json.dumps({**document(talk), "choices": "@@"})
    with_document(talk, rest.replace('"@@"', "[" + "{}," * number + "{}]"))


def _calls(number: int, talk: Talk) -> None:
    whole = document(talk)
    call = '{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}'
    listed = "[" + ",".join([call] * number) + "]"
    choice = '{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":' + listed + "}}"
    with_document(talk, json.dumps({**whole, "choices": "@@"}).replace('"@@"', f"[{choice}]"))


def _blank_body(megabytes: int, talk: Talk) -> None:
    talk.head(200, {"content-type": "application/json", "content-length": str(megabytes * 1_000_000)})
    for _ in range(megabytes):
        talk.send(b" " * 1_000_000)


def _pieces(number: int, talk: Talk) -> None:
    status, headers, body = talk.right()
    talk.head(status, {**headers, "transfer-encoding": "chunked"})
    for start in range(0, number, 1000):
        talk.send(b"1\r\n \r\n" * min(1000, number - start))
    talk.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))


def _error(size: int, talk: Talk) -> None:
    error = {"error": {"message": "model " * (size // 6), "type": "t", "param": None, "code": None}}
    talk.respond(400, {"content-type": "application/json"}, json.dumps(error).encode())


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for number in (100, 5_000):
        yield Behaviour(f"choices-{number}", partial(_repeated, "choices", number))
    yield Behaviour("choices-empty-100k", partial(_small_choices, 100_000), slow=True)
    yield Behaviour("choices-empty-1m", partial(_small_choices, 1_000_000), slow=True)
    yield Behaviour("tool-calls-1k", partial(_calls, 1_000))
    yield Behaviour("tool-calls-100k", partial(_calls, 100_000), slow=True)
    yield Behaviour("vectors-20k", partial(_repeated, "data", 20_000), slow=True)
    yield Behaviour("body-7mb", partial(_blank_body, 7), slow=True)
    yield Behaviour("body-100mb", partial(_blank_body, 100), slow=True, pre=True)
    yield Behaviour("pieces-5k", partial(_pieces, 5_000))
    yield Behaviour("pieces-200k", partial(_pieces, 200_000), slow=True)
    yield Behaviour("error-100kb", partial(_error, 100_000), pre=True)
    yield Behaviour("error-900kb", partial(_error, 900_000), slow=True)
