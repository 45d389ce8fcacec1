"""What a project repeats in each run: ``wireproof.toml``, or ``[tool.wireproof]`` in ``pyproject.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .option import Option, SettingsError
from .table import OPTIONS

FILES = ("wireproof.toml", "pyproject.toml")


def read_settings(folder: Path) -> Mapping[str, Any]:
    """The settings for a run in a folder, by the names of options: of the nearest file at or above it that has any.

    Raises ``SettingsError``.
    """
    for place in (folder, *folder.parents):
        for name in FILES:
            if (path := place / name).is_file() and (found := _section(path)) is not None:
                return {key: _value(path, key, value) for key, value in found.items()}
    return {}


def _section(path: Path) -> dict[str, Any] | None:
    """The settings in a file; ``None`` where it has none."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.name == "pyproject.toml" and "tool.wireproof" not in text:
            return None  # it may be broken, and is none of our business
        import tomllib

        whole = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    if path.name == "pyproject.toml":
        section = whole.get("tool", {}).get("wireproof")
        return section if isinstance(section, dict) else None
    return whole


def _value(path: Path, key: str, value: Any) -> Any:
    """A setting's value as the command line would give it."""
    option = OPTIONS.get(key)
    if option is None or not option.in_settings:
        raise SettingsError(f"{_place(path, key)}: {_unknown(key)}")
    values = value if option.many and isinstance(value, list) else [value]
    if not all(_fits(option, one) for one in values):
        raise SettingsError(f"{_place(path, key)}: {key} needs {_needed(option)}, not {value!r}")
    if option.is_path or (option.name == "profile" and (path.parent / value).is_file()):
        return str(path.parent / value)
    if option.many or option.words > 1:
        return [option.kind(one) for one in (values if option.many else value)]
    return value if option.is_flag else option.kind(value)


def _fits(option: Option, value: Any) -> bool:
    """Whether a value is one that the option takes."""
    if option.is_flag:
        return isinstance(value, bool)
    if option.words > 1:
        return isinstance(value, list) and len(value) == option.words and all(_is_of(option, one) for one in value)
    return _is_of(option, value) and (not option.choices or value in option.choices)


def _is_of(option: Option, value: Any) -> bool:
    kinds = (int, float) if option.kind is float else (option.kind,)
    return isinstance(value, kinds) and not isinstance(value, bool)


def _needed(option: Option) -> str:
    """What an option takes, in words."""
    if option.is_flag:
        return "true or false"
    one = " or ".join(option.choices) or {str: "a text", int: "a whole number", float: "a number"}[option.kind]
    return f"{one}, or a list of them" if option.many else f"a list of {option.words} numbers" if option.words > 1 else one


def _unknown(key: str) -> str:
    if key in OPTIONS:
        return f"{key} is for the command line alone: --{key}"
    from difflib import get_close_matches

    known = [name for name, option in OPTIONS.items() if option.in_settings]
    close = get_close_matches(key.replace("_", "-"), known, n=1, cutoff=0.5)
    return f"there is no setting {key!r}; " + (f"did you mean {close[0]}?" if close else f"the settings are {', '.join(known)}")


def _place(path: Path, key: str) -> str:
    """File and line of a key. The parser of the standard library tells no lines."""
    start = re.compile(rf"\s*(\[\s*(tool\s*\.\s*wireproof\s*\.\s*)?)?[\"']?{re.escape(key)}[\"']?\s*[\].=]")
    in_section = path.name != "pyproject.toml"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.lstrip().startswith("[") and path.name == "pyproject.toml":
            in_section = re.match(r"\s*\[\s*tool\s*\.\s*wireproof\b", line) is not None
        if in_section and start.match(line):
            return f"{path}:{number}"
    return str(path)
