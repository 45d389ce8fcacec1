"""Whole documents: no JSON, odd JSON, and JSON that is heavy to read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour, document, with_document

TEXTS = {
    "empty": "",
    "blanks": "   \n  ",
    "null": "null",
    "true": "true",
    "number": "42",
    "string": '"x"',
    "array": "[]",
    "object": "{}",
    "nan": '{"x":NaN}',
    "infinity": '{"x":-Infinity}',
    "single-quotes": "{'id': 'x'}",
    "comment": '{"id":"x"} // here',
    "trailing-comma": '{"id":"x",}',
    "two": '{"id":"x"}{"id":"y"}',
    "unclosed": '{"id":"x"',
    "python": "{'id': None}",
    "yaml": "id: x\nobject: y\n",
    "xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    "html": "<!DOCTYPE html><html><script>alert(1)</script></html>",
    "proto": '{"__proto__":{"a":1},"constructor":{"prototype":{}}}',
    "error-string": '{"error":"no"}',
    "error-array": '{"error":[1,2]}',
    "error-empty": '{"error":{}}',
    "error-null": '{"error":null}',
    "error-nested": '{"error":{"message":{"message":{}},"type":[],"param":{},"code":[]}}',
    "detail": '{"detail":[{"msg":"x"}]}',
    "deep-arrays-100": "[" * 100 + "]" * 100,
    "deep-arrays-970": "[" * 970 + "]" * 970,
    "deep-arrays-100k": "[" * 100_000 + "]" * 100_000,
    "deep-objects-975": '{"a":' * 975 + "1" + "}" * 975,
    "deep-objects-100k": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep-unclosed-1m": "[" * 1_000_000,
    "digits-400": '{"x":' + "9" * 400 + "}",
    "digits-4300": '{"x":' + "9" * 4301 + "}",
    "digits-1m": '{"x":' + "9" * 1_000_000 + "}",
    "exponent": '{"x":1e999999999}',
    "exponent-long": '{"x":1e' + "9" * 100_000 + "}",
    "dup-keys-20k": "{" + ",".join(['"a":1'] * 20_000) + "}",
    "keys-100k": "{" + ",".join(f'"{n}":1' for n in range(100_000)) + "}",
    "surrogate-name": '{"\\ud800":"\\udfff"}',
    "escapes-1m": '{"x":"' + "\\u0041" * 160_000 + '"}',
    "string-7mb": '{"x":"' + "x" * 7_000_000 + '"}',
    "numbers-1m": "[" + "1," * 1_000_000 + "1]",
    "dup-keys-700k": "{" + ",".join(['"a":1'] * 700_000) + "}",
}  # fmt: skip

SLOW = ("numbers-1m", "dup-keys-700k", "string-7mb", "keys-100k")


def _reordered(talk: Talk) -> None:
    whole = document(talk)
    with_document(talk, json.dumps(dict(reversed(whole.items()))) if isinstance(whole, dict) else json.dumps(whole))


def _spaced(talk: Talk) -> None:
    with_document(talk, "\t \r\n" + json.dumps(document(talk), indent=0 if talk.streams else 3).replace("\n", " ") + "  ")


def _with_strangers(talk: Talk) -> None:
    with_document(talk, json.dumps({**document(talk), "x_odd": {"__proto__": [None, {}]}, "": 0}))


def _of_another(talk: Talk) -> None:
    with_document(talk, '{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}')


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, text in TEXTS.items():
        act = partial(_text, text)
        yield Behaviour(
            f"json-{name}", act, slow=name in SLOW, pre=name in ("html", "null", "deep-arrays-970", "digits-4300", "error-nested")
        )
    yield Behaviour("json-members-reordered", _reordered, harmless=True)
    yield Behaviour("json-white-space", _spaced, harmless=True)
    yield Behaviour("json-unknown-members", _with_strangers, harmless=True)
    yield Behaviour("json-of-another-endpoint", _of_another)


def _text(text: str, talk: Talk) -> None:
    with_document(talk, text)
