"""The vectors of embeddings: number, encoding, length and equality."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

from ...model import Json, Problem, UndecidedError
from ..registry import check
from ..reply import Reply, few, show

CLOSE = 1e-3


def _items(reply: Reply) -> list[dict[str, Any]]:
    """The well-formed items of the reply."""
    data = reply.object.get("data")
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _vector(value: Json) -> list[float] | None:
    """A vector, given as numbers or as base64 of 32-bit floats; ``None`` if it is neither."""
    if isinstance(value, str):
        try:
            raw = base64.b64decode(value, validate=True)
        except ValueError:  # not base64, or not even ASCII
            return None
        return list(struct.unpack(f"<{len(raw) // 4}f", raw)) if len(raw) % 4 == 0 else None
    return finite_numbers(value) if isinstance(value, list) else None


def finite_numbers(value: list[Json]) -> list[float] | None:
    """The items of a list as floats; ``None`` if one is not a number or too large for a float."""
    found: list[float] = []
    for number in value:
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        try:
            found.append(float(number))
        except OverflowError:
            return None
    return found


def _asked_inputs(reply: Reply) -> int:
    """The number of inputs in the request."""
    given = reply.asked.get("input")
    return len(given) if isinstance(given, list) and not (given and isinstance(given[0], int)) else 1


@check
def one_item_for_each_input(reply: Reply) -> list[Problem] | None:
    """There is one item per input, in input order, numbered from 0."""
    items = _items(reply)
    wanted = list(range(_asked_inputs(reply)))
    got = [item.get("index") for item in items]
    return [] if got == wanted else [Problem("/data/*/index", show(wanted), show(got))]


@check
def vectors_are_in_the_format_asked(reply: Reply) -> list[Problem]:
    """Vectors are base64 strings if base64 was requested, otherwise arrays of numbers."""
    text = reply.asked.get("encoding_format") == "base64"
    expected = "base64 of 32-bit floats" if text else "numbers"
    return few(
        [
            Problem(f"/data/{index}/embedding", expected, show(item.get("embedding"), 40))
            for index, item in enumerate(_items(reply))
            if _vector(item.get("embedding")) is None or isinstance(item.get("embedding"), str) != text
        ]
    )


@check
def vectors_are_alike(reply: Reply) -> list[Problem] | None:
    """All vectors are equally long, not empty, and contain finite numbers."""
    vectors = [vector for item in _items(reply) if (vector := _vector(item.get("embedding"))) is not None]
    if not vectors:
        return None
    lengths = sorted({len(vector) for vector in vectors})
    if len(lengths) > 1 or lengths == [0]:
        return [Problem("lengths of the vectors", "one length above 0", show(lengths))]
    return [] if all(math.isfinite(x) for vector in vectors for x in vector) else [Problem("/data", "finite numbers", "NaN or infinity")]


@check
def vectors_are_as_long_as(reply: Reply, length: int) -> list[Problem]:
    """Each vector has the length that ``dimensions`` asks for."""
    lengths = [len(_vector(item.get("embedding")) or []) for item in _items(reply)]
    return [] if lengths and set(lengths) == {length} else [Problem("lengths of the vectors", str(length), show(lengths))]


@check
def vectors_agree(first: Reply, second: Reply) -> list[Problem]:
    """The first vectors of two replies are equal but for rounding."""
    one, other = (_vector(_items(reply)[0].get("embedding")) if _items(reply) else None for reply in (first, second))
    if one is None or other is None:
        raise UndecidedError("a reply has no vector")
    if len(one) != len(other):
        return [Problem("length of the vector", str(len(one)), str(len(other)))]
    scale = max(1e-12, math.hypot(*one))
    distance = math.dist(one, other) / scale
    return [] if distance < CLOSE or one == other else [Problem("/data/0/embedding", "the same vector", f"off by {distance:.1%}")]


@check
def vectors_differ(first: Reply, second: Reply) -> list[Problem]:
    """The first vectors of replies to two different inputs differ."""
    one, other = (_vector(_items(reply)[0].get("embedding")) if _items(reply) else None for reply in (first, second))
    if one is None or other is None:
        raise UndecidedError("a reply has no vector")
    return [] if one != other else [Problem("/data/0/embedding", "another vector than for an input with another end", "the same one")]


@check
def embedding_is_counted(reply: Reply) -> list[Problem] | None:
    """Each input costs at least one token, and the total is the prompt's count."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    prompt, total = usage.get("prompt_tokens"), usage.get("total_tokens")
    if type(prompt) is not int or type(total) is not int:
        return None
    least = _asked_inputs(reply)
    problems = [] if prompt >= least else [Problem(f"{where}/prompt_tokens", f"at least {least}, one for each input", str(prompt))]
    return problems + ([] if total == prompt else [Problem(f"{where}/total_tokens", f"{prompt}, the prompt's", str(total))])


@check
def shortened_vectors_keep_their_length(whole: Reply, shortened: Reply) -> list[Problem] | None:
    """If the whole vector has the length 1, so has the one of fewer dimensions."""
    one, other = (_vector(_items(reply)[0].get("embedding")) if _items(reply) else None for reply in (whole, shortened))
    if not one or not other:
        raise UndecidedError("a reply has no vector")
    if abs(math.hypot(*one) - 1) > CLOSE:
        return None
    length = math.hypot(*other)
    return [] if abs(length - 1) <= CLOSE else [Problem("/data/0/embedding", "a vector of the length 1", f"the length {length:.3f}")]
