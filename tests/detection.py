"""Measures how many reported bugs of real servers a full default run finds: ``python -m tests.detection`` prints the table."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.catalog import Catalog, load
from harness.model import Level
from harness.records.exchange_judging import false_alarms
from harness.reference.faults import FAULTS, Fault
from harness.reporting.explain import headline
from tests.baseline import Baseline
from tests.inprocess import Judged
from tests.recorded import NOT_FROM_THE_PROVIDER, RECORDINGS, REFERENCE

DATA = Path(__file__).with_suffix(".yaml")
WIDTH = 200
SHARES = 2


@dataclass(frozen=True, slots=True)
class Caught:
    """A requirement that a fault left unmet, its level, and what a maintainer reads first."""

    requirement: str
    level: Level
    headline: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What became of one fault. ``missed`` are requirements that should have found it and did not."""

    fault: Fault
    caught: tuple[Caught, ...]
    missed: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether what states the rule found it, at a level that fits: a note is enough for what is doubtful only."""
        grave = any(one.level is not Level.MAY for one in self.caught)
        return not self.missed and bool(self.caught) and (grave or self.fault.doubtful)


def expectations() -> tuple[Mapping[str, list[str]], Mapping[str, str]]:
    """The requirements that are to find each fault, and the faults that none can find, with the reason."""
    data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return data["caught"], data["not-expressible"]


async def detect(catalog: Catalog, baseline: Baseline, fault: Fault, expected: Iterable[str]) -> Detection:
    """Judge the reference with a fault as the full default run does."""
    wanted = list(expected)
    judged = await baseline.with_mutant(fault.afresh(), wanted)
    found = {one.requirement: one for one in unmet(judged)}
    return Detection(fault, tuple(found[name] for name in wanted if name in found), tuple(name for name in wanted if name not in found))


def unmet(judged: Judged) -> list[Caught]:
    """All that a run found unmet."""
    standings = [standing for standing in judged.verdict.standings if standing.missed]
    first = [next(finding for finding in standing.findings if finding.problems) for standing in standings]
    return [Caught(s.requirement.id, s.requirement.level, headline(finding)) for s, finding in zip(standings, first, strict=True)]


def _share(names: list[str]) -> list[tuple[str, tuple[Caught, ...], tuple[str, ...]]]:
    """What became of some faults, without the faults themselves, which do not go from process to process."""
    catalog = load()
    baseline = Baseline(catalog)
    caught, _ = expectations()

    async def all_of_them() -> list[Detection]:
        await baseline.play()
        return [await detect(catalog, baseline, FAULTS[name], caught[name]) for name in names]

    return [(one.fault.name, one.caught, one.missed) for one in asyncio.run(all_of_them())]


def _detections() -> list[Detection]:
    """Every fault that can be found, tried; half of them in another process."""
    names = list(expectations()[0])
    with ProcessPoolExecutor(SHARES) as pool:
        shares = pool.map(_share, [names[number::SHARES] for number in range(SHARES)])
        return [Detection(FAULTS[name], caught, missed) for share in shares for name, caught, missed in share]


def reported_bugs() -> tuple[str, bool]:
    """The table of bugs, requirements and levels, and whether all that can be found was found."""
    detections = _detections()
    _, inexpressible = expectations()
    lines = ["Reported bugs of real servers, each a fault of the reference, and what the full default run finds", ""]
    for one in sorted(detections, key=lambda one: (one.fault.bug, one.fault.name)):
        grade = one.fault.severity + (", doubtful" if one.fault.doubtful else "")
        lines.append(f"{'     ' if one.found else 'MISS '}{one.fault.bug}  {one.fault.name}  ({grade})")
        lines += [f"            {caught.level.upper():6}  {caught.headline[:WIDTH]}" for caught in one.caught]
        lines += [f"            missed  {name}" for name in one.missed]
    lines += ["", "Not found by a black box at one endpoint within the cost of a default run", ""]
    lines += [f"     {FAULTS[name].bug}  {name}\n            {reason}" for name, reason in inexpressible.items()]
    return "\n".join([*lines, "", *_summary(detections, inexpressible)]), all(one.found for one in detections)


def _summary(detections: list[Detection], inexpressible: Mapping[str, str]) -> list[str]:
    """The counts, by severity and in all. A bug with several faults counts as found when all of them are."""
    bugs = {one.fault.bug: one.fault for one in detections} | {FAULTS[name].bug: FAULTS[name] for name in inexpressible}
    missed = {one.fault.bug for one in detections if not one.found}
    beyond = {FAULTS[name].bug for name in inexpressible}
    lines = []
    for severity, total in Counter(fault.severity for fault in bugs.values()).most_common():
        of_it = {bug for bug, fault in bugs.items() if fault.severity == severity}
        lines.append(f"{severity:11} {total:4} bugs: {_counts(of_it, missed, beyond)}")
    levels = Counter(max((c.level for c in one.caught), key=_RANK.index, default=None) for one in detections if one.found)
    lines.append(f"{'in all':11} {len(bugs):4} bugs: {_counts(set(bugs), missed, beyond)}; {len(FAULTS)} faults")
    lines.append("faults found at " + ", ".join(f"{level.upper()}: {levels[level]}" for level in reversed(_RANK) if levels[level]))
    return lines


_RANK = [Level.MAY, Level.SHOULD, Level.MUST]


def _counts(bugs: set[str], missed: set[str], beyond: set[str]) -> str:
    """How many of some bugs were found, missed, and cannot be expressed."""
    return f"{len(bugs - missed - beyond)} caught, {len(bugs & missed)} missed, {len(bugs & beyond)} not expressible"


def recorded_traffic() -> tuple[str, bool]:
    """What the requirements say of recorded traffic; all is well where the reference provider's misses no MUST."""
    if not RECORDINGS.is_file():
        return "False alarms on recorded traffic: not measured, there are no recordings here.", True
    found = false_alarms(load(), RECORDINGS, besides=NOT_FROM_THE_PROVIDER)
    lines = ["MUST requirements that recorded traffic misses; under the reference provider's host each would be a false alarm", ""]
    for host, alarms in sorted(found.items(), key=lambda item: -item[1].judged):
        missed = ", ".join(f"{name} ({len(ids)})" for name, ids in alarms.musts.items())
        lines.append(f"{host:34} {alarms.judged:4} exchanges, {alarms.judgements:6,} judgements: {missed or 'none'}")
    return "\n".join(lines), not found[REFERENCE].musts


SECTIONS: tuple[Callable[[], tuple[str, bool]], ...] = (reported_bugs, recorded_traffic)
"""What is printed, one after the other; each tells whether all is well."""


def main() -> int:
    """Print all sections; the exit code is 1 unless all is well."""
    told = [section() for section in SECTIONS]
    print("\n\n".join(text for text, _ in told))
    return 0 if all(well for _, well in told) else 1


if __name__ == "__main__":
    sys.exit(main())
