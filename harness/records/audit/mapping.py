"""A log form of one's own: where in an entry the parts of an exchange stand, told in a small YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ...catalog import YamlError, read_yaml_file
from ...checks import parse_json
from ...model import Data
from ..recorded import UnreadableError
from ..shapes import misshapen
from .refusals import BadEntryError, LeftOutError

BODIES = {"request": ("request", "request_text"), "reply": ("json", "text")}
"""For each body the members of a line that hold it: as JSON, and as text."""


@dataclass(frozen=True, slots=True)
class LogMapping:
    """For each part of an exchange a pointer into the entry, or a text that is the same for all."""

    parts: Mapping[str, str]
    only: Mapping[str, Data] = field(default_factory=dict)

    def line(self, entry: Mapping[str, Any]) -> dict[str, Data]:
        """The entry as a line of ours. Raises ``LeftOutError`` if it is none of those meant."""
        if any(_at(entry, pointer) != wanted for pointer, wanted in self.only.items()):
            raise LeftOutError("the mapping does not mean it")
        found = {name: _at(entry, where) if where.startswith("/") else where for name, where in self.parts.items()}
        return line_of_parts({name: value for name, value in found.items() if value is not None})


def line_of_parts(parts: Mapping[str, Data]) -> dict[str, Data]:
    """The parts of an exchange as a line of ours: an address, bodies as text or JSON, times in any usual form."""
    line = {name: value for name, value in parts.items() if name not in (*BODIES, "url", "milliseconds", "started_at")}
    if isinstance(url := parts.get("url"), str):
        scheme, slashes, rest = url.partition("://")
        host, _, path = rest.partition("/")
        if not slashes or not host:
            raise BadEntryError("its url is not an address")
        line |= {"host": host.rpartition("@")[2], "path": f"/{path}"}
        if scheme not in ("http", "https"):
            raise BadEntryError("its url is not an address")
    line.setdefault("method", "POST")
    if isinstance(line.get("status"), str) and line["status"].isdecimal():
        line["status"] = int(line["status"])
    for name, (as_json, as_text) in BODIES.items():
        if name in parts:
            line[as_text if isinstance(parts[name], str) else as_json] = parts[name]
    if (started := unix_time(parts.get("started_at"))) is not None:
        line["started_at"] = started
    if isinstance(parts.get("milliseconds"), (int, float)):
        line["seconds"] = max(parts["milliseconds"], 0) / 1000
    return line


def unix_time(value: Data) -> float | None:
    """A time as Unix time in seconds: given in seconds, milliseconds, microseconds, nanoseconds, or by ISO 8601."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, (int, float)):
        while value > 1e11:  # the year 5138 in seconds, 1973 in milliseconds
            value /= 1000
        return float(value)
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def read_mapping(path: Path) -> LogMapping:
    """Read the YAML file of a form. Raises ``UnreadableError``."""
    try:
        document = read_yaml_file(path)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror}).") from error
    except YamlError as error:
        raise UnreadableError(f"{path}:{error.line}: not YAML ({error}).") from error
    if (wrong := misshapen("log-mapping", document.value)) is not None:
        raise UnreadableError(f"{path}:{document.line(wrong[0])}: {wrong[1]}; spec/schemas/files/log-mapping.json describes it.")
    told = dict(document.value)
    return LogMapping({name: str(where) for name, where in told.items() if name != "only"}, told.get("only", {}))


def _at(entry: Any, pointer: str) -> Data:
    """What stands at a pointer; ``None`` for nothing. A text on the way that is JSON is looked into."""
    for part in pointer.split("/")[1:]:
        if isinstance(entry, str):
            entry = parse_json(entry).value
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(entry, dict):
            entry = entry.get(name)
        elif isinstance(entry, list) and name.isdecimal() and int(name) < len(entry):
            entry = entry[int(name)]
        else:
            return None
    return entry
