"""Bodies and chunks validated against the protocol's JSON Schemas.

``jsonschema-rs``, a hundred times faster, first says whether a value is valid; ``jsonschema`` then explains the errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema_rs

from ..model import Json, Problem
from . import pointer
from .registry import check
from .reply import Reply, few, show

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError


EXPLAINED = 1_000
"""The most invalid objects explained in one reply, and the most errors in one object: explaining is slow, and nobody reads more."""

Misfit: TypeAlias = tuple[str, Sequence[tuple[pointer.Path, Problem]]]
"""The location of an object that does not fit a schema, and each error with its path."""

LARGE = 16 * 1024
"""Errors of JSON texts of at least this many characters are not cached."""


class Schemas:
    """The schemas by name. A ``$ref`` is the file name of another one."""

    def __init__(self, documents: Mapping[str, dict[str, Any]]) -> None:
        self.documents = documents
        self._errors = lru_cache(maxsize=4096)(self._find_errors)
        self._tolerant: Schemas | None = None
        self._fast: dict[str, jsonschema_rs.Validator] = {}
        self._telling: dict[str, Draft202012Validator] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.documents

    def bundled(self, name: str) -> dict[str, Any]:
        """One self-contained schema, with all others as its definitions."""
        return {**self._rewired[name], "$defs": self._rewired}

    @cached_property
    def _rewired(self) -> dict[str, dict[str, Any]]:
        """Each document with its references rewritten for a bundle."""
        return {name: _rewire(document) for name, document in self.documents.items()}

    def is_valid(self, name: str, value: Json) -> bool:
        """Whether a value fits a schema."""
        if name not in self._fast:
            self._fast[name] = jsonschema_rs.Draft202012Validator(self.bundled(name))
        try:
            return self._fast[name].is_valid(value)
        except UnicodeEncodeError:  # lone surrogates, which Rust's strings cannot hold
            return bool(self._exact(name).is_valid(value))

    def errors(self, name: str, value: Json) -> tuple[tuple[pointer.Path, Problem], ...]:
        """The schema errors of a value: each path with the problem there."""
        if self.is_valid(name, value):
            return ()
        text = json.dumps(value)
        return self._errors(name, text) if len(text) < LARGE else self._find_errors(name, text)

    def tolerant(self) -> Schemas:
        """The same schemas, with unknown members allowed in every object."""
        if self._tolerant is None:
            self._tolerant = Schemas({name: _opened(document) for name, document in self.documents.items()})
        return self._tolerant

    def _exact(self, name: str) -> Draft202012Validator:
        """The slow validator, which explains errors."""
        from jsonschema import Draft202012Validator  # slow to import, and only invalid values need it

        if name not in self._telling:
            self._telling[name] = Draft202012Validator(self.bundled(name))
        return self._telling[name]

    def _find_errors(self, name: str, text: str) -> tuple[tuple[pointer.Path, Problem], ...]:
        found: list[tuple[pointer.Path, Problem]] = []
        for error in islice(self._exact(name).iter_errors(json.loads(text)), EXPLAINED):
            found += _explain(error)
        return tuple(dict.fromkeys(found))


def _rewire(node: Json) -> Any:
    """Rewrite file references as references to the bundle's definitions."""
    if isinstance(node, dict):
        return {key: _rewired(value) if key == "$ref" and isinstance(value, str) else _rewire(value) for key, value in node.items()}
    return [_rewire(item) for item in node] if isinstance(node, list) else node


def is_schema(value: Json) -> bool:
    """Whether a value is a JSON Schema."""
    if not isinstance(value, dict | bool):
        return False
    try:
        return bool(jsonschema_rs.meta.is_valid(value))
    except UnicodeEncodeError:  # a lone surrogate
        return False


def schema_errors(schema: Json, value: Json) -> list[ValidationError]:
    """The errors of a value under a schema from the request."""
    if not isinstance(schema, dict | bool) or _is_surely_valid(schema, value):
        return []
    from jsonschema import Draft202012Validator

    return list(Draft202012Validator(schema).iter_errors(value))


