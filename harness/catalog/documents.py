"""A YAML document with the line of every value, and the error for one that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

Lines: TypeAlias = Any
"""The line of a scalar; for a collection, its line and those of its items: ``[line, {key: Lines}]`` or ``[line, [Lines]]``."""


class YamlError(Exception):
    """A YAML text that cannot be read; ``line`` counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document and the line of each of its values."""

    value: Any
    lines: Lines

    def line(self, path: Path) -> int:
        """The line of a value, or of its nearest parent."""
        at = self.lines
        for part in path:
            try:
                at = at[1][part]
            except (TypeError, LookupError):
                break
        return int(at[0] if isinstance(at, list) else at)
