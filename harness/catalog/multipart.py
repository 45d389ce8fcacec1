"""Writes a form as ``multipart/form-data``, always with the same bytes for the same form.

Source: RFC 7578, and RFC 2046, section 5.1.1, for the boundary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ..model import Data
from .json_variants import compact
from .sample_files import SAMPLES


@dataclass(frozen=True, slots=True)
class FormWriting:
    """Legal ways to write a form that servers confuse: the boundary in quotes, and a part without a content type."""

    quoted_boundary: bool = False
    typed_files: bool = True


WAYS = {
    "quoted-boundary": FormWriting(quoted_boundary=True),
    "untyped-file": FormWriting(typed_files=False),
}
"""The values of ``written`` for a step with a form."""


def form_body(parts: Sequence[Mapping[str, Data]], writing: FormWriting) -> tuple[bytes, str]:
    """The body of a form, and its content type. The parts are those of ``spec/schemas/files/form.json``, with all values filled in."""
    encoded = [(_head(part, writing), content_of(part)) for part in parts]
    boundary = "wireproof-" + sha256(b"\0".join(content for _, content in encoded)).hexdigest()[:24]
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in encoded) + line + b"--\r\n"
    shown = f'"{boundary}"' if writing.quoted_boundary else boundary
    return body, f"multipart/form-data; boundary={shown}"


def content_of(part: Mapping[str, Data]) -> bytes:
    """The content of one part: a value, a text, a file that is made, or JSON Lines."""
    if "sample" in part:
        return SAMPLES[str(part["sample"])]()
    if "lines" in part:
        return b"".join((line if isinstance(line, str) else compact(line)).encode() + b"\n" for line in _items(part["lines"]))
    given = part.get("text", part.get("value"))
    return (given if isinstance(given, str) else compact(given)).encode()


def _items(value: Data) -> list[Data]:
    return value if isinstance(value, list) else []


def _head(part: Mapping[str, Data], writing: FormWriting) -> bytes:
    """The header lines of one part. A file name is sent as UTF-8, as browsers do (RFC 7578, section 5.1.2)."""
    disposition = f'content-disposition: form-data; name="{part["name"]}"'
    if "filename" not in part:
        return disposition.encode()
    named = f'{disposition}; filename="{_escaped(str(part["filename"]))}"'
    if not writing.typed_files or "type" not in part:
        return named.encode()
    return f"{named}\r\ncontent-type: {part['type']}".encode()


def _escaped(name: str) -> str:
    """A file name as browsers escape it (WHATWG HTML, multipart/form-data encoding algorithm)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