def _is_surely_valid(schema: dict[str, Any] | bool, value: Json) -> bool:
    """Whether the fast library can read the schema and finds nothing wrong. Mostly so, and then the other one need not be loaded."""
    try:
        return jsonschema_rs.Draft202012Validator(schema).is_valid(value)
    except ValueError:  # of a schema that it cannot read, or of a lone surrogate
        return False


def _opened(node: Json) -> Any:
    """A schema without its ``additionalProperties: false``."""
    if isinstance(node, dict):
        return {key: _opened(value) for key, value in node.items() if not (key == "additionalProperties" and value is False)}
    return [_opened(item) for item in node] if isinstance(node, list) else node


def _rewired(reference: str) -> str:
    """A reference to another file, rewritten to its definition; a reference within a file stays."""
    return reference if reference.startswith("#") else f"#/$defs/{reference.removesuffix('.json')}"


def _explain(error: ValidationError) -> list[tuple[pointer.Path, Problem]]:
    """One schema error as problems; for alternatives, the error of the closest one."""
    from jsonschema.exceptions import best_match

    if error.context:
        nearest = best_match([error])
        if nearest is not error and nearest is not None:
            return _explain(nearest)
    path = tuple(error.absolute_path)
    if error.validator == "required":
        needed: Any = error.validator_value
        held: Any = error.instance
        missing = [name for name in needed if name not in held]
        return [(full := (*path, name), Problem(pointer.text(full), "present", "absent")) for name in missing]
    problem = Problem(pointer.text(path), _expected(error), show(error.instance))
    return [(path, problem)]


def _expected(error: ValidationError) -> str:
    """What a schema keyword asks for, in words."""
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            return " or ".join(wanted) if isinstance(wanted, list) else str(wanted)
        case "const":
            return show(json.dumps(wanted))
        case "enum":
            return "one of " + ", ".join(json.dumps(value) for value in wanted)
        case "minItems":
            return f"at least {wanted} items"
        case "minLength":
            return "a text that is not empty" if wanted == 1 else f"at least {wanted} characters"
        case "minimum":
            return f"at least {wanted}"
        case "maximum":
            return f"at most {wanted}"
        case "anyOf" | "oneOf" if error.context:
            return " or ".join(dict.fromkeys(_expected(alternative) for alternative in error.context))
        case _:
            return f"{error.validator} {show(wanted)}"


@check
def fits_schema(reply: Reply, schemas: Schemas, schema: str, at: Sequence[str] = (), beside: Sequence[str] = ()) -> list[Problem] | None:
    """Each object of the reply (the body, or every chunk) fits a schema.

    Only errors at or below ``at`` count (default: anywhere), except those at or below ``beside``.
    """
    return within(reply.once(_misfits, schemas, schema), at, beside) if reply.objects else None


def within(found: Iterable[Misfit], at: Sequence[str], beside: Sequence[str]) -> list[Problem]:
    """The errors at or below ``at``, except those at or below ``beside``."""
    problems: list[Problem] = []
    for where, errors in found:
        for path, problem in errors:
            inside = not at or any(pointer.begins(path, pattern) for pattern in at)
            if inside and not any(pointer.begins(path, pattern) for pattern in beside):
                problems.append(Problem(f"{where} {problem.where or '/'}".strip(), problem.expected, problem.got))
    return few(problems)


def misfits(objects: Iterable[tuple[str, dict[str, Any]]], schemas: Schemas, schema: str) -> list[Misfit]:
    """The errors of each object that does not fit a schema."""
    wrong = [(where, value) for where, value in objects if not schemas.is_valid(schema, value)]
    return [(where, schemas.errors(schema, value)) for where, value in wrong[:EXPLAINED]]


def _misfits(reply: Reply, schemas: Schemas, schema: str) -> list[Misfit]:
    """The errors of each object of the reply that does not fit a schema."""
    return misfits(reply.objects, schemas, schema)


