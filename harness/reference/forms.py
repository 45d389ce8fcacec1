"""Reads the forms that are uploaded to the reference."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from .exchange import ServerRequest
from .refusals import RefusalError

_PARAMETER = re.compile(r'[;\s](name|filename)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form. ``content_type`` is ``None`` if the form names none."""

    name: str
    content_type: str | None
    content: bytes


def read_form(asked: ServerRequest) -> tuple[dict[str, str], dict[str, Upload]]:
    """The fields and the files of a form. Refuses anything else."""
    kind = asked.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise RefusalError(400, f"Invalid content type {kind!r}: expected multipart/form-data.", "invalid_content_type")
    message = BytesParser().parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + asked.body)
    if not message.is_multipart():
        raise RefusalError(400, "Could not parse multipart form: no boundary, or no part.", "invalid_form")
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for part in message.get_payload():
        if isinstance(part, Message):
            _take(part, fields, files)
    return fields, files


def _take(part: Message, fields: dict[str, str], files: dict[str, Upload]) -> None:
    """Add one part to the fields or to the files."""
    # The header is UTF-8, which the parser keeps as surrogate escapes.
    raw = next((value for name, value in part.raw_items() if name.lower() == "content-disposition"), "")
    named = dict(_PARAMETER.findall(str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")))
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return
    if "filename" not in named:
        fields[named.get("name", "")] = content.decode(errors="replace")
    else:
        kind = part.get_content_type() if "content-type" in part else None
        files[named.get("name", "")] = Upload(named["filename"].replace("%22", '"'), kind, content)


def needed_field(fields: dict[str, str], name: str, one_of: tuple[str, ...] = ()) -> str:
    """A field that must be there, with one of these values."""
    if name not in fields:
        raise RefusalError(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    if one_of and fields[name] not in one_of:
        raise RefusalError(400, f"Invalid value for '{name}': expected one of {', '.join(one_of)}.", "invalid_value", name)
    return fields[name]


def needed_file(files: dict[str, Upload], name: str) -> Upload:
    """A file that must be there."""
    if name not in files:
        raise RefusalError(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    return files[name]
