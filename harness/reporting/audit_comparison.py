"""Compares two audits: which requirements are missed now and were not, which are met again, and which are missed more or less often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from ..model import Data, Level, Outcome
from .counts import counted, share

UNMET = (Outcome.FAIL, Outcome.WARN, Outcome.ERROR)
SURE = 5.0
"""How many standard errors two shares must lie apart to be called different."""


@dataclass(frozen=True, slots=True)
class AuditChange:
    """A requirement that two audits saw differently: what each tells of it, if it tells anything."""

    before: Data
    now: Data

    @property
    def requirement(self) -> Data:
        """The requirement, as the newer audit tells it."""
        return self.now or self.before

    @property
    def shares(self) -> tuple[str, str]:
        """How often it was missed in each."""
        told = [
            share(one["missed"], one["judged"], "exchange") if one and one["judged"] else "not judged" for one in (self.before, self.now)
        ]
        return told[0], told[1]


def _share(one: Data) -> str:
    """How often a requirement was missed."""
    return share(one["missed"], one["judged"], "exchange") if one and one["judged"] else "not judged"


@dataclass(frozen=True, slots=True)
class AuditComparison:
    """Two audits, and what changed. ``new`` was not judged before and is unmet; ``lost`` was judged before and is not now."""

    before: Mapping[str, Any]
    now: Mapping[str, Any]
    broke: Sequence[AuditChange]
    healed: Sequence[AuditChange]
    new: Sequence[AuditChange]
    worse: Sequence[AuditChange]
    better: Sequence[AuditChange]
    lost: Sequence[AuditChange]

    def broken(self, levels: set[Level]) -> bool:
        """Whether a requirement of one of these levels is not met any more."""
        return any(change.requirement["level"] in levels for change in self.broke)

    @property
    def sections(self) -> list[tuple[str, str, Sequence[AuditChange]]]:
        """The changes that are told, each kind with its sign and heading."""
        every = (
            ("✗", "Broke", self.broke),
            ("✗", "New, and not met", self.new),
            ("↓", "Missed more often", self.worse),
            ("↑", "Missed less often", self.better),
            ("✓", "Met again", self.healed),
            ("?", "Not judged any more", self.lost),
        )
        return [one for one in every if one[2]]

    @property
    def sentence(self) -> str:
        """What changed, in a sentence."""
        told = [f"{len(changes)} {heading[0].lower()}{heading[1:]}" for _, heading, changes in self.sections]
        return "; ".join(told) or "nothing changed"


def compare_audits(before: Mapping[str, Any], now: Mapping[str, Any]) -> AuditComparison:
    """Compare two reports of audits."""
    old, new = ({one["id"]: one for one in report["requirements"]} for report in (before, now))
    found: dict[str, list[AuditChange]] = {name: [] for name in ("broke", "healed", "new", "worse", "better", "lost")}
    for name in {**new, **old}:
        change = AuditChange(old.get(name), new.get(name))
        if (kind := _kind(change)) is not None:
            found[kind].append(change)
    return AuditComparison(before, now, **found)


def _kind(change: AuditChange) -> str | None:
    """What became of a requirement; ``None`` if nothing."""
    was, is_now = (bool(one and one["judged"]) for one in (change.before, change.now))
    if not is_now:
        return "lost" if was else None
    unmet = change.now["outcome"] in UNMET
    if not was:
        return "new" if unmet else None
    if unmet != (change.before["outcome"] in UNMET):
        return "broke" if unmet else "healed"
    if not unmet:
        return None
    (missed_before, of_before), (missed_now, of_now) = ((one["missed"], one["judged"]) for one in (change.before, change.now))
    both = (missed_before + missed_now) / (of_before + of_now)
    difference = missed_now / of_now - missed_before / of_before
    if abs(difference) <= SURE * sqrt(both * (1 - both) * (1 / of_before + 1 / of_now)):
        return None
    return "worse" if difference > 0 else "better"


def comparison_lines(found: AuditComparison) -> Iterator[str]:
    """The comparison, for a terminal."""
    for name, report in (("old", found.before), ("new", found.now)):
        yield f"{name}: {counted(report['exchanges'], 'exchange')} · spec {report['spec']} · {report['verdict']}"
    for symbol, heading, changes in found.sections:
        yield f"{heading} ({len(changes)})"
        for change in changes:
            one, (before, now) = change.requirement, change.shares
            yield f"  {symbol} {one['id']}  {one['level'].upper()}  {before} → {now}"
            if change.now and change.now.get("ways"):
                example = change.now["ways"][0]["examples"][0]
                yield f"      {example['where'] or '/'}: expected {example['expected']}, got {example['got']}; first {example['place']}"
    yield found.sentence
