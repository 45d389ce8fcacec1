"""Validates a file's content against the schema of its format."""

from __future__ import annotations

from typing import Any

from ..catalog import YamlError, own_schemas, read_yaml


def misshapen(schema: str, value: Any) -> tuple[tuple[str | int, ...], str] | None:
    """The path of the first violation of a schema, and what is wrong there; ``None`` if the value is valid."""
    errors = own_schemas().errors(schema, _plain(value))
    if not errors:
        return None
    path, problem = errors[0]
    return path, problem.sentence.replace("\n", "\\n")


def _plain(value: Any) -> Any:
    """A value with YAML's binary scalars turned into text."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line of a value in a JSON or YAML text, counted from 1; 1 if unknown."""
    try:
        return read_yaml(text, aliases=True).line(path)
    except YamlError:
        return 1
