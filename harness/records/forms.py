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
from .audit import documents, files
from .audit.files import Raw
from .content import BadContentError, unpacked
from .line_files import LONGEST, lines_of
from .recorded import NO_TEXT, UNKNOWN, OpenedFile, Recorded, Recording, UnreadableError
from .run_record import RecordError, read_record
from .shapes import line_of, misshapen

KINDS = frozenset({"header", "result", "footer"})
"""The kinds of lines in a run record."""

LARGEST_CASSETTE = 32 * 1024 * 1024
"""The most bytes of a YAML cassette. JSON, which is read a hundred times faster, has no such limit."""

REASONS = 200
"""How many reasons to leave an exchange out are told apart: a path may hold an id, so that there is no end of them."""

OTHER_PATHS = "other paths are not judged endpoints"

_CASSETTE = re.compile(rf"^({'|'.join(vcr.LISTS)}):", re.MULTILINE)


def read(path: Path) -> Recording:
    """Read a whole recording. Raises ``UnreadableError``."""
    source = opened(path)
    exchanges = list(source.exchanges)
    return Recording(path, exchanges, dict(source.left_out), source.run)


def opened(path: Path) -> OpenedFile:
    """Begin to read a recording: lines and entries one by one, YAML and runs at once. Raises ``UnreadableError``, also while it is read."""
    if _is_document(path):
        left_out: Counter[str] = Counter()
        return _sorted(path, _entries(path, left_out), left_out)
    return _by_first_line(path)


def _is_document(path: Path) -> bool:
    """Whether a file is a HAR file or a cassette in JSON, by how it begins."""
    with _explained(path), files.opened(str(path)) as file:
        try:
            with files.whole():
                head = file.peek(files.BLOCK).removeprefix(files.BOM)
        except files.BrokenFileError:
            return False  # the reader of lines says more exactly what is wrong
    return head.lstrip().startswith(b"{") and documents.is_document(head)


def _entries(path: Path, left_out: Counter[str]) -> Iterator[Recorded]:
    """The exchanges of a document, entry by entry. Entries without a body or a reply are left out and counted."""
    number = 0
    with _explained(path), files.opened(str(path)) as file:
        try:
            for number, raw in enumerate(documents.entries(file, LONGEST), 1):
                try:
                    yield _of_entry(path, raw, number)
                except BadContentError as error:
                    left_out[str(error)] += 1
        except files.BrokenFileError:
            _document(path)  # says more exactly what is wrong
            raise
    if not number:
        _document(path)


def _of_entry(path: Path, raw: Raw, number: int) -> Recorded:
    """The exchange of one entry."""
    if raw.octets is None:
        raise UnreadableError(f"{path}:{raw.line}: entry {number} is longer than {LONGEST:,} bytes; remove it.")
    try:
        text = raw.octets.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: {NO_TEXT.format(raw.start + error.start)}.") from error
    entry = _object(text)
    if entry is None:
        _broken_json(path, text, raw.line)
    form = har if raw.held_in == "entries" else vcr
    if (wrong := misshapen(form.SCHEMA, entry)) is not None:
        line = raw.line + line_of(text, wrong[0]) - 1
        raise UnreadableError(f"{path}:{line}: entry {number}: {wrong[1]}; was the file changed by hand?")
    recorded: Recorded = form.exchange_of(entry, f"{path.name}, entry {number}")
    return recorded


def _by_first_line(path: Path) -> OpenedFile:
    """Read a file of lines, a run, or a document that does not begin like one."""
    begins = _first_line(path)
    first = _object(begins)
    if first is not None and first.get("kind") in KINDS:
        return _run(path)
    if first is not None and _form(first) is None and {"method", "path", "status"} & first.keys():
        return _sorted(path, _lines(path))
    text, document, form = _document(path)
    return _whole(path, text, form, document)


def _document(path: Path) -> tuple[str, dict[str, Any], ModuleType]:
    """A whole document, and its form."""
    text = _text(path)
    if not text.strip():
        raise UnreadableError(f"{path}: is empty; was anything recorded?")
    document = (_object(text) or _broken_json(path, text)) if text.lstrip()[0] == "{" else _yaml(path, text)
    if document is not None and (form := _form(document)) is not None:
        return text, document, form
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
    except files.BrokenFileError as error:
        raise UnreadableError(f"{path}: {error}; save the file again.") from error
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


def _broken_json(path: Path, text: str, line: int = 1) -> NoReturn:
    """Explain why a text that begins like JSON, on this line, cannot be parsed."""
    try:
        json.loads(text)
    except RecursionError as error:
        raise UnreadableError(f"{path}:{line}: is nested too deeply to read.") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        what = "the JSON is cut off" if cut else f"not JSON ({error.msg})"
        raise UnreadableError(f"{path}:{line + error.lineno - 1}: {what}; save the file again.") from error
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
            reason = f"{request.method} {request.path.partition('?')[0]} is not a judged endpoint"
            reasons[reason if reason in reasons or len(reasons) < REASONS else OTHER_PATHS] += 1
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
