"""Views of a text: with its escapes undone, or with the pieces joined that strings, events and lines split it into.

A view holds only the parts that differ from the original text, with some context. It maps each character back to its position there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Span: TypeAlias = tuple[int, int]
Piece: TypeAlias = tuple[str, int, int]
"""A text in a view, with its start and stop in the original text."""

MARGIN = 64
"""How many unchanged characters a view keeps on each side of a difference; the rest is left out."""

GAP = "\x01"
"""Marks a gap in a view."""

_ESCAPE = re.compile(
    r"(\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^\0])|%[0-9a-fA-F]{2}|&(?:#[xX][0-9a-fA-F]{1,6};?|#[0-9]{1,7};?|(?:amp|lt|gt|quot|apos);)"
    r"|\0|\n[\r\n\t ]*+|\r[\r\n\t ]*+)",
    re.DOTALL,
)
"""Escapes of JSON, programs, URLs and HTML; the zero bytes that UTF-16 and UTF-32 put between letters; line ends."""

_NAMED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "\\n": "", "\\r": "", "\\t": "\t"}

_FIELD = re.compile(r"^([a-z]{0,8}): ?+([^{\r\n][^\r\n]*+)", re.MULTILINE)
"""An event line: a field and its value. A JSON object is left out: it is complete, not a fragment of a key."""


class View:
    """A view of a text, made of pieces of it. The pieces are computed only when a position is asked for."""

    def __init__(self, text: str, pieces: Callable[[], Iterable[Piece]]) -> None:
        self.text = text
        self._find = pieces

    def places(self, span: Span) -> Iterator[Span]:
        """The positions in the text of a span of this view. An escape counts as a whole."""
        begins, pieces = self._pieces
        piece = bisect_right(begins, span[0]) - 1
        while piece < len(pieces) and begins[piece] < span[1]:
            text, start, stop = pieces[piece]
            if len(text) == stop - start:
                yield start + max(0, span[0] - begins[piece]), min(stop, start + span[1] - begins[piece])
            else:
                yield start, stop
            piece += 1

    @cached_property
    def _pieces(self) -> tuple[list[int], list[Piece]]:
        begins, pieces, position = [], list(self._find()), 0
        for text, _, _ in pieces:
            begins.append(position)
            position += len(text)
        return begins, pieces


def unescaped(text: str) -> View | None:
    """A text with one layer of escapes undone; ``None`` if it has none."""
    parts = _ESCAPE.split(text)
    if len(parts) == 1:
        return None
    parts[::2] = [part if len(part) <= 2 * MARGIN else _ends(part) for part in parts[::2]]
    parts[1::2] = map(_MEANINGS.__getitem__, parts[1::2])
    return View("".join(parts), lambda: _unescaped_pieces(text))


def _unescaped_pieces(text: str) -> Iterator[Piece]:
    """The pieces of an unescaped text: plain parts and escapes."""
    position = 0
    for number, part in enumerate(_ESCAPE.split(text)):
        if number % 2:
            yield _MEANINGS[part], position, position + len(part)
        else:
            yield from _with_gap(part, position)
        position += len(part)


class _Meanings(dict[str, str]):
    """The character that each escape stands for. Frequent ones are cached."""

    def __missing__(self, written: str) -> str:
        found = _meaning(written)
        if written[0] != "&":  # there are millions of these
            self[written] = found
        return found


def _meaning(written: str) -> str:
    """The character that an escape stands for. A line end stands for nothing: no key has one, but one may split a key."""
    first = written[0]
    if first in "\0\r\n":
        return ""
    if written in _NAMED:
        return _NAMED[written]
    if first == "&":
        digits = written[2:].rstrip(";")
        number = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    elif first == "%":
        number = int(written[1:], 16)
    elif len(written) == 2:
        return written[1]
    else:
        number = int.from_bytes(bytes.fromhex(written[2:]), "big")
    return chr(number) if number < 0x110000 else "?"


_MEANINGS = _Meanings()


_BACKWARDS = re.compile(r"(?:[0-9a-fA-F]{2}%){8,}|(?:[0-9a-fA-F]{2,4}[ux]\\){8,}|(?:;?[0-9a-fA-FxX]{2,4}#&){8,}")
"""Escapes that are written backwards."""


def backwards(text: str) -> View | None:
    """The escapes that are written backwards, each run of them from its end to its beginning. Anything else would be read wrongly so."""
    if not any(end in text for end in ("%", "u\\", "x\\", "#&")):
        return None
    runs = [(found[0], found.end()) for found in _BACKWARDS.finditer(text)]
    if not runs:
        return None
    pieces = [(letter, end - 1 - at, end - at) for run, end in runs for at, letter in enumerate(reversed(run))]
    return View("".join(letter for letter, _, _ in pieces), lambda: pieces)


def joined(text: str) -> Iterator[View]:
    """Views that join pieces: JSON strings by member name, all JSON strings, and event fields by name."""
    if text.count('"') >= 4:
        groups, values = _strings(_unmasked_parts(text))
        by_name = [value for group in groups.values() for value in group]
        yield View(_together(by_name), lambda: _pieces(text, by_name=True))
        if len(groups) > 1 and values != by_name:
            yield View(_together(values), lambda: _pieces(text, by_name=False))
    if len(fields := _FIELD.findall(text)) > 1:
        yield View(_together(_by_name(fields)), lambda: _field_pieces(text))


def _unmasked_parts(text: str) -> list[str]:
    """Split a text at its quotes. Odd items are strings, even items are the text between them."""
    if "\\" not in text:
        return text.split('"')
    parts = _masked(text).split('"')
    return [part if "\1" not in part else part.replace("\1\2", '\\"').replace("\1\1", "\\\\") for part in parts]


def _strings(parts: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The string values, grouped by member name, and all in order. Items of a list have the list's name."""
    groups: dict[str, list[str]] = {}
    values: list[str] = []
    group = groups.setdefault("", [])
    parts = [*parts, ""]
    for value, after in zip(parts[1::2], parts[2::2], strict=False):
        if after[:1] == ":" or after.lstrip()[:1] == ":":
            group = groups.setdefault(value, [])
        else:
            group.append(value)
            values.append(value)
    return groups, values


