"""Caches the parsed files of ``spec/`` in the user's cache folder, because reading YAML takes most of the startup time.

The cache is a JSON file for each path of a ``spec/``. It is used only if our version, the content of all files and its own checksum
match. Otherwise the YAML is read again. If the cache cannot be written, we go on silently.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from .. import VERSION

FORMAT = "1"
"""Increase this when the format of the cache changes."""

LARGEST = 64 * 1024 * 1024


class ParsedFiles:
    """The parsed YAML files of one ``spec/``: value and lines by file. Empty if nothing valid is cached."""

    def __init__(self, spec: Path) -> None:
        self._path = _place(spec)
        self._key = _key(spec) if self._path is not None else ""
        self.documents: Mapping[str, Any] = self._read()

    def _read(self) -> Mapping[str, Any]:
        """The cached content; empty if it is outdated or damaged."""
        if self._path is None:
            return {}
        try:
            with self._path.open("rb") as file:
                head, _, body = file.read(LARGEST).partition(b"\n")
            if head.decode("ascii") != f"{self._key} {_digest(body)}":
                return {}
            found = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep(self, documents: Mapping[str, Any]) -> None:
        """Write the cache atomically."""
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            body = json.dumps(documents, separators=(",", ":")).encode()
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.stem, suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(f"{self._key} {_digest(body)}\n".encode("ascii") + body)
                Path(name).replace(self._path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise


def _place(spec: Path) -> Path | None:
    """The cache file of a ``spec/``; ``None`` if the user has no cache folder."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = Path(named) if named else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "wireproof" / f"spec-{_digest(str(spec).encode())[:16]}.json" if folder.is_absolute() else None


def _key(spec: Path) -> str:
    """A hash of our version and the content of ``spec/``."""
    found = blake2b(f"{FORMAT} {VERSION}".encode(), digest_size=20)
    for path in sorted(file for file in spec.rglob("*") if file.suffix in (".yaml", ".json")):
        content = path.read_bytes()
        found.update(f"\0{path.relative_to(spec).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=20).hexdigest()
