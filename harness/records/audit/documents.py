"""Cuts a JSON document of any size into the entries of its list: a HAR file, a JSON cassette, or an array of log entries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .files import BLOCK, BOM, LONGEST, BrokenFileError, ByteFile, Raw, whole

LISTS = {(1, b"interactions"), (1, b"http_interactions"), (2, b"entries")}
"""How deep lists of entries lie, and under which name. A document may also be such a list itself."""

LONGEST_NAME = 64

_BEGINS = re.compile(rb"\A\s*(\[|\{\s*\"(log|version|comment|interactions|http_interactions|recorded_with)\"\s*:)")
_MARK = re.compile(rb'["\[\]{}]')
_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


def is_document(head: bytes) -> bool:
    """Whether a file that begins like this is one JSON document, not lines."""
    return _BEGINS.match(head.removeprefix(BOM)) is not None


def entries(file: ByteFile, longest: int = LONGEST) -> Iterator[Raw]:
    """The entries of a document. Raises ``BrokenFileError`` at its end if that is missing."""
    cutter = _Cutter(longest)
    with whole():
        while block := file.read(BLOCK):
            yield from cutter.take(block)
    if cutter.depth or cutter.in_string:
        raise BrokenFileError("the JSON is cut off")


class _Cutter:
    """Follows brackets and strings, and keeps the bytes of the one entry that it is in."""

    def __init__(self, longest: int) -> None:
        self.depth = 0
        self.in_string = False
        self._longest = longest
        self._list: int | None = None  # the depth of the entries
        self._held_in = ""
        self._name = b""
        self._begun: tuple[int, int] | None = None  # line and place of the entry
        self._kept: list[bytes] = []
        self._length = 0
        self._escaped = False
        self._line = 1
        self._before = 0  # bytes in the blocks before

    def take(self, block: bytes) -> Iterator[Raw]:
        """The entries that end in the next block of the file."""
        at = counted = 0
        start = 0  # where in this block the entry goes on
        while at < len(block):
            if self.in_string:
                at = self._through_string(block, at)
                continue
            mark = _MARK.search(block, at)
            if mark is None:
                break
            at = mark.end()
            if mark[0] == b'"':
                self.in_string, self._name = True, b""
            elif mark[0] in b"[{":
                if mark[0] == b"{" and self._list == self.depth:
                    start = at - 1
                    self._line += block.count(b"\n", counted, start)
                    counted = start
                    self._begun = self._line, self._before + start
                self._open(mark[0])
            elif self._close():
                self._keep(block[start:at])
                yield self._entry()
        if self._begun is not None:
            self._keep(block[start:])
        self._line += block.count(b"\n", counted)
        self._before += len(block)

    def _open(self, sign: bytes) -> None:
        """Go one deeper."""
        if sign == b"[" and self._list is None and (self.depth == 0 or (self.depth, self._name) in LISTS):
            self._list, self._held_in = self.depth + 1, self._name.decode() if self.depth else ""
        self.depth += 1

    def _close(self) -> bool:
        """Go one up, and say whether that ends an entry."""
        self.depth = max(self.depth - 1, 0)
        if self._list is not None and self.depth < self._list:
            self._list = None
        return self._begun is not None and self.depth == self._list

    def _through_string(self, block: bytes, at: int) -> int:
        """Go on to the end of a string, or of the block."""
        if self._escaped:
            self._escaped = False
            at += 1
        inside = _STRING.match(block, at)
        stop = at if inside is None else inside.end()
        if self._begun is None and len(self._name) < LONGEST_NAME:
            self._name += block[at:stop][:LONGEST_NAME]
        if stop == len(block):
            return stop
        if block[stop : stop + 1] == b"\\":  # the last byte of the block
            self._escaped = True
        else:
            self.in_string = False
        return stop + 1

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._longest:
            self._kept.clear()
        else:
            self._kept.append(piece)

    def _entry(self) -> Raw:
        assert self._begun is not None
        line, start = self._begun
        octets = b"".join(self._kept) if self._length <= self._longest else None
        self._kept, self._length, self._begun = [], 0, None
        return Raw(line, start, octets, held_in=self._held_in)
