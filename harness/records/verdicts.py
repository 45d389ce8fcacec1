"""Turns recordings into verdicts: one for each of our runs, and one for each host in other recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlsplit

from ..catalog import Catalog, load
from ..judging import Exit, RequirementResult, Verdict
from ..model import Level, RunRecord
from ..wire import Scrubber
from .exchange_judging import HostTally, tally_by_host
from .forms import opened
from .recorded import Recorded, UnreadableError
from .rejudge import judge_again
from .report import Judged
from .tally import Tally

GRAVEST = (Exit.OUR_FAULT, Exit.UNMET, Exit.INTERRUPTED, Exit.INCOMPLETE, Exit.CONFORMS, Exit.NOTHING_JUDGED)
"""The exit code of several verdicts is the first of these that occurs."""


@dataclass(frozen=True, slots=True)
class RecordingTerms:
    """The terms for judging recordings. Our own runs keep their profile and level unless these are given."""

    profile: str | None = None
    fail_on: Level | None = None
    hosts: Sequence[str] = ()
    scrubber: Scrubber = field(default_factory=Scrubber)


@dataclass(frozen=True, slots=True)
class OfRun:
    """One of our runs, judged again, and its file."""

    path: Path
    judged: Judged
    record: RunRecord

    @property
    def verdict(self) -> Verdict:
        """The verdict by the current requirements."""
        return self.judged.verdict


@dataclass(frozen=True, slots=True)
class OfHost:
    """A host that others recorded, and how many of its ``exchanges`` were judged.

    ``places`` locates those that its findings name; ``left_out`` counts exchanges that could not be judged, by reason.
    """

    base_url: str
    catalog: Catalog
    verdict: Verdict
    exchanges: int
    places: Mapping[str, str]
    left_out: Mapping[str, int]


def judge_files(files: Iterable[Path], terms: RecordingTerms) -> Iterator[OfRun | OfHost]:
    """Judge each of our runs, then each host. Exchanges are judged as they are read. Raises ``UnreadableError`` and ``CatalogError``."""
    reading = _Reading(terms)
    exchanges = reading.exchanges(files)
    begun = list(islice(exchanges, 1))
    catalog = load(profile=terms.profile or "openai") if begun or reading.left_out else None
    hosts = {} if catalog is None else tally_by_host(catalog, chain(begun, exchanges))
    there = {*map(_host, reading.runs.values()), *reading.hosts}
    for host in terms.hosts:
        if host not in there:
            raise UnreadableError(f"there is no exchange with the host {host!r}; there are: {', '.join(sorted(there)) or 'none'}.")
    for path, run in reading.runs.items():
        if not terms.hosts or _host(run) in terms.hosts:
            yield OfRun(path, judge_again(run, profile=terms.profile, fail_on=terms.fail_on), run)
    if catalog is not None:
        yield from _of_hosts(catalog, hosts, reading.left_out, terms)


def _of_hosts(catalog: Catalog, hosts: Mapping[str, HostTally], left_out: Counter[str], terms: RecordingTerms) -> Iterator[OfHost]:
    """The verdict on each host. What belongs to no host is reported with the first."""
    found = hosts or ({} if terms.hosts else {"": HostTally("")})
    for host, seen in found.items():
        address = seen.addresses[0] if len(seen.addresses) == 1 else host
        verdict = _verdict(seen.tally, seen.tally.standings(catalog), terms.fail_on)
        yield OfHost(address, catalog, verdict, seen.tally.exchanges, seen.tally.places, dict(left_out + seen.left_out))
        left_out = Counter()


@dataclass(slots=True)
class _Reading:
    """Files that are being read: the runs among them, the hosts of the others, and what cannot be judged, by reason."""

    terms: RecordingTerms
    runs: dict[Path, RunRecord] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def exchanges(self, files: Iterable[Path]) -> Iterator[Recorded]:
        """The chosen hosts' exchanges, as they are read."""
        scrubber, chosen = self.terms.scrubber, frozenset(self.terms.hosts)
        for path in files:
            source = opened(path)
            if source.run is not None:
                self.runs[path] = scrubber.clean(source.run)
            for recorded in source.exchanges:
                self.hosts.add(recorded.host)
                if not chosen or recorded.host in chosen:
                    yield scrubber.clean(recorded) if scrubber.knows_any else recorded
            self.left_out.update(scrubber.clean(source.left_out))


def _host(run: RunRecord) -> str:
    return str(urlsplit(run.header["subject"]["base_url"]).netloc)


def _verdict(tally: Tally, standings: tuple[RequirementResult, ...], fail_on: Level | None) -> Verdict:
    """The verdict on exchanges."""
    unmet = {level: sum(s.unmet for s in standings if s.requirement.level is level) for level in Level}
    sentence, code = said_of(unmet, tally.exchanges, tally.judged, tally.unanswered, fail_on)
    return Verdict(sentence, code, standings, {})


def said_of(unmet: Mapping[Level, int], exchanges: int, judged: int, unanswered: int, fail_on: Level | None) -> tuple[str, Exit]:
    """What is said of exchanges. They can show unmet requirements, but never that an endpoint conforms."""
    levels = (Level.MUST, Level.SHOULD) if fail_on is Level.SHOULD else (Level.MUST,)
    scope = f"{exchanges} recorded exchange{'' if exchanges == 1 else 's'}"
    if missed := [f"{unmet[level]} {level.upper()}" for level in levels if unmet[level]]:
        return f"not conformant: {' and '.join(missed)} not met in {scope}", Exit.UNMET
    if unanswered:
        return f"incomplete: {unanswered} of {scope} have no answer", Exit.INCOMPLETE
    if not judged:
        return "nothing was judged", Exit.NOTHING_JUDGED
    wanted = " and ".join(level.upper() for level in levels)
    return f"no deviation: {wanted} requirements are met as far as {scope} can show", Exit.CONFORMS


def gravest(verdicts: Iterable[Verdict]) -> Exit:
    """The exit code of several verdicts together."""
    found = {verdict.code for verdict in verdicts}
    return next((code for code in GRAVEST if code in found), Exit.NOTHING_JUDGED)
