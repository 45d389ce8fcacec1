"""Bodies as recorders keep them: text, base64, still compressed, or read as JSON already."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..wire import ContentEncodingError, TruncatedContentError, undone

LIMIT = 256 * 1024 * 1024
"""What is packed may unpack to so many bytes."""


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


def unpacked(raw: bytes) -> bytes:
    """A file's bytes, without gzip where it is packed."""
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return undone(raw, "gzip", LIMIT)
    except TruncatedContentError as error:
        raise BadContentError("the packed file is cut off; copy it again") from error
    except ContentEncodingError as error:
        raise BadContentError(f"cannot be unpacked ({error}); pack it again, or unpack it yourself") from error


def inflated(body: bytes, encoding: str) -> bytes:
    """A body without its compression, if the recorder kept it compressed."""
    name = encoding.strip().lower()
    packed = {b"\x1f": "gzip", b"\x78": "deflate"}.get(body[:1], "deflate" if name == "deflate" and not _is_text(body) else None)
    if packed is None or name not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return undone(body, packed, LIMIT)
    except ContentEncodingError as error:
        raise BadContentError(f"a compressed body cannot be read ({error})") from error


def _is_text(body: bytes) -> bool:
    """Whether a body is text already, because the recorder undid its encoding."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


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
