"""Detects a recording's format by its content and reads it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from ..catalog import YamlError, read_yaml
from ..wire import without_secrets
from . import har, lines, vcr
from .content import BadContentError, unpacked
from .line_files import lines_of
from .recorded import NO_TEXT, UNKNOWN, OpenedFile, Recorded, Recording, UnreadableError
from .run_record import RecordError, read_record
from .shapes import line_of, misshapen

KINDS = frozenset({"header", "result", "footer"})
"""The kinds of lines in a run record."""

LARGEST_CASSETTE = 32 * 1024 * 1024
"""The most bytes of a YAML cassette. JSON, which is read a hundred times faster, has no such limit."""

_CASSETTE = re.compile(rf"^({'|'.join(vcr.LISTS)}):", re.MULTILINE)


def read(path: Path) -> Recording:
    """Read a whole recording. Raises ``UnreadableError``."""
    source = opened(path)
    exchanges = list(source.exchanges)
    return Recording(path, exchanges, dict(source.left_out), source.run)


def opened(path: Path) -> OpenedFile:
    """Begin to read a recording: lines one by one, any other format at once. Raises ``UnreadableError``, also while it is read."""
    begins = _first_line(path)
    first = _object(begins)
    if first is not None and first.get("kind") in KINDS:
        return _run(path)
    if first is not None and _form(first) is None and {"method", "path", "status"} & first.keys():
        return _sorted(path, _lines(path))
    text = _text(path)
    if not text.strip():
        raise UnreadableError(f"{path}: is empty; was anything recorded?")
    stripped = text.lstrip()
    document = first if "\n" not in stripped.rstrip() else None
    if first is None:
        document = (_object(text) or _broken_json(path, text)) if stripped[0] == "{" else _yaml(path, text)
    if document is not None and (form := _form(document)) is not None:
        return _whole(path, text, form, document)
    raise UnreadableError(f"{path}: {UNKNOWN}.")


def _lines(path: Path) -> Iterator[Recorded]:
    """The exchanges of a file of lines."""
    with _explained(path):
        yield from lines.read(path)


def _first_line(path: Path) -> str:
    """The first line of a file that is not blank; empty if it has none."""
    with _explained(path):
        return next((line.raw.decode(errors="replace").strip() for line in lines_of(path) if line.raw.strip()), "")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say why a file cannot be read."""
    try:
        yield
    except BadContentError as error:
        raise UnreadableError(f"{path}: {error}.") from error
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror}).") from error


def _text(path: Path) -> str:
    """A file's text, decompressed if it is gzipped."""
    with _explained(path):
        raw = unpacked(path)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: {NO_TEXT.format(error.start)}.") from error


def _object(text: str) -> dict[str, Any] | None:
    """A JSON text as an object, or ``None``."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _broken_json(path: Path, text: str) -> NoReturn:
    """Explain why a text that begins like JSON cannot be parsed."""
    try:
        json.loads(text)
    except RecursionError as error:
        raise UnreadableError(f"{path}:1: is nested too deeply to read.") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        what = "the JSON is cut off" if cut else f"not JSON ({error.msg})"
        raise UnreadableError(f"{path}:{error.lineno}: {what}; save the file again.") from error
    raise UnreadableError(f"{path}: {UNKNOWN}.")


def _yaml(path: Path, text: str) -> dict[str, Any] | None:
    """Parse a YAML cassette; ``None`` if the text does not look like one."""
    if not _CASSETTE.search(text):
        return None
    try:
        value = read_yaml(text, largest=LARGEST_CASSETTE, aliases=True).value  # recorders write aliases
    except YamlError as error:
        raise UnreadableError(f"{path}:{error.line}: not YAML ({error}); was the cassette cut off?") from error
    return value if isinstance(value, dict) else None


def _form(document: dict[str, Any]) -> ModuleType | None:
    """The format of a file that is a single document."""
    log = document.get("log")
    if isinstance(log, dict) and isinstance(log.get("entries"), list):
        return har
    return vcr if any(isinstance(document.get(name), list) for name in vcr.LISTS) else None


def _whole(path: Path, text: str, form: ModuleType, document: dict[str, Any]) -> OpenedFile:
    """Read a single document. Entries without a body or a reply are left out and counted."""
    at, listed = form.entries(document)
    found: list[Recorded] = []
    left_out: Counter[str] = Counter()
    for number, entry in enumerate(listed):
        if (wrong := misshapen(form.SCHEMA, entry)) is not None:
            line = line_of(text, (*at, number, *wrong[0]))
            raise UnreadableError(f"{path}:{line}: entry {number + 1}: {wrong[1]}; was the file changed by hand?")
        try:
            found.append(form.exchange_of(entry, f"{path.name}, entry {number + 1}"))
        except BadContentError as error:
            left_out[str(error)] += 1
    return _sorted(path, found, left_out)


def _sorted(path: Path, found: Iterable[Recorded], left_out: Counter[str] | None = None) -> OpenedFile:
    """Keep exchanges with endpoints that we judge, and count the others."""
    reasons = Counter() if left_out is None else left_out
    return OpenedFile(path, _kept(found, reasons), reasons)


def _kept(found: Iterable[Recorded], reasons: Counter[str]) -> Iterator[Recorded]:
    """The exchanges that can be judged."""
    for recorded in found:
        request, exchange = recorded.exchange.request, recorded.exchange
        if exchange.status is None and exchange.trouble is None:
            reasons["no reply was recorded"] += 1
        elif request.endpoint == "other":
            reasons[f"{request.method} {request.path.partition('?')[0]} is not a judged endpoint"] += 1
        else:
            yield recorded


def _run(path: Path) -> OpenedFile:
    """Read one of our own run records."""
    try:
        record = read_record(path)
    except RecordError as error:
        raise UnreadableError(f"{error}; is it a whole run.jsonl?") from error
    results = [replace(result, exchanges=tuple(map(without_secrets, result.exchanges))) for result in record.results]
    return OpenedFile(path, run=replace(record, results=results))
