"""Tells a problem without people's texts: our own words and the protocol's stay, all else becomes a length and a hash."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from ...checks import parse_json
from ...model import Data, Json, Problem

LARGEST_NUMBER = 1_000_000
"""From here on a number may be somebody's, such as one of a telephone."""

MOST_MEMBERS = 12
DEEPEST = 3

HARNESS = Path(__file__).resolve().parent.parent.parent
SCHEMAS = HARNESS.parent / "spec" / "schemas"

_WORD = re.compile(r"[^\W\d]+|\d+|[^\w\s]+")
_DIGITS = re.compile(r"\d+")


class _Vocabulary(NamedTuple):
    """The protocol's names and values, single words of ours, and pairs of words that stand beside each other in what our checks say."""

    names: frozenset[str]
    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def masked(problem: Problem, salt: str) -> Problem:
    """A problem without people's texts."""
    return Problem(place(problem.where), told(problem.expected, salt), value(problem.got, salt))


@lru_cache(maxsize=4096)
def place(where: str) -> str:
    """A place in a reply: positions are ``*``, and so are members that the protocol does not name."""
    head, slash, path = where.partition("/")
    known = _vocabulary().names
    parts = ["*" if part.isdecimal() or part not in known else part for part in path.split("/")] if slash else []
    return _DIGITS.sub("*", told(head, None)) + slash + "/".join(parts)


@lru_cache(maxsize=4096)
def told(text: str, salt: str | None) -> str:
    """A sentence of ours without what it quotes; without ``salt``, not even the lengths of that."""
    words = list(_WORD.finditer(text))
    kept = _kept([word[0].lower() for word in words])
    pieces, at = [], 0
    while False in kept[at:]:
        first = kept.index(False, at)
        last = first
        for later in range(first + 1, len(words)):  # signs and numbers between two words that are not ours belong to them
            if not kept[later]:
                last = later
            elif words[later][0].isalpha():
                break
        pieces.append(text[words[at].start() if at else 0 : words[first].start()])
        pieces.append(_hidden(text[words[first].start() : words[last].end()], salt))
        at = last + 1
        if at < len(words):
            pieces.append(text[words[last].end() : words[at].start()])
    return "".join([*pieces, text[words[at].start() if at else 0 :] if at < len(words) or not words else ""])


def value(text: str, salt: str) -> str:
    """What came, as a check shows it: its kind, its length and its hash."""
    parsed = parse_json(text)
    if parsed.error is None and not isinstance(parsed.value, str):
        return structure(parsed.value, salt)
    shown = parsed.value if isinstance(parsed.value, str) else text
    return text if shown in _vocabulary().names or all(_kept([word.lower() for word in _WORD.findall(text)])) else _hidden(shown, salt)


def structure(given: Json, salt: str, deep: int = 0) -> str:
    """The kind of a JSON value, with the protocol's members and values, and the lengths and hashes of texts."""
    names = _vocabulary().names
    match given:
        case str():
            return json.dumps(given) if given in names or not given else _hidden(given, salt)
        case bool() | None:
            return json.dumps(given)
        case int() | float():
            return json.dumps(given) if abs(given) < LARGEST_NUMBER else "a large number"
        case list():
            first = f" of {structure(given[0], salt, deep + 1)}" if given and deep < DEEPEST else ""
            return f"[{len(given)} items{first}]" if len(given) != 1 else f"[1 item{first}]"
    inner = [(name if name in names else "*", item) for name, item in list(given.items())[:MOST_MEMBERS]]
    told = [f"{name}: {structure(item, salt, deep + 1)}" if deep < DEEPEST else name for name, item in inner]
    more = len(given) - len(inner)
    return f"{{{', '.join([*told, *([f'and {more} more'] if more else [])])}}}"


def hashed(octets: bytes, salt: str) -> str:
    """A short hash that tells equal contents from different ones."""
    return blake2b(octets, digest_size=6, key=salt.encode()[:64]).hexdigest()


def _hidden(text: str, salt: str | None) -> str:
    if salt is None:
        return "(a text)"
    return f"(text of {len(text):,} characters, {hashed(text.encode('utf-8', 'surrogatepass'), salt)})"


def _kept(words: list[str]) -> list[bool]:
    """For each word and sign of a text, whether it is ours."""
    known = _vocabulary()
    beside = [False] * len(words)
    for at, pair in enumerate(pairwise(words)):
        if pair in known.pairs:
            beside[at] = beside[at + 1] = True
    return [
        near or word in known.words or (word.isdecimal() and int(word[:9]) < LARGEST_NUMBER and len(word) < 7) or not word.isalnum()
        for near, word in zip(beside, words, strict=True)
    ]


@cache
def _vocabulary() -> _Vocabulary:
    """All words of ours, read from the schemas and from the checks' own source."""
    names = frozenset(name for path in SCHEMAS.rglob("*.json") for name in _names(json.loads(path.read_text(encoding="utf-8"))))
    texts = [[word.lower() for word in _WORD.findall(text)] for text in _literals()]
    single = {text[0] for text in texts if len(text) == 1}
    pairs = frozenset(pair for text in texts for pair in pairwise(text))
    return _Vocabulary(names, frozenset(name.lower() for name in names if name.isalpha()) | single, pairs)


def _names(schema: Data) -> Iterator[str]:
    """The members and the fixed values that a schema names."""
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "properties" and isinstance(inner, dict):
                yield from inner
            fixed = inner if key == "enum" and isinstance(inner, list) else [inner] if key == "const" else ()
            yield from (item for item in fixed if isinstance(item, str))
            yield from _names(inner)
    elif isinstance(schema, list):
        for item in schema:
            yield from _names(item)


def _literals() -> Iterator[str]:
    """What stands in quotes in our checks and in the judge."""
    for package in ("checks", "judging"):
        for path in (HARNESS / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
