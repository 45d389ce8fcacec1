"""An audit from the files to the report: plans, has judged, adds up, and keeps a checkpoint to go on from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...catalog import load
from ...model import Level
from ..recorded import UnreadableError
from .codec import decoded, encoded
from .examples import EntryPlace
from .files import found
from .plan import PART, digest, split
from .result import report
from .spreading import judged
from .tally import AuditTally
from .work import AuditTerms

KEPT_EVERY = 30.0
"""Seconds between two checkpoints, at least."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What to audit, and how. ``on`` is the address of a Dask cluster, or ``local``; ``part`` is the size of a part in bytes."""

    patterns: Sequence[str]
    terms: AuditTerms = field(default_factory=AuditTerms)
    fail_on: Level | None = None
    workers: int = 1
    on: str | None = None
    checkpoint: Path | None = None
    part: int = PART


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """How far an audit has come: bytes of all bytes, exchanges, and seconds since it began or was taken up again."""

    octets: int
    all_octets: int
    entries: int
    seconds: float
    begun_at: int

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this rate; ``None`` if nothing tells."""
        done = self.octets - self.begun_at
        return self.seconds * (self.all_octets - self.octets) / done if done > 0 else None


@dataclass(slots=True)
class _State:
    """The sum of all parts that are done, and how many lines their spans have."""

    done: set[int] = field(default_factory=set)
    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    tally: AuditTally = field(default_factory=AuditTally)


def audited(audit: Audit, tell: Callable[[AuditProgress], None] = lambda _: None) -> dict[str, Any]:
    """The report of an audit. Raises ``UnreadableError``, ``CatalogError`` and ``OSError``."""
    catalog = load(profile=audit.terms.profile)
    files = found(audit.patterns)
    parts = split(files, audit.part)
    plan = digest(files, audit.terms, catalog.snapshot, audit.part)
    state = _State() if audit.checkpoint is None else _read(audit.checkpoint, plan)
    begun, begun_at = time.monotonic(), state.tally.octets
    kept = begun
    waiting = [(number, part) for number, part in enumerate(parts) if number not in state.done]
    all_octets = sum(file.size for file in files)
    try:
        for number, result in judged(waiting, audit.terms, audit.workers, audit.on):
            state.tally.merge(result.tally)
            state.lines |= result.lines
            state.done.add(number)
            now = time.monotonic()
            tell(AuditProgress(state.tally.octets, all_octets, state.tally.entries, now - begun, begun_at))
            if audit.checkpoint is not None and now - kept > KEPT_EVERY:
                _keep(audit.checkpoint, plan, state)
                kept = time.monotonic()
    finally:
        if audit.checkpoint is not None:
            _keep(audit.checkpoint, plan, state)
    return report(catalog, state.tally, audit.terms, _places(state.lines), audit.fail_on)


def _places(lines: dict[tuple[str, int], int]) -> Callable[[EntryPlace], str]:
    """Tells the file and the line of a place: the lines of all spans before are known now."""
    before: dict[tuple[str, int], int] = {}
    total, last = 0, ""
    for (name, start), number in sorted(lines.items()):
        total = 0 if name != last else total
        before[name, start], last = total, name
        total += number

    def placed(where: EntryPlace) -> str:
        nth = f", exchange {where.number + 1}" if where.number else ""
        return f"{where.file}:{before[where.file, where.span] + where.line}{nth}"

    return placed


def _keep(path: Path, plan: str, state: _State) -> None:
    """Write a checkpoint, whole."""
    told = {"plan": plan, "done": sorted(state.done), "lines": encoded(state.lines), "tally": encoded(state.tally)}
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(told, separators=(",", ":")), encoding="ascii")
    new.replace(path)


def _read(path: Path, plan: str) -> _State:
    """A checkpoint to go on from; an empty state if there is none yet. Raises ``UnreadableError``."""
    try:
        told = json.loads(path.read_text(encoding="ascii"))
        if told["plan"] != plan:
            what = "it belongs to an audit of other files, options or requirements"
            raise UnreadableError(f"--checkpoint {path}: {what}; name another file.")
        return _State(set(told["done"]), decoded(told["lines"]), decoded(told["tally"]))
    except FileNotFoundError:
        return _State()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"--checkpoint {path}: it is no checkpoint of an audit; name another file.") from error
