"""Splits an audit into parts: stretches of large plain files, whole packed files, and small files together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from .cassettes import is_cassette
from .documents import is_document
from .files import FoundFile, opened, packed, whole
from .work import HEAD, AuditTerms, FileSpan

Part: TypeAlias = tuple[FileSpan, ...]

PART = 16 * 1024 * 1024
"""How many bytes a part has, about: some seconds of work."""


def split(files: Iterable[FoundFile], part: int = PART) -> list[Part]:
    """The parts of all files, in their order. Which entries they hold together does not depend on their size. Raises ``OSError``."""
    parts: list[Part] = []
    gathered: list[FileSpan] = []
    for file in files:
        if file.size > part and _can_be_cut(file.name):
            starts = range(0, file.size, part)
            parts += [(FileSpan(file.name, at, min(at + part, file.size), min(part, file.size - at)),) for at in starts]
            continue
        if gathered and sum(span.size for span in gathered) + file.size > part:
            parts.append(tuple(gathered))
            gathered = []
        gathered.append(FileSpan(file.name, 0, None, file.size))
    return [*parts, tuple(gathered)] if gathered else parts


def _can_be_cut(name: str) -> bool:
    """Whether a file can be read from any of its lines on."""
    if packed(name):
        return False
    with opened(name) as file, whole():
        head = file.peek(HEAD)
    return not is_document(head) and not is_cassette(head)


def digest(files: Sequence[FoundFile], terms: AuditTerms, spec: str, part: int) -> str:
    """What changes if the files, the terms or the requirements do."""
    told = [spec, part, terms.profile, terms.seed, terms.keep_texts, repr(terms.mapping), *files]
    return sha256(json.dumps(told).encode("utf-8", "surrogatepass")).hexdigest()
