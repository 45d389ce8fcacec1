"""Reads YAML as plain data, with the line of every value, and without YAML's surprises.

A repeated key is an error, and every key is a string. Only ``true`` and ``false`` are booleans, ``1e3`` is a number, a date is a string.
A file may be hostile, so its size, depth and alias expansion are limited, and nothing here recurses.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .documents import Document, Lines, YamlError

LARGEST = 4 * 1024 * 1024
"""The largest file, in bytes, that is read, unless a caller sets another limit."""

DEEPEST = 200
"""The deepest nesting of collections."""

MOST_REPEATED = 1_000_000
"""The most values in a document after its aliases are expanded."""

_EVENTS: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser is ten times faster than PyYAML's own, which gives the same result."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""An escaped half of a surrogate pair: saved cases may hold one, and only PyYAML's own parser reads it."""


def read_yaml_file(path: Path, *, aliases: bool = False) -> Document:
    """Read a file that holds one YAML document. Raises ``OSError`` and ``YamlError``."""
    with path.open("rb") as file:  # a device never ends, so limit the read
        raw = file.read(LARGEST + 1)
    _refuse_large(len(raw), LARGEST)
    try:
        return read_yaml(raw.decode("utf-8"), aliases=aliases)
    except UnicodeDecodeError as error:
        raise YamlError(raw.count(b"\n", 0, error.start) + 1, f"not UTF-8: {error}") from error


def read_yaml(text: str, *, largest: int = LARGEST, aliases: bool = False) -> Document:
    """Read one YAML document. Aliases are refused unless ``aliases`` is set; then their expansion counts towards the limits."""
    _refuse_large(len(text), largest)
    builder = _Builder(aliases=aliases)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader if _SURROGATE.search(text) else _EVENTS):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, error.problem or "not YAML") from error
    except (yaml.YAMLError, UnicodeError) as error:
        found = _FORBIDDEN.search(text)
        what = f"the character U+{ord(found.group()):04X} is not allowed in YAML" if found else str(error).partition("\n")[0]
        raise YamlError(text.count("\n", 0, found.start()) + 1 if found else 1, what) from error
    return builder.document()


_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _refuse_large(size: int, largest: int) -> None:
    if size > largest:
        raise YamlError(1, f"the file is larger than {largest // 1024 // 1024} MB")


@dataclass(slots=True)
class _Open:
    """A collection that is not complete yet. ``size`` counts the values inside, and itself."""

    value: Any
    lines: Any
    line: int
    anchor: str | None
    size: int = 1
    key: str | None = None
    key_line: int = 0


@dataclass(slots=True)
class _Builder:
    """Builds the value of a document from the parser's events."""

    aliases: bool
    _root: Document | None = None
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int] | None] = field(default_factory=dict)

    def document(self) -> Document:
        """The finished document."""
        if self._root is None:
            raise YamlError(1, "the file is empty")
        return self._root

    def take(self, event: Any) -> None:
        """Process the next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin(event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            done = self._open.pop()
            if done.anchor is not None:
                self._anchors[done.anchor] = done.value, done.size
            self._put(done.value, [done.line, done.lines], done.line, done.size)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent and self._root is not None:
            raise YamlError(_line(event), "expected a single document in the file")

    def _scalar(self, event: Any) -> None:
        line = _line(event)
        top = self._open[-1] if self._open else None
        if top is not None and top.key is None and type(top.value) is dict:
            if event.value in top.value:
                raise YamlError(line, f"the key {event.value!r} is given twice")
            top.key, top.key_line = event.value, line
            return
        value = _plain(event.value) if event.tag is None and event.implicit[0] else _tagged(event, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, 1
        self._put(value, line, line, 1)

    def _begin(self, event: Any) -> None:
        line, is_mapping = _line(event), type(event) is yaml.MappingStartEvent
        self._refuse_key(line)
        if len(self._open) >= DEEPEST:
            raise YamlError(line, f"nested deeper than {DEEPEST} levels")
        if event.tag not in (None, "!", "tag:yaml.org,2002:map" if is_mapping else "tag:yaml.org,2002:seq"):
            raise YamlError(line, f"the tag {event.tag!r} is not known here")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open({} if is_mapping else [], {} if is_mapping else [], line, event.anchor))

    def _alias(self, event: Any) -> None:
        line = _line(event)
        self._refuse_key(line)
        if not self.aliases:
            raise YamlError(line, f"the alias *{event.anchor} is not allowed here: write out what it stands for")
        if event.anchor not in self._anchors:
            raise YamlError(line, f"the alias *{event.anchor} has no anchor")
        found = self._anchors[event.anchor]
        if found is None:
            raise YamlError(line, f"the alias *{event.anchor} is inside the value it repeats")
        self._put(found[0], line, line, found[1])

    def _refuse_key(self, line: int) -> None:
        """Refuse a key that is not a scalar."""
        if self._open and self._open[-1].key is None and type(self._open[-1].value) is dict:
            raise YamlError(line, "a key must be a string")

    def _put(self, value: Any, lines: Lines, line: int, size: int) -> None:
        """Add a finished value to the innermost open collection."""
        if not self._open:
            self._root = Document(value, lines)
            return
        top = self._open[-1]
        top.size += size
        if top.size > MOST_REPEATED:
            raise YamlError(line, f"more than {MOST_REPEATED:,} values, including those that aliases repeat")
        if top.key is None:
            top.value.append(value)
            top.lines.append(lines)
            return
        top.value[top.key] = value
        if type(lines) is list:  # the line of a member is that of its key
            lines[0] = top.key_line
            top.lines[top.key] = lines
        else:
            top.lines[top.key] = top.key_line
        top.key = None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<rest>(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")


def _plain(text: str) -> Any:
    """The value of a scalar without quotes: by the rules of JSON, otherwise a string."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > 400:  # not a sensible number, and int() refuses 4,300 digits
        return text
    return float(text) if found["rest"] else int(text)


def _binary(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


_TAGS: dict[str, Callable[[str], Any]] = {
    "!": str,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:binary": _binary,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:bool": {"true": True, "false": False}.__getitem__,
    "tag:yaml.org,2002:null": {"null": None, "~": None, "": None}.__getitem__,
}


def _tagged(event: Any, line: int) -> Any:
    """The value of a scalar with quotes or a tag."""
    if event.tag is None:
        return event.value
    if event.tag not in _TAGS:
        raise YamlError(line, f"the tag {event.tag!r} is not known here")
    try:
        return _TAGS[event.tag](event.value)
    except (ValueError, KeyError, binascii.Error) as error:
        raise YamlError(line, f"this is not a valid {event.tag.rpartition(':')[2]}") from error
