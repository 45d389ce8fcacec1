"""Undoes content encodings, and detects bodies that break the rules of their encoding.

Source: RFC 9110, section 8.4.1; RFC 1952 (gzip: several members are one body); RFC 1950 and 1951 (deflate, with and without zlib's frame).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

SLICE = 4 * 1024
"""How many bytes are fed at a time, so that a body of a million tiny members takes linear time."""

GZIP = frozenset({"gzip", "x-gzip"})
ENCODINGS = GZIP | {"deflate"}
"""The encodings that we can undo."""

MOST_LAYERS = 3
"""How many encodings on top of each other we undo (RFC 9110, section 8.4, allows any number)."""


class ContentEncodingError(ValueError):
    """A body that breaks the rules of its encoding; the text says how."""


class TruncatedContentError(ContentEncodingError):
    """A body that ends too early."""


class Decoder:
    """Undoes one encoding chunk by chunk. Its output never exceeds the given limit."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding in GZIP else None
        self._held = b""
        self._begun = False
        self._is_over = False

    def decode(self, raw: bytes, limit: int) -> bytes:
        """Decode the next bytes into at most ``limit`` bytes. Raises ``ContentEncodingError``."""
        made: list[bytes] = []
        for start in range(0, len(raw), SLICE):
            piece = self._slice(raw[start : start + SLICE], limit)
            made.append(piece)
            limit -= len(piece)
            if limit <= 0:
                break
        return b"".join(made)

    def finish(self) -> None:
        """Call this at the end of the body. Raises ``TruncatedContentError`` if more should follow."""
        if (self._begun and not self._is_over) or self._held:
            raise TruncatedContentError(f"the {self._encoding} body ends too early")

    def _slice(self, raw: bytes, limit: int) -> bytes:
        if self._inflate is None:
            raw, self._held = self._held + raw, b""
            if len(raw) < 2:
                self._held = raw
                return b""
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if _has_frame(raw) else -zlib.MAX_WBITS)
        made = b""
        while raw and len(made) < limit:
            if self._is_over:
                self._next_member()
            self._begun = True
            try:
                made += self._inflate.decompress(raw, limit - len(made))
            except zlib.error as error:
                raise ContentEncodingError(f"the {self._encoding} body is damaged ({_reason(error)})") from error
            self._is_over = self._inflate.eof
            raw = self._inflate.unused_data if self._is_over else b""
            if raw and not self._may_go_on(raw):
                raise ContentEncodingError(f"something follows the end of the {self._encoding} body")
        return made

    def _may_go_on(self, raw: bytes) -> bool:
        """Whether the bytes after the end of a gzip member may begin another one."""
        return self._encoding in GZIP and b"\x1f\x8b".startswith(raw[:2])

    def _next_member(self) -> None:
        """Prepare for the next gzip member."""
        if self._encoding not in GZIP:
            raise ContentEncodingError(f"something follows the end of the {self._encoding} body")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._is_over = False


class LayeredDecoder:
    """Undoes encodings that were applied one after the other: the last one first."""

    def __init__(self, names: Iterable[str]) -> None:
        self._layers = [Decoder(name) for name in names][::-1]

    def decode(self, raw: bytes, limit: int) -> bytes:
        """Decode the next bytes into at most ``limit`` bytes. Raises ``ContentEncodingError``."""
        for layer in self._layers[:-1]:
            raw = layer.decode(raw, limit)
            if len(raw) >= limit:
                raise ContentEncodingError("an inner layer of the encodings unpacks to more than we read")
        return self._layers[-1].decode(raw, limit)

    def finish(self) -> None:
        """Call this at the end of the body. Raises ``TruncatedContentError`` if more should follow in any layer."""
        for layer in self._layers:
            layer.finish()


def decoder(encoding: str) -> Decoder | LayeredDecoder | None:
    """A decoder for a ``Content-Encoding``, which may list several; ``None`` if we have none."""
    names = _names(encoding)
    if not names or len(names) > MOST_LAYERS or not ENCODINGS.issuperset(names):
        return None
    return Decoder(names[0]) if len(names) == 1 else LayeredDecoder(names)


def is_plain(encoding: str) -> bool:
    """Whether a ``Content-Encoding`` leaves a body as it is."""
    return not _names(encoding)


def _names(encoding: str) -> list[str]:
    """The encodings that a header lists, without those that change nothing."""
    names = [name.strip().lower() for name in encoding.split(",")]
    return [name for name in names if name not in ("", "identity")]


def undone(body: bytes, encoding: str, limit: int) -> bytes:
    """A whole body, decoded. Raises ``ContentEncodingError`` if it is damaged or decodes to more than ``limit`` bytes."""
    work = decoder(encoding)
    if work is None:
        raise ContentEncodingError(f"the encoding {encoding!r} is not known")
    made = work.decode(body, limit + 1)
    if len(made) > limit:
        raise ContentEncodingError(f"it unpacks to more than {limit:,} bytes")
    work.finish()
    return made


def _has_frame(raw: bytes) -> bool:
    """Whether a deflate body begins with zlib's header; some servers leave the frame out."""
    return raw[0] & 15 == 8 and int.from_bytes(raw[:2], "big") % 31 == 0


def _reason(error: zlib.error) -> str:
    """Zlib's own words for what is wrong."""
    return str(error).rpartition(": ")[2]
