"""Reads a form as it was sent: ``multipart/form-data``, part by part."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_PARTS = 100
"""The most parts that are read; our own forms have a handful."""

_PARAMETER = re.compile(r'[;\s](name|filename)="([^"]*)"')


class FormPart(NamedTuple):
    """One part of a form. ``filename`` is ``None`` for a field that is no file, and ``content_type`` if the part names none."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


def form_parts(body: bytes, content_type: str) -> list[FormPart]:
    """The parts of a form; none if the content type has no boundary, or the body does not use it. Never raises."""
    if not content_type.lower().startswith("multipart/form-data"):
        return []
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if boundary is None:
        return []
    pieces = (b"\r\n" + body).split(f"\r\n--{boundary[1]}".encode("latin-1", "replace"), MOST_PARTS + 1)
    return [_part(piece) for piece in pieces[1:] if piece.startswith(b"\r\n")]


def _part(piece: bytes) -> FormPart:
    """A part, from its header lines and its content."""
    head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    named = dict(_PARAMETER.findall(headers.get("content-disposition", "")))
    return FormPart(named.get("name", ""), named.get("filename"), headers.get("content-type"), content)