@check
def fault_has_an_error_object(reply: Reply, schemas: Schemas, schema: str) -> list[Problem]:
    """A server error is reported by a JSON error object."""
    if reply.parsed.error is not None or not isinstance(reply.parsed.value, dict):
        return [Problem("body", "a JSON object with an error object", show(reply.text, 160))]
    return [problem for _, problem in schemas.errors(schema, reply.parsed.value)]


@check
def usage_fits_schema(reply: Reply, schemas: Schemas, schema: str) -> list[Problem] | None:
    """Each usage object of the reply fits a schema. In a stream it may be null."""
    given = [(where, value["usage"]) for where, value in reply.objects if "usage" in value]
    if reply.is_event_stream:
        given = [(where, usage) for where, usage in given if usage is not None]
    if not given:
        return None
    return few(
        [
            Problem(f"{where} /usage{problem.where}".strip(), problem.expected, problem.got)
            for where, usage in given
            for _, problem in schemas.errors(schema, usage)
        ]
    )


@check
def value_is_one_of(reply: Reply, at: str, values: Sequence[Json], first: bool = False) -> list[Problem] | None:
    """A member, if given, has one of these values; with ``first``, only its first occurrence is judged."""
    given = reply.select(at)
    if not given:
        return None
    given = given[:1] if first else given
    allowed = ", ".join(show(value) for value in values)
    return few(
        [Problem(f"{where} {pointer.text(path)}".strip(), f"one of {allowed}", show(v)) for where, path, v in given if v not in values]
    )


@check
def members_present(reply: Reply, at: Sequence[str]) -> list[Problem] | None:
    """The members are present, null or not, wherever their parents are."""
    return _members(reply, at, lambda parent, name: None if name in parent else ("present", "absent"))


@check
def members_not_null(reply: Reply, at: Sequence[str]) -> list[Problem] | None:
    """Optional members are left out rather than null."""
    return _members(reply, at, lambda parent, name: ("absent, or a value", "null") if parent.get(name, 0) is None else None)


@check
def members_not_empty(reply: Reply, at: Sequence[str]) -> list[Problem] | None:
    """The strings and arrays, if given, are not empty."""
    return _members(reply, at, lambda parent, name: ("not empty", show(parent[name])) if parent.get(name) in ("", []) else None)


@check
def no_other_members(reply: Reply, members: Mapping[str, Sequence[str]], also: Sequence[str] = ()) -> list[Problem] | None:
    """The objects at each place have no members but these."""
    allowed = {place: {*known, *also} for place, known in members.items()}
    given = [(value, allowed[place]) for place in members for _, _, value in reply.select(place) if isinstance(value, dict)]
    if not given:
        return None
    if all(value.keys() <= known for value, known in given):
        return []
    found = [
        (where, path, value, known)
        for where, whole in reply.objects
        for place, known in members.items()
        for path, value in pointer.select(whole, place)
        if isinstance(value, dict)
    ]
    return few(
        [
            Problem(f"{where} {pointer.text((*path, name))}".strip(), "absent, since it is not documented", show(value[name]))
            for where, path, value, known in found
            for name in value
            if name not in known and name not in also
        ]
    )


@check
def members_absent(reply: Reply, at: Sequence[str]) -> list[Problem] | None:
    """The members are absent."""
    return _members(reply, at, lambda parent, name: ("absent", show(parent[name])) if name in parent else None)


def _members(reply: Reply, at: Sequence[str], judge: Any) -> list[Problem] | None:
    """Apply a judgement to each (parent, member name) that the pointers name."""
    named = [(parent, name) for parent, _, name in (place.rpartition("/") for place in at)]
    given = [(parent, name) for place, name in named for _, _, parent in reply.select(place) if isinstance(parent, dict)]
    if not given:
        return None
    if all(judge(parent, name) is None for parent, name in given):
        return []
    problems: list[Problem] = []
    for where, value in reply.objects:  # reported in order of arrival
        for place, name in named:
            for path, parent in pointer.select(value, place):
                verdict = judge(parent, name) if isinstance(parent, dict) else None
                if verdict is not None:
                    problems.append(Problem(f"{where} {pointer.text((*path, name))}".strip(), *verdict))
    return few(problems)
