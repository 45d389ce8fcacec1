"""Bodies as recorders keep them: text, base64, still compressed, or read as JSON already."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any


class BadContentError(ValueError):
    """A body that cannot be read; the text says why."""


def octets(body: str | bytes) -> bytes:
    """Text or bytes as bytes. Lone surrogates, which JSON can write and UTF-8 cannot, become three bytes each."""
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")


def from_base64(text: str) -> bytes:
    """The bytes that a base64 text stands for."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadContentError(f"a body is not base64 ({error})") from error


def inflated(body: bytes, encoding: str) -> bytes:
    """A body without its compression, if the recorder kept it compressed."""
    packed = encoding.strip().lower() in ("gzip", "x-gzip", "deflate") and body[:1] in (b"\x1f", b"\x78")
    if not packed:
        return body
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        return inflate.decompress(body) + inflate.flush()
    except zlib.error as error:
        raise BadContentError(f"a compressed body cannot be read ({error})") from error


def compact(value: Any) -> bytes:
    """A JSON value as a recorder that had read it might have received it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def headers(given: Iterable[tuple[str, str]] | Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Headers as pairs with lower-case names; those of HTTP/2 that begin with a colon are none."""
    if isinstance(given, Mapping):
        pairs = [(name, value) for name, values in given.items() for value in (values if isinstance(values, list) else [values])]
    else:
        pairs = list(given)
    return tuple((name.lower(), str(value)) for name, value in pairs if not name.startswith(":"))
