"""Ways to write the same JSON: what a client may do, and a server must not notice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from ..model import Data

_LONE = re.compile("[\ud800-\udfff]")


def compact(body: Data) -> str:
    """Without white space, characters as they are; half a surrogate pair, which UTF-8 cannot hold, as an escape."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return _LONE.sub(_as_escape, text)


def _as_escape(half: re.Match[str]) -> str:
    """Half a surrogate pair as JSON writes it."""
    return f"\\u{ord(half[0]):04x}"


def _escaped(body: Data) -> str:
    """Every character but the plainest as an escape, solidus and all."""
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/")


def _spaced(body: Data) -> str:
    """White space wherever JSON allows it."""
    text = json.dumps(body, ensure_ascii=False, indent=3, separators=(" ,", " :\t"))
    return f"\r\n\t {_LONE.sub(_as_escape, text)} \n"


def _reversed(value: Data) -> Data:
    """An object whose members, and theirs, stand in the other order; what a schema declares keeps its order, which may mean something."""
    if not isinstance(value, dict):
        return [_reversed(item) for item in value] if isinstance(value, list) else value
    kept = {"properties", "metadata", "logit_bias"}
    return {name: item if name in kept else _reversed(item) for name, item in reversed(value.items())}


WRITTEN: Mapping[str, Callable[[Data], str]] = {
    "escapes": _escaped,
    "white-space": _spaced,
    "member-order": lambda body: compact(_reversed(body)),
}
"""The same JSON, written differently."""
