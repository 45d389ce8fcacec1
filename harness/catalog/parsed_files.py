"""The files of ``spec/`` as they were parsed last, kept in the user's cache folder: reading YAML takes longer than all else of a start.

What is kept is JSON, found by the place of its ``spec/`` and taken only if the content of every file there, our version and its own
checksum are as they were. Otherwise the YAML is read again. Nothing is said where nothing can be written.
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
"""To be raised when what is kept changes its form."""

LARGEST = 64 * 1024 * 1024


class ParsedFiles:
    """What the YAML files of one ``spec/`` hold: value and lines by file. Empty until they were read once."""

    def __init__(self, spec: Path) -> None:
        self._path = _place(spec)
        self._key = _key(spec) if self._path is not None else ""
        self.documents: Mapping[str, Any] = self._read()

    def _read(self) -> Mapping[str, Any]:
        """What was kept, unless it is of other files, or damaged."""
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
        """Keep what was read for the next time: all of it, or nothing."""
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
    """The file for a ``spec/``, in the user's cache folder; ``None`` where there is none."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = Path(named) if named else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "wireproof" / f"spec-{_digest(str(spec).encode())[:16]}.json" if folder.is_absolute() else None


def _key(spec: Path) -> str:
    """What tells one content of ``spec/`` from another, and one version of ours."""
    found = blake2b(f"{FORMAT} {VERSION}".encode(), digest_size=20)
    for path in sorted(file for file in spec.rglob("*") if file.suffix in (".yaml", ".json")):
        content = path.read_bytes()
        found.update(f"\0{path.relative_to(spec).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=20).hexdigest()
