"""Reads YAML files, validates them against their schemas, and collects complaints with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..model import Place, When
from .documents import Document, YamlError
from .parsed_files import ParsedFiles
from .paths import SPEC, schemas_below


class CatalogError(Exception):
    """The data is malformed. The text has one line for each complaint: file:line, what is wrong, what to do."""

    def __init__(self, complaints: Iterable[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(self.complaints))


class UnknownNameError(CatalogError):
    """The user named something that does not exist. The text lists what does."""


class SpecReader:
    """Reads files below ``spec/`` and the user's own files, and collects complaints."""

    def __init__(self, spec: Path) -> None:
        self._spec = spec
        self._parsed = ParsedFiles(spec) if spec == SPEC else None  # no cache for copies of ``spec/``
        self._fresh: dict[str, Any] = {}
        self._schemas = schemas_below(spec)
        self._theirs: set[str] = set()
        self.complaints: list[str] = []

    def complain(self, place: Place, text: str) -> None:
        """Note a complaint."""
        self.complaints.append(f"{self.shown(place)}: {text}")

    def shown(self, place: Place) -> str:
        """A place as the user sees it: our own files are below ``spec/``."""
        return str(place) if place.file in self._theirs else f"spec/{place}"

    def finish(self) -> None:
        """Raise ``CatalogError`` if there are complaints."""
        if self.complaints:
            raise CatalogError(self.complaints)

    def keep(self) -> None:
        """Cache what was parsed for the next start."""
        if self._parsed is not None and self._fresh:
            self._parsed.keep({**self._parsed.documents, **self._fresh})

    def files(self, folder: str) -> list[str]:
        """The YAML files below a folder, relative to ``spec/``."""
        return sorted(path.relative_to(self._spec).as_posix() for path in (self._spec / folder).rglob("*.yaml"))

    def read_theirs(self, file: str, schema: str) -> Document | None:
        """One of the user's own files; ``None``, with a complaint, if it does not fit its schema."""
        self._theirs.add(file)
        return self._read(Path(file), file, schema, aliases=False)

    def read(self, file: str, schema: str) -> Document | None:
        """A file below ``spec/``; ``None``, with a complaint, if it does not fit its schema."""
        if self._parsed is not None and file in self._parsed.documents:
            return Document(*self._parsed.documents[file])
        document = self._read(self._spec / file, file, schema, aliases=True)
        if document is not None:
            self._fresh[file] = document.value, document.lines
        return document

    def _read(self, path: Path, file: str, schema: str, *, aliases: bool) -> Document | None:
        from .yaml_lines import read_yaml_file  # PyYAML is not needed if everything is cached

        try:
            document = read_yaml_file(path, aliases=aliases)
        except OSError as error:
            self.complain(Place(file, 1), "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror))
            return None
        except YamlError as unreadable:
            self.complain(Place(file, unreadable.line), str(unreadable))
            return None
        errors = self._schemas.errors(schema, document.value)
        for at, problem in errors:
            self.complain(Place(file, document.line(at)), problem.sentence)
        return None if errors else document

    def items(self, file: str, schema: str) -> Iterator[tuple[Place, dict[str, Any], dict[str, Any]]]:
        """The items of a file's list, which has the name of its schema: each with its place, and the file's top level."""
        document = self.read(file, schema)
        for index, item in enumerate(document.value[schema] if document else []):
            assert document is not None
            yield Place(file, document.line((schema, index))), item, document.value


def _either_of(wants: Any) -> tuple[Any, ...]:
    """One or several kinds of requests, as the data has them."""
    return (wants,) if isinstance(wants, str) else tuple(wants)


def when_of(given: Mapping[str, Any]) -> When:
    """Parse the ``when`` of a file."""
    return When(
        endpoint=tuple(given.get("endpoint", ())),
        method=tuple(given.get("method", ())),
        streamed=given.get("streamed"),
        status=tuple(given.get("status", ())),
        wants=_either_of(given.get("wants", [])),
        asks=given.get("asks", {}),
        event_stream=given.get("event-stream"),
        complete=given.get("complete", True),
        offered=given.get("offered", True),
    )
