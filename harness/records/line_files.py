"""Reads files of lines one line at a time, gzipped or not, so that memory does not grow with the file."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from itertools import count
from pathlib import Path
from typing import NamedTuple

from .content import BadContentError, open_file, unpacked

LONGEST = 64 * 1024 * 1024
"""The most bytes of a line that we read: more than the largest body that we record needs."""

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


class FileLine(NamedTuple):
    """One line of a file: its number, counted from 1, where it begins, and its bytes with the line end, unless the file stops in it."""

    number: int
    start: int
    raw: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the line has its end."""
        return self.raw.endswith(b"\n")


def lines_of(path: Path, longest: int = LONGEST) -> Iterator[FileLine]:
    """The lines of a file. Of one that is longer than ``longest`` bytes, only the beginning is given: ``longest`` bytes and one.

    Raises ``BadContentError`` if the file cannot be decompressed, and ``OSError``.
    """
    start = 0
    with open_file(path) as stored:
        file = gzip.GzipFile(fileobj=stored) if stored.peek(len(GZIP))[: len(GZIP)] == GZIP else stored
        try:
            for number in count(1):
                raw = file.readline(longest + 1)
                if not raw:
                    return
                begun = start
                start += len(raw)
                if len(raw) > longest and not raw.endswith(b"\n"):
                    start += _skipped(file)
                yield FileLine(number, begun, raw.removeprefix(BOM) if number == 1 else raw)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            unpacked(path)  # says more exactly what is wrong
            raise BadContentError(f"cannot be decompressed ({error}); compress it again, or decompress it yourself") from error


def is_packed(path: Path) -> bool:
    """Whether a file is gzipped; of a pipe, nothing is read to find out. Raises ``OSError`` and ``BadContentError``."""
    if not path.is_file():
        return False
    with open_file(path) as file:
        return file.read(len(GZIP)) == GZIP


def _skipped(file: BufferedReader | gzip.GzipFile) -> int:
    """Read to the end of a line, and say how many bytes that was."""
    skipped = 0
    while piece := file.readline(1024 * 1024):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped
