"""The reference's OpenAPI document, if available: the places that requirements cite, and their sentences."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("WIREPROOF_OPENAPI", Path(__file__).resolve().parents[2] / "shared" / "facts"))
COMBINED = ("allOf", "anyOf", "oneOf")


def file() -> Path | None:
    """The document, if it is here."""
    return next(iter(sorted(FOLDER.glob("openai-openapi-*.json.gz"))), None) if FOLDER.is_dir() else FOLDER if FOLDER.is_file() else None


@cache
def document() -> dict[str, Any]:
    """The document."""
    found = file()
    assert found is not None
    read: dict[str, Any] = json.loads(gzip.decompress(found.read_bytes()))
    return read


def _variants(node: Any, seen: tuple[int, ...] = ()) -> Iterator[dict[str, Any]]:
    """A node, what it refers to, and what it is combined of."""
    if not isinstance(node, dict) or id(node) in seen:
        return
    yield node
    if "$ref" in node:
        target: Any = document()
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        yield from _variants(target, (*seen, id(node)))
    for name in COMBINED:
        for other in node.get(name, ()):
            yield from _variants(other, (*seen, id(node)))
    if "items" in node:
        yield from _variants(node["items"], (*seen, id(node)))


def at(place: str) -> list[dict[str, Any]]:
    """The nodes at a place such as ``components.schemas.Model.created`` or ``paths./models``; none where there is no such place."""
    nodes: list[dict[str, Any]] = [document()]
    for name in re.findall(r"/[^ ,]*|[^.]+", place):
        below = [variant for node in nodes for variant in _variants(node)]
        nodes = [found for node in below for holder in (node, node.get("properties", {})) if isinstance(found := holder.get(name), dict)]
    return nodes


def told(place: str) -> str:
    """All that is said at a place, without marks and line ends."""
    texts = [str(variant.get("description", "")) for node in at(place) for variant in _variants(node)]
    return plain(" ".join(texts))


def told_of(cited: str) -> str:
    """All that is said at the place that a requirement cites: a schema's member, or ``paths./files, get``, and a parameter of it."""
    first, *rest = [part.strip() for part in cited.split(",")]
    if not first.startswith("paths.") or not rest:
        return told(first)
    operation = document()["paths"].get(first.removeprefix("paths."), {}).get(rest[0], {})
    texts = [str(operation.get(name, "")) for name in ("summary", "description")]
    parameters = [parameter for given in operation.get("parameters", ()) for parameter in _variants(given)]
    texts += [str(p.get("description", "")) for p in parameters if len(rest) > 1 and p.get("name") == rest[1]]
    return plain(" ".join([*texts, told(first)]))


def plain(text: str) -> str:
    """A text without the marks of Markdown, in single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"[`*\"{}]|\[([^]]*)\]\([^)]*\)", r"\1", text)).strip()
