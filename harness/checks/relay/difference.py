"""The differences between the JSON that was sent and the JSON that arrived, with numbers as written."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ...model import Json
from .. import pointer
from ..reply import show

_MARKED = re.compile('"\ue000([^\ue000]*)\ue000"')


class Literal(str):
    """A number as written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two values differ: the kind of difference, what was sent, and what arrived.

    Kinds: missing, null-dropped, added, null-added, number, number-form, text, order and value (anything else).
    """

    kind: str
    path: pointer.Path
    expected: Json
    got: Json


def read(octets: bytes) -> Json:
    """Parse a JSON text, keeping its numbers as written. Raises ``ValueError``."""
    try:
        value: Json = json.loads(octets.decode(), parse_int=Literal, parse_float=Literal)
        return value
    except RecursionError as error:
        raise ValueError("nested too deep to read") from error


def differences(sent: Json, got: Json, path: pointer.Path = ()) -> Iterator[Difference]:
    """Every difference between what was sent and what arrived."""
    if isinstance(sent, dict) and isinstance(got, dict):
        yield from _of_objects(sent, got, path)
    elif isinstance(sent, list) and isinstance(got, list):
        yield from _of_lists(sent, got, path)
    elif isinstance(sent, Literal) and isinstance(got, Literal):
        if sent != got:
            yield Difference("number-form" if same_number(sent, got) else "number", path, sent, got)
    elif type(sent) is not type(got):
        yield Difference("value", path, sent, got)
    elif sent != got:
        yield Difference("text" if isinstance(sent, str) else "value", path, sent, got)


def _of_objects(sent: dict[str, Any], got: dict[str, Any], path: pointer.Path) -> Iterator[Difference]:
    for name, value in sent.items():
        if name in got:
            yield from differences(value, got[name], (*path, name))
        else:
            yield Difference("null-dropped" if value is None else "missing", (*path, name), value, None)
    for name, value in got.items():
        if name not in sent:
            yield Difference("null-added" if value is None else "added", (*path, name), None, value)


def _of_lists(sent: list[Any], got: list[Any], path: pointer.Path) -> Iterator[Difference]:
    if sent != got and len(sent) == len(got) and sorted(map(_key, sent)) == sorted(map(_key, got)):
        yield Difference("order", path, sent, got)
        return
    for index, (one, other) in enumerate(zip(sent, got, strict=False)):
        yield from differences(one, other, (*path, index))
    for index in range(len(got), len(sent)):
        yield Difference("missing", (*path, index), sent[index], None)
    for index in range(len(sent), len(got)):
        yield Difference("added", (*path, index), None, got[index])


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def plain(value: Json) -> str:
    """A value as short text, with its numbers as written."""
    text = value if isinstance(value, str) else json.dumps(_marked(value), ensure_ascii=False)
    return show(_MARKED.sub(r"\1", text))


def _marked(value: Json) -> Json:
    """A value whose numbers are replaced by strings between marks."""
    if isinstance(value, Literal):
        return f"\ue000{value}\ue000"
    if isinstance(value, dict):
        return {name: _marked(item) for name, item in value.items()}
    return [_marked(item) for item in value] if isinstance(value, list) else value


def same_number(one: str, other: str) -> bool:
    """Whether two numbers are equal: exactly, or as 32-bit floats unless both are integers. No fraction here needs more precision."""
    try:
        exact = Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
    both_integers = Decimal(one) == Decimal(one).to_integral_value() and Decimal(other) == Decimal(other).to_integral_value()
    return exact or (not both_integers and _in_32_bits(one) == _in_32_bits(other))


def _in_32_bits(number: str) -> float:
    """A number as a 32-bit float; as a double if it is too large for one."""
    try:
        return float(struct.unpack("f", struct.pack("f", float(number)))[0])
    except OverflowError:
        return float(number)
