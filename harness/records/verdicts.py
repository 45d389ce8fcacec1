"""Turns recordings into verdicts: one for each of our runs, and one for each host in other recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..catalog import Catalog, load
from ..judging import Exit, Verdict
from ..model import Level, Outcome, RunRecord
from ..wire import Scrubber
from .exchange_judging import ExchangeJudging, by_host, judge_host
from .forms import read
from .recorded import Recorded, Recording, UnreadableError
from .rejudge import judge_again
from .report import Judged

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
    """A host that others recorded. ``places`` locates each exchange; ``left_out`` counts exchanges that could not be judged, by reason."""

    base_url: str
    catalog: Catalog
    verdict: Verdict
    places: Mapping[str, str]
    left_out: Mapping[str, int]


def judge_files(files: Iterable[Path], terms: RecordingTerms) -> Iterator[OfRun | OfHost]:
    """Judge each of our runs, then each host. Raises ``UnreadableError`` and ``CatalogError``."""
    recordings = [terms.scrubber.clean(read(path)) for path in files]
    runs = {recording.path: recording.run for recording in recordings if recording.run is not None}
    foreign = by_host(recordings)
    there = {*map(_host, runs.values()), *foreign}
    for host in terms.hosts:
        if host not in there:
            raise UnreadableError(f"there is no exchange with the host {host!r}; there are: {', '.join(sorted(there)) or 'none'}.")
    for path, run in runs.items():
        if not terms.hosts or _host(run) in terms.hosts:
            yield OfRun(path, judge_again(run, profile=terms.profile, fail_on=terms.fail_on), run)
    yield from _foreign(recordings, {host: found for host, found in foreign.items() if not terms.hosts or host in terms.hosts}, terms)


def _foreign(recordings: Sequence[Recording], chosen: Mapping[str, Sequence[Recorded]], terms: RecordingTerms) -> Iterator[OfHost]:
    """Judge each chosen host. What belongs to no host is reported with the first."""
    left_out: Counter[str] = Counter()
    for recording in recordings:
        left_out.update(recording.left_out)
    if not chosen and (not left_out or terms.hosts):
        return
    catalog = load(profile=terms.profile or "openai")
    for host, exchanges in (chosen or {"": []}).items():
        seen = judge_host(catalog, host, exchanges)
        addresses = {recorded.base_url for recorded in exchanges}
        places = {recorded.exchange.id: recorded.place for recorded in seen.exchanges}
        left_out.update(seen.left_out)
        yield OfHost(addresses.pop() if len(addresses) == 1 else host, catalog, _verdict(seen, terms.fail_on), places, dict(left_out))
        left_out.clear()


def _host(run: RunRecord) -> str:
    return str(urlsplit(run.header["subject"]["base_url"]).netloc)


def _verdict(seen: ExchangeJudging, fail_on: Level | None) -> Verdict:
    """The verdict on exchanges. They can show unmet requirements, but never that an endpoint conforms."""
    levels = (Level.MUST, Level.SHOULD) if fail_on is Level.SHOULD else (Level.MUST,)
    missed = [(level, sum(s.unmet for s in seen.standings if s.requirement.level is level)) for level in levels]
    unanswered = sum(result.outcome is Outcome.ERROR for result in seen.results if result.findings)
    scope = f"{len(seen.results)} recorded exchange{'' if len(seen.results) == 1 else 's'}"
    if unmet := [f"{number} {level.upper()}" for level, number in missed if number]:
        sentence, code = f"not conformant: {' and '.join(unmet)} not met in {scope}", Exit.UNMET
    elif unanswered:
        sentence, code = f"incomplete: {unanswered} of {scope} have no answer", Exit.INCOMPLETE
    elif not seen.judged:
        sentence, code = "nothing was judged", Exit.NOTHING_JUDGED
    else:
        wanted = " and ".join(level.upper() for level in levels)
        sentence, code = f"no deviation: {wanted} requirements are met as far as {scope} can show", Exit.CONFORMS
    return Verdict(sentence, code, tuple(seen.standings), {})


def gravest(verdicts: Iterable[Verdict]) -> Exit:
    """The exit code of several verdicts together."""
    found = {verdict.code for verdict in verdicts}
    return next((code for code in GRAVEST if code in found), Exit.NOTHING_JUDGED)
