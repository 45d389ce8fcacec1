"""Different ways to serialize the same JSON. A server must treat them all alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from ..model import Data

_LONE = re.compile("[\ud800-\udfff]")


def compact(body: Data) -> str:
    """JSON without white space and without escapes, except for lone surrogates, which UTF-8 cannot encode."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return _LONE.sub(_as_escape, text)


def _as_escape(half: re.Match[str]) -> str:
    """A lone surrogate as a JSON escape."""
    return f"\\u{ord(half[0]):04x}"


def _escaped(body: Data) -> str:
    """Every character outside ASCII as an escape, and every solidus too."""
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/")


def _spaced(body: Data) -> str:
    """White space wherever JSON allows it."""
    text = json.dumps(body, ensure_ascii=False, indent=3, separators=(" ,", " :\t"))
    return f"\r\n\t {_LONE.sub(_as_escape, text)} \n"


def _reversed(value: Data) -> Data:
    """The same value with all members in reverse order, except where the order may matter, such as in a schema's properties."""
    if not isinstance(value, dict):
        return [_reversed(item) for item in value] if isinstance(value, list) else value
    kept = {"properties", "metadata", "logit_bias"}
    return {name: item if name in kept else _reversed(item) for name, item in reversed(value.items())}


WRITTEN: Mapping[str, Callable[[Data], str]] = {
    "escapes": _escaped,
    "white-space": _spaced,
    "member-order": lambda body: compact(_reversed(body)),
}
"""Ways to serialize the same JSON, by name."""
