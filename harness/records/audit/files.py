"""Finds and opens the files of an audit, here or in object storage, and reads their lines without ever holding a long one."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import glob, has_magic
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ...wire import clean_url
from ..content import open_file
from ..recorded import UnreadableError

ByteFile: TypeAlias = io.BufferedReader | gzip.GzipFile

LONGEST = 16 * 1024 * 1024
"""The most bytes of an entry that we read. One that is longer is passed over, piece by piece."""

BLOCK = 1024 * 1024
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
WINDOW = 128 * BLOCK
"""The most memory that a Zstandard file may ask for, as the program's own default."""

BOM = b"\xef\xbb\xbf"

NEEDED = "needs {}; install it with: pip install 'wireproof[{}]'"


class FoundFile(NamedTuple):
    """A file to be judged: its name, its size in bytes, and what changes when its content does."""

    name: str
    size: int
    stamp: str


class Raw(NamedTuple):
    """One entry of a file as it stands there: its line, counted from 1, where it begins, and its bytes, or ``None`` for one too long.

    ``value`` is there if the entry could only be read together with its file. ``held_in`` is the name of the document's list.
    """

    line: int
    start: int
    octets: bytes | None = None
    value: Any = None
    held_in: str = ""


class BrokenFileError(Exception):
    """A file cannot be read on; the text says why."""


def found(patterns: Iterable[str]) -> list[FoundFile]:
    """The files that names, globs and folders stand for, each once, by name. Raises ``UnreadableError``."""
    files: dict[str, FoundFile] = {}
    for pattern in patterns:
        try:
            matching = list(_remote(pattern) if "://" in pattern else _local(pattern))
        except OSError as error:
            raise UnreadableError(f"{shown(pattern)}: cannot be read ({error.strerror or error}).") from error
        if not matching:
            raise UnreadableError(f"{shown(pattern)}: there is no such file.")
        files.update((file.name, file) for file in matching)
    return sorted(files.values())


def _local(pattern: str) -> Iterator[FoundFile]:
    """The files on this machine."""
    names = glob(pattern, recursive=True) if has_magic(pattern) and not Path(pattern).exists() else [pattern]  # noqa: PTH207 - Path takes no pattern from the root
    for name in map(Path, names):
        inside = (path for path in name.rglob("*") if path.is_file()) if name.is_dir() else [name]
        for path in inside:
            told = path.stat()
            yield FoundFile(str(path), told.st_size, str(told.st_mtime_ns))


def _remote(pattern: str) -> Iterator[FoundFile]:
    """The files of any other place that fsspec knows."""
    system, path = _place(pattern)
    try:
        is_glob = "*" in path or (has_magic(path) and not pattern.startswith("http"))  # where ? begins a query
        known = system.glob(path, detail=True) if is_glob else system.find(path, detail=True)
        known = {name: told if "type" in told else system.info(name) for name, told in known.items()}  # a web server lists no files
    except Exception as error:  # each kind of store raises errors of its own library
        raise UnreadableError(f"{shown(pattern)}: cannot be read ({_told(error)}).") from error
    for name, told in known.items():
        if told.get("type") == "file":
            stamp = next((str(told[key]) for key in ("ETag", "etag", "LastModified", "mtime", "created") if told.get(key)), "")
            yield FoundFile(system.unstrip_protocol(name), told.get("size") or 0, stamp)


def _place(name: str) -> tuple[Any, str]:
    """The store that an address names, and the path there."""
    try:
        system, path = library("fsspec", "audit").core.url_to_fs(name)
    except (ImportError, ValueError) as error:  # the library of this store is missing, or nobody knows the store
        raise UnreadableError(f"{shown(name)}: cannot be reached ({_told(error)}).") from error
    return system, path


def _told(error: Exception) -> str:
    """What an error says, on one line, without the credentials of an address in it."""
    text = " ".join(str(getattr(error, "strerror", None) or error or type(error).__name__).split())
    return _URL.sub(lambda found: clean_url(found[0]), text)[:300]


def shown(name: str) -> str:
    """A file's name as it may be told: an address may carry a password, or a signature in its query."""
    return clean_url(name) if "://" in name else name


_URL = re.compile(r"\b[a-z0-9+]{1,32}://[^\s'\"<>]+", re.IGNORECASE)


def library(name: str, extra: str) -> Any:
    """A library that an extra brings. Raises ``UnreadableError`` with what to install."""
    try:
        return import_module(name)
    except ImportError as error:
        raise UnreadableError(f"this {NEEDED.format(name, extra)}.") from error


@contextmanager
def opened(name: str) -> Iterator[ByteFile]:
    """A file's bytes, decompressed if they are gzip or Zstandard. Raises ``OSError`` and ``UnreadableError``."""
    with _as_it_is(name) as file:
        begins = file.peek(len(ZSTD))
        if begins.startswith(GZIP):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        elif begins.startswith(ZSTD):
            reading = library("zstandard", "audit").ZstdDecompressor(max_window_size=WINDOW)
            with io.BufferedReader(reading.stream_reader(file, read_across_frames=True), BLOCK) as unpacked:
                yield unpacked
        else:
            yield file


def packed(name: str) -> bool:
    """Whether a file is compressed, so that it cannot be read from its middle."""
    with _as_it_is(name) as file:
        return file.peek(len(ZSTD)).startswith((GZIP, ZSTD))


def _as_it_is(name: str) -> io.BufferedReader:
    if "://" in name:
        system, path = _place(name)
        try:
            return io.BufferedReader(system.open(path, "rb", block_size=8 * BLOCK), BLOCK)
        except Exception as error:  # as above
            raise UnreadableError(f"{shown(name)}: cannot be read ({_told(error)}).") from error
    return open_file(Path(name))


def lines(file: ByteFile, start: int = 0, stop: int | None = None, longest: int = LONGEST) -> Iterator[Raw]:
    """The lines that begin between two positions of a file. Raises ``BrokenFileError``. Memory does not grow with a line's length."""
    with whole():
        at = start
        if start:
            file.seek(start - 1)  # a line begins here if the byte before ends one
            at += _rest_of_line(file, None if stop is None else stop - start) - 1
        number = 0
        while stop is None or at < stop:
            octets: bytes | None = file.readline(longest + 1)
            if not octets:
                return
            number += 1
            length = len(octets)
            if length > longest and not octets.endswith(b"\n"):
                octets = None
                length += _rest_of_line(file, None if stop is None else stop - at - length)
            elif at == 0:
                octets = octets.removeprefix(BOM)
            yield Raw(number, at, octets)
            at += length


def _rest_of_line(file: ByteFile, enough: int | None) -> int:
    """Read to the end of a line, or on until it is clear that no line begins before ``enough`` bytes; say how many bytes that was."""
    length = 0
    while (enough is None or length <= enough) and (piece := file.readline(BLOCK)):
        length += len(piece)
        if piece.endswith(b"\n"):
            break
    return length


@contextmanager
def whole() -> Iterator[None]:
    """Say that a file is broken. Any other error, such as one of the network, is no news of the file and passes."""
    try:
        yield
    except EOFError as error:
        raise BrokenFileError("the file is cut off") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise BrokenFileError("the file cannot be decompressed") from error
    except Exception as error:
        if type(error).__name__ == "ZstdError":  # its library may not be there
            raise BrokenFileError("the file cannot be decompressed") from error
        raise
