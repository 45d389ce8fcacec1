"""What changed since the previous run, which the report folder keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..catalog import CatalogError
from ..model import RunRecord
from ..records import PREVIOUS, Judged, RecordError, judged_again, read_record
from .comparison import Change, Comparison, compare
from .comparison_text import cases_of
from .safe_text import as_code, in_markdown, on_one_line

SHOWN = 12
"""The most requirements named."""


@dataclass(frozen=True, slots=True)
class Since:
    """The comparison with the previous run (at ``when``), or the ``reason`` why there is none."""

    when: str
    found: Comparison | None
    reason: str = ""

    @property
    def sentence(self) -> str:
        """How much changed, or why that is not known."""
        if self.found is None:
            return f"Not compared with the run of {self.when}: {self.reason}."
        counts = ", ".join(f"{len(changes)} {heading}" for _, heading, changes in _parts(self.found) if changes)
        shown = sum(len(changes) for _, _, changes in _parts(self.found))
        more = f" (the first {SHOWN} are named)" if shown > SHOWN else ""
        return f"Since the run of {self.when}: {counts or 'nothing changed'}{more}"

    @property
    def changes(self) -> list[tuple[str, str, Change]]:
        """The first changes, each with a symbol and what kind it is."""
        parts = _parts(self.found) if self.found else []
        return [(symbol, heading, change) for symbol, heading, changes in parts for change in changes][:SHOWN]


def changed_since(folder: Path, now: Judged) -> Since | None:
    """What changed since the previous run; ``None`` if there was none, or it cannot be read.

    It shows only names and URLs, and its writers redact them: redacting the whole record first would take seconds.
    """
    path = folder / PREVIOUS / "run.jsonl"
    if not path.is_file():
        return None
    try:
        record = read_record(path, replies=False)
        when = f"{datetime.fromtimestamp(record.header['started_at'], UTC):%Y-%m-%d %H:%M} UTC"
        if (reason := _apart(record, now)) is not None:
            return Since(when, None, reason)
        before = judged_again(record, now.catalog)
    except (RecordError, CatalogError):
        return None
    return Since(when, compare(before, now))


def _apart(record: RunRecord, now: Judged) -> str | None:
    """Why two runs cannot be compared, if they cannot."""
    before = record.header["subject"]
    for name in ("base_url", "model", "profile"):
        if before[name] != getattr(now.subject, name):
            return f"it judged another endpoint: {before['base_url']}, model {before['model']}, profile {before['profile']}"
    return None


def _parts(found: Comparison) -> list[tuple[str, str, tuple[Change, ...]]]:
    """The changes worth showing. A partial run loses nothing by not trying the rest."""
    whole = found.before.scope.complete and found.now.scope.complete
    return [
        ("✗", "broke", found.broke),
        ("+", "not met, not judged before", found.new),
        ("?", "not judged any more", found.lost if whole else ()),
        ("✓", "healed", found.healed),
    ]


def lines_since(told: Since) -> Iterator[str]:
    """The change, for a terminal."""
    yield on_one_line(told.sentence)
    for symbol, heading, change in told.changes:
        yield on_one_line(f"  {symbol} {heading}: {change.requirement.id}  {change.requirement.level.upper()}  in {cases_of(change)}")


def markdown(told: Since) -> Iterator[str]:
    """The change, for a comment on a pull request."""
    yield in_markdown(told.sentence)
    yield ""
    for symbol, heading, change in told.changes:
        yield f"- {symbol} {heading}: {change.requirement.level.upper()} {as_code(change.requirement.id)} in {as_code(cases_of(change))}"