def _pieces(text: str, *, by_name: bool) -> list[Piece]:
    """The same values, with their positions."""
    parts = _unmasked_parts(text)
    groups: dict[str, list[Piece]] = {}
    values: list[Piece] = []
    group, position = groups.setdefault("", []), len(parts[0]) + 1
    for value, after in zip(parts[1::2], [*parts[2::2], ""], strict=False):
        if after.lstrip()[:1] == ":":
            group = groups.setdefault(value, [])  # in the order of the names, as in the view: the first value may be null
        else:
            group.append((value, position, position + len(value)))
            values.append(group[-1])
        position += len(value) + len(after) + 2
    pieces = [piece for of_name in groups.values() for piece in of_name] if by_name else values
    return [one for text, start, _ in pieces for one in _with_gap(text, start)]


def _field_pieces(text: str) -> list[Piece]:
    """The fields of events, with their positions."""
    fields = [(found[1], (found[2], *found.span(2))) for found in _FIELD.finditer(text)]
    return [one for value, start, _ in _by_name(fields) for one in _with_gap(value, start)]


def _masked(text: str) -> str:
    """A text of the same length in which every quote begins or ends a string."""
    return text.replace("\\\\", "\1\1").replace('\\"', "\1\2") if "\\" in text else text


def is_open(text: str) -> bool:
    """Whether a string of JSON is still open at the end of a text."""
    return _masked(text).count('"') % 2 == 1


def _by_name(named: Iterable[tuple[str, T]]) -> list[T]:
    """Group values by name, in order."""
    groups: dict[str, list[T]] = {}
    for name, piece in named:
        groups.setdefault(name, []).append(piece)
    return [piece for group in groups.values() for piece in group]


def _together(texts: Iterable[str]) -> str:
    """Join texts. Long ones lose their middle, which is searched without a view."""
    return "".join([text if len(text) <= 2 * MARGIN else _ends(text) for text in texts])


def _ends(text: str) -> str:
    return text[:MARGIN] + GAP + text[-MARGIN:]


def _with_gap(text: str, start: int) -> Iterator[Piece]:
    """A piece. A long one loses its middle, which is searched without a view."""
    if len(text) <= 2 * MARGIN:
        yield text, start, start + len(text)
        return
    stop = start + len(text)
    yield text[:MARGIN], start, start + MARGIN
    yield GAP, start + MARGIN, stop - MARGIN
    yield text[-MARGIN:], stop - MARGIN, stop
