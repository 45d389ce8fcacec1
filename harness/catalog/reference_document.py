"""The reference's OpenAPI document in outline: a line for each thing that it says of the parts which our requirements rest on.

Two documents are compared by their outlines. The outline of the one that ``spec/`` was written from is ``spec/reference-outline.json``.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ..model import Requirement
from .documents import YamlError
from .paths import SPEC
from .yaml_lines import read_yaml

OUTLINE = SPEC / "reference-outline.json"

Outline: TypeAlias = Mapping[str, str]
"""What the document says, by the place of it: a member of a component, a component, or an operation."""

METHODS = ("get", "post", "put", "patch", "delete")
LIMITS = ("format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default")
LEFT_OUT = ("/organization", "/projects", "/realtime", "/assistants", "/threads", "/chatkit", "/fine_tuning", "/evals", "/videos")
"""Operations that nobody else offers: administration, sessions, training, and what is being withdrawn."""

MIXES = {"allOf": "all of", "anyOf": "any of", "oneOf": "one of"}

LARGEST = 32 * 1024 * 1024
"""The largest document, in bytes, that is read."""

_CITED = re.compile(r"components\.schemas\.(\w+)")
_REFERENCE = "#/components/schemas/"


def read_document(path: Path) -> dict[str, Any]:
    """An OpenAPI document in JSON or YAML, perhaps compressed with gzip. Raises ``OSError`` or ``YamlError``."""
    with path.open("rb") as file:  # a device never ends, so limit the read
        raw = file.read(LARGEST + 1)
    try:
        if raw.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                raw = packed.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST // 1024 // 1024} MB")
        text = raw.decode()
        document = json.loads(text) if text.lstrip().startswith(("{", "[")) else read_yaml(text, largest=LARGEST, aliases=True).value
    except YamlError as error:
        raise YamlError(error.line, f"this is no JSON and no YAML: {error}") from None
    except (ValueError, EOFError, zlib.error, RecursionError) as error:
        raise YamlError(1, f"this is no JSON and no YAML: {' '.join(str(error).split())[:160]}") from None
    if not (isinstance(document, dict) and isinstance(document.get("paths"), dict) and isinstance(document.get("components"), dict)):
        raise YamlError(1, "this is no OpenAPI document: it has no paths and no components")
    return document


def cited(requirements: Iterable[Requirement]) -> dict[str, list[str]]:
    """The components that requirements name as their source, with the ids of these requirements."""
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        for name in dict.fromkeys(_CITED.findall(requirement.at)):
            found.setdefault(name, []).append(requirement.id)
    return found


def roots_of(document: Mapping[str, Any], requirements: Iterable[Requirement]) -> set[str]:
    """Where an outline begins: the components that requirements cite, and those of all operations but the administration's."""
    used = (name for path, operations in document["paths"].items() if not path.startswith(LEFT_OUT) for name in _references(operations))
    return {*cited(requirements), *used}


def outline(document: Mapping[str, Any], roots: Iterable[str]) -> dict[str, str]:
    """The outline: version, operations, and the components that are among the roots or are needed by them."""
    components = document["components"].get("schemas", {})
    lines = {"version": str(document.get("info", {}).get("version"))}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                lines[f"{method.upper()} {path}"] = _operation(operations[method])
    for name in sorted(needed(components, roots)):
        lines |= _component(name, components[name])
    return lines


def needed(components: Mapping[str, Any], roots: Iterable[str]) -> dict[str, list[str]]:
    """The components that these need, themselves included, each with the roots that need it."""
    found: dict[str, list[str]] = {}
    for root in sorted(roots):
        waiting, seen = [root], set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in components:
                continue
            seen.add(name)
            found.setdefault(name, []).append(root)
            waiting += _references(components[name])
    return found


def _references(value: Any) -> Iterator[str]:
    """The components that a schema refers to, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(reference := one.get("$ref"), str):
                yield reference.removeprefix(_REFERENCE)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _operation(operation: Mapping[str, Any]) -> str:
    """Parameters, bodies and replies of an operation."""
    parts = [f"{p.get('in')} {p.get('name')}{'' if p.get('required') else '?'}" for p in operation.get("parameters", []) if "name" in p]
    parts += [f"takes {text}" for text in _content(operation.get("requestBody", {}))]
    for status, reply in operation.get("responses", {}).items():
        parts += [f"{status} {text}" for text in _content(reply)] or [str(status)]
    return "; ".join(parts)


def _content(holder: Mapping[str, Any]) -> list[str]:
    return [f"{media} {_said(given.get('schema', {}))}" for media, given in holder.get("content", {}).items()]


def _component(name: str, schema: Any) -> dict[str, str]:
    """A component and its members, at any depth."""
    lines = {name: _said(schema)}
    for at, inner in _members(schema, name):
        lines[at] = f"{lines[at]} | {inner}" if at in lines and inner not in lines[at] else inner
    return lines


def _members(schema: Any, at: str) -> Iterator[tuple[str, str]]:
    """The members of a schema with their places. Alternatives share them, since few of them have a name."""
    if not isinstance(schema, dict):
        return
    required = schema.get("required", [])
    for member, inner in schema.get("properties", {}).items():
        yield f"{at}.{member}", _said(inner) + (", required" if member in required else "")
        yield from _members(inner, f"{at}.{member}")
    yield from _members(schema.get("items"), f"{at}[]")
    yield from _members(schema.get("additionalProperties"), f"{at}{{}}")
    for mix in MIXES:
        for inner in schema.get(mix, []):
            yield from _members(inner, at)


def _said(schema: Any) -> str:
    """What a schema says, on one line. Its members have lines of their own, and its prose is left out."""
    if not isinstance(schema, dict):
        return "anything"
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    kind = schema.get("type")
    parts = [" or ".join(map(str, kind)) if isinstance(kind, list) else str(kind or "")]
    if "items" in schema:
        parts[0] += f" of {_said(schema['items'])}"
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if values:
        parts.append(" / ".join(sorted(json.dumps(value) for value in values)))
    parts += [f"{mix} ({', '.join(sorted(set(map(_said, schema[name]))))})" for name, mix in MIXES.items() if name in schema]
    parts += [f"{name} {json.dumps(schema[name])}" for name in LIMITS if name in schema]
    parts += [name for name in ("nullable", "deprecated") if schema.get(name)]
    if schema.get("additionalProperties") is False:
        parts.append("closed")
    return ", ".join(part for part in parts if part) or "anything"


def written(lines: Outline) -> str:
    """An outline as text."""
    return json.dumps(lines, indent=0, ensure_ascii=False) + "\n"


def read_outline(path: Path = OUTLINE) -> dict[str, str]:
    """An outline that was written."""
    lines: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return lines
