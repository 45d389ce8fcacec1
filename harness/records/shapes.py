"""Whether what a file holds has the shape of its form, and where it has not."""

from __future__ import annotations

from typing import Any

from ..catalog import YamlError, own_schemas, read_yaml


def misshapen(schema: str, value: Any) -> tuple[tuple[str | int, ...], str] | None:
    """The first place at which a value does not fit a schema, and what is wrong there; ``None`` when it fits."""
    errors = own_schemas().errors(schema, _plain(value))
    if not errors:
        return None
    path, problem = errors[0]
    text = f"{problem.where or '/'}: expected {problem.expected}, got {problem.got}"
    return path, text.replace("\n", "\\n")


def _plain(value: Any) -> Any:
    """A value with text in place of the bytes that YAML can hold."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line of a value in a JSON or YAML text, counted from 1; 1 where it cannot be told."""
    try:
        return read_yaml(text, aliases=True).line(path)
    except YamlError:
        return 1
