"""Cassettes in YAML, which can only be read whole. They are test data of at most some megabytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...catalog import YamlError, read_yaml
from .. import vcr
from .files import BOM, LONGEST, BrokenFileError, ByteFile, Raw, whole

_BEGINS = re.compile(rf"^({'|'.join(vcr.LISTS)}):".encode(), re.MULTILINE)


def is_cassette(head: bytes) -> bool:
    """Whether a file that begins like this is a cassette in YAML."""
    return not head.lstrip(BOM + b" \t\r\n").startswith((b"{", b"[")) and _BEGINS.search(head) is not None


def entries(file: ByteFile, longest: int = LONGEST) -> Iterator[Raw]:
    """The interactions of a cassette. Raises ``BrokenFileError``."""
    with whole():
        octets = file.read(longest + 1)
    if len(octets) > longest:
        raise BrokenFileError("the cassette is too long to read")
    try:
        document = read_yaml(octets.decode("utf-8-sig"), largest=longest, aliases=True)  # recorders write aliases
    except (YamlError, UnicodeDecodeError) as error:
        raise BrokenFileError("the cassette is not YAML") from error
    held = document.value if isinstance(document.value, dict) else {}
    for name in vcr.LISTS:
        listed = held.get(name)
        for number, value in enumerate(listed if isinstance(listed, list) else []):
            line = document.line((name, number))
            yield Raw(line, line, None, value if isinstance(value, dict) else {"": value})
