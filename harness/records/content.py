"""Decodes bodies as recorders store them: text, base64, compressed, or parsed JSON."""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from collections.abc import Iterable, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any

from ..wire import ContentEncodingError, TruncatedContentError, undone

LIMIT = 256 * 1024 * 1024
"""The most bytes that compressed content may decompress to."""


class BadContentError(ValueError):
    """A body cannot be read; the text says why."""


def octets(body: str | bytes) -> bytes:
    """Text or bytes as bytes. A lone surrogate, which JSON can write and UTF-8 cannot, becomes three bytes."""
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")


def from_base64(text: str) -> bytes:
    """Decode base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadContentError(f"a body is not base64 ({error})") from error


def open_file(path: Path) -> BufferedReader:
    """Open a file or a pipe. Raises ``OSError``, and ``BadContentError`` for a device, which may never end."""
    file = path.open("rb")
    if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
        file.close()
        raise BadContentError("is a device, not a file")
    return file


def unpacked(path: Path) -> bytes:
    """A file's bytes, decompressed if the file is gzipped. Raises ``OSError`` and ``BadContentError``."""
    with open_file(path) as file:
        raw = file.read()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return undone(raw, "gzip", LIMIT)
    except TruncatedContentError as error:
        raise BadContentError("the gzip file is cut off; copy it again") from error
    except ContentEncodingError as error:
        raise BadContentError(f"cannot be decompressed ({error}); compress it again, or decompress it yourself") from error


def inflated(body: bytes, encoding: str) -> bytes:
    """Decompress a body that the recorder stored compressed."""
    name = encoding.strip().lower()
    packed = {b"\x1f": "gzip", b"\x78": "deflate"}.get(body[:1], "deflate" if name == "deflate" and not _is_text(body) else None)
    if packed is None or name not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return undone(body, packed, LIMIT)
    except ContentEncodingError as error:
        raise BadContentError(f"a compressed body cannot be read ({error})") from error


def _is_text(body: bytes) -> bool:
    """Whether a body is already text because the recorder decompressed it."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def compact(value: Any) -> bytes:
    """Serialize a JSON value that the recorder had parsed; its original spelling is lost."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def headers(given: Iterable[tuple[str, str]] | Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Headers as pairs with lower-case names, without the pseudo-headers of HTTP/2 (``:status``)."""
    if isinstance(given, Mapping):
        pairs = [(name, value) for name, values in given.items() for value in (values if isinstance(values, list) else [values])]
    else:
        pairs = list(given)
    return tuple((name.lower(), str(value)) for name, value in pairs if not name.startswith(":"))
