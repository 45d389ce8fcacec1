"""Judges recordings without an endpoint: our own runs by the current requirements, or exchanges from other tools."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .. import spare_collector
from ..judging import RequirementResult, Verdict
from ..model import Data, Level
from ..records import OfHost, OfRun, RecordingTerms, gravest, judge_files
from ..reporting import compliance, counted, frame, headline, on_terminal, share, terminal
from ..wire import Scrubber
from . import files

SHOWN = 3
"""The most exchanges named for an unmet requirement."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a recording, gzipped or not, or a folder of them")
    parser.add_argument("--profile", metavar="NAME", help="what is expected of the endpoint (a run's own, else openai)")
    parser.add_argument("--fail-on", choices=["must", "should"], help="which unmet requirements count (a run's own choice, else must)")
    parser.add_argument("--host", action="append", default=[], metavar="NAME", help="judge only exchanges with this host; repeatable")
    parser.add_argument("--report-dir", metavar="DIR", help="draw the page of a run here, as judged.html")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    files.declare_key(parser)


def run(given: argparse.Namespace) -> int:
    """Judge the files and print the findings; the exit code is that of a run."""
    spare_collector()
    scrubber = files.scrubber_of(given)
    terms = RecordingTerms(given.profile, Level(given.fail_on) if given.fail_on else None, given.host, scrubber)
    found = files.or_complain(lambda: list(judge_files(_files(given.files), terms)))
    if given.json:
        print(json.dumps(scrubber.clean([_as_json(one) for one in found]), indent=2))
    else:
        files.say("\n\n".join(on_terminal("\n".join(_lines(one))) for one in found) or "nothing was judged", scrubber)
    if given.report_dir:
        drawn = files.or_complain(lambda: _draw(Path(given.report_dir), [one for one in found if isinstance(one, OfRun)], scrubber))
        if not given.json:
            files.say("\n".join(map(str, drawn)) or "no page: only runs have one", scrubber)
    return int(gravest(one.verdict for one in found))


def _files(given: Sequence[Path]) -> Iterator[Path]:
    """The named files, and the files in named folders."""
    for path in given:
        yield from sorted(inside for inside in path.iterdir() if inside.is_file()) if path.is_dir() else [path]


def _lines(found: OfRun | OfHost) -> Iterator[str]:
    """The findings, for a terminal."""
    if isinstance(found, OfRun):
        yield from terminal.summary(found.judged.catalog, found.judged.subject, found.verdict, found.judged.record.results)
        yield from (f"  {standing.requirement.id}: {_shown_by(standing, {})}" for standing in _unmet(found.verdict))
        yield f"{found.path} itself says: {found.record.footer['verdict'] if found.record.footer else 'cut off before its verdict'}"
        return
    facts = (found.base_url or "no host", counted(found.exchanges, "exchange"), f"profile {found.catalog.profile.name}")
    yield " · ".join((*facts, f"spec {found.catalog.snapshot}"))
    yield from (f"  left out {number}: {reason}" for reason, number in found.left_out.items())
    yield from _table(found)
    for standing in _unmet(found.verdict):
        yield from _unmet_lines(found, standing)
    yield found.verdict.sentence


def _unmet(verdict: Verdict) -> list[RequirementResult]:
    """The unmet requirements, gravest first."""
    return sorted((s for s in verdict.standings if s.unmet), key=lambda s: (-s.outcome.rank, s.requirement.level))


def _table(found: OfHost) -> Iterator[str]:
    """The table of areas and levels: how many of the judged requirements are met."""
    width = max(len(area) for area in found.catalog.areas) + 2
    if found.exchanges:
        yield f"  {'':<{width}}{'MUST':<12}SHOULD"
    for area in found.catalog.areas:
        cells = [[s for s in found.verdict.of_area(area, level) if s.judged] for level in (Level.MUST, Level.SHOULD)]
        if any(cells):
            counts = (f"{sum(s.met for s in cell)} of {len(cell)}" if cell else "–" for cell in cells)
            yield f"  {area:<{width}}{''.join(f'{count:<12}' for count in counts)}".rstrip()


def _unmet_lines(found: OfHost, standing: RequirementResult) -> Iterator[str]:
    """One unmet requirement: how often it was unmet, what was received, and the exchanges that show it."""
    requirement, symbol = standing.requirement, terminal.SYMBOLS[standing.outcome]
    worst = next(finding for finding in standing.findings if finding.outcome is standing.outcome)
    yield f"  {symbol} {requirement.id}  {requirement.level.upper()}  not met in {share(standing.missed, standing.judged, 'exchange')}"
    yield f"      {headline(worst).removeprefix(requirement.id + ': ')}"
    yield f"      {_shown_by(standing, found.places)}"


def _shown_by(standing: RequirementResult, places: Mapping[str, str]) -> str:
    """The first exchanges that break a requirement, and their places in the file."""
    names = list(dict.fromkeys(name for finding in standing.findings if finding.problems for name in finding.exchanges))
    shown = [name if places.get(name, name) == name else f"{name} ({places[name]})" for name in names[:SHOWN]]
    number = standing.missed if places else len(names)  # of a host's findings, only the first are kept
    more = f" and {number - SHOWN} more" if number > SHOWN else ""
    return f"shown by {', '.join(shown)}{more}"


def _draw(folder: Path, runs: Sequence[OfRun], scrubber: Scrubber) -> list[Path]:
    """Write each run's page; a single run's page is ``judged.html``."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for number, one in enumerate(runs, start=1):
        judged = one.judged
        path = folder / (f"judged-{number}.html" if len(runs) > 1 else "judged.html")
        page = compliance.fragment(judged.catalog, judged.subject, judged.verdict, judged.record)
        files.write(path, frame.standalone(f"Conformance of {judged.subject.base_url}, judged again", page), scrubber)
        drawn.append(path)
    return drawn


def _as_json(found: OfRun | OfHost) -> Data:
    """The findings, for programs."""
    if isinstance(found, OfRun):
        exchanges = sum(len(result.exchanges) for result in found.judged.record.results)
        facts = {"file": str(found.path), "base_url": found.judged.subject.base_url, "exchanges": exchanges, "left_out": {}}
        catalog = found.judged.catalog
    else:
        facts = {"base_url": found.base_url, "exchanges": found.exchanges, "left_out": dict(found.left_out)}
        catalog = found.catalog
    verdict = found.verdict
    facts |= {"profile": catalog.profile.name, "spec": catalog.snapshot, "verdict": verdict.sentence, "code": int(verdict.code)}
    return facts | {"requirements": [_standing_as_json(standing) for standing in verdict.standings if standing.judged]}


def _standing_as_json(standing: RequirementResult) -> Data:
    """A requirement's result, with every problem found."""
    return {
        "id": standing.requirement.id,
        "level": standing.requirement.level,
        "outcome": standing.outcome,
        "judged": standing.judged,
        "missed": standing.missed,
        "problems": [
            {"exchanges": list(finding.exchanges), "where": problem.where, "expected": problem.expected, "got": problem.got}
            for finding in standing.findings
            for problem in finding.problems
        ],
    }
