"""Shows what is no text: the first bytes of a sound or an image with its length and hash, and a form part by part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from ...model import Request
from ...wire import FormPart, form_parts
from .pretty import PrintedLine, read

LOOKED_AT = 4_096
"""How many bytes of a body decide whether it is text."""

SHOWN = 64
PER_LINE = 16


def is_binary(body: bytes) -> bool:
    """Whether a body is no text: text has no zero bytes."""
    return b"\0" in body[:LOOKED_AT]


def bytes_shown(body: bytes) -> list[PrintedLine]:
    """The length and the hash of a body that is no text, and its first bytes as numbers and as letters."""
    lines = [PrintedLine(f"{len(body):,} bytes that are no text; SHA-256 {sha256(body).hexdigest()}")]
    for at in range(0, min(len(body), SHOWN), PER_LINE):
        row = body[at : at + PER_LINE]
        letters = re.sub(r"[^\x20-\x7e]", ".", row.decode("latin-1"))
        lines.append(PrintedLine(f"{at:04x}  {row.hex(' '):<{PER_LINE * 3}} {letters}"))
    return lines


def lines_of(body: bytes) -> list[PrintedLine]:
    """The lines of any body."""
    return bytes_shown(body) if is_binary(body) else read(body)


def lines_sent(request: Request) -> list[PrintedLine]:
    """The lines of a request's body; a form is shown part by part."""
    content_type = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    parts = form_parts(request.body, content_type)
    return list(_form(parts)) if parts else lines_of(request.body)


def _form(parts: Iterable[FormPart]) -> Iterator[PrintedLine]:
    """The lines of a form."""
    for part in parts:
        named = f"{part.name}" if part.filename is None else f"{part.name}, the file {part.filename} ({part.content_type or 'no type'})"
        lines = lines_of(part.content)
        if part.filename is None and len(lines) == 1:
            yield PrintedLine(f"{named}: {lines[0].text}")
            continue
        yield PrintedLine(f"{named}:")
        yield from (PrintedLine(f"  {line.text}") for line in lines)
