"""The list of known failures of a tested project. It lets a run pass without hiding new failures.

An entry names a requirement. It may be limited to an endpoint, to plain or streamed requests, to a kind of value that came instead, or to
one case. An entry that no longer fails, matches nothing or has expired fails the run, and the message says what to delete.
An entry can also accept a flaky failure, or a requirement that is not decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..catalog import Catalog, YamlError, own_schemas
from ..model import JUDGED, CaseResult, Exchange, Finding, Outcome
from .occurrence import Where, every_way, is_of_kind, places_of

FAILING = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})
UNSETTLED = frozenset({Outcome.INCONCLUSIVE, Outcome.BLOCKED})
UNSAID = "say here why this is accepted"
"""The placeholder reason of a new entry. A list that still contains it is refused."""


class KnownError(Exception):
    """A list that cannot be used. The text has one line for each complaint: file:line, what is wrong, what to do."""


class Accept(StrEnum):
    """What an entry accepts: a constant failure, a flaky failure, or a requirement that is not decided."""

    FAILING = "failing"
    FLAKY = "flaky"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry. Empty members set no limit. ``place`` is its file and line, ``until`` the last day on which it counts."""

    requirement: str
    reason: str
    place: str
    case: str = ""
    until: date | None = None
    endpoint: str = ""
    mode: str = ""
    got: str = ""
    accept: Accept = Accept.FAILING

    @property
    def failure(self) -> str:
        """The failure in short, for messages."""
        limits = ", ".join(part for part in (self.endpoint, self.mode, f"got {self.got}" if self.got else "") if part)
        name = f"{self.case}:{self.requirement}" if self.case else self.requirement
        return f"{name} ({limits})" if limits else name

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies the entry."""
        kind = Accept.UNDECIDED if self.accept is Accept.UNDECIDED else ""
        return (self.requirement, self.case, self.endpoint, self.mode, self.got, kind)

    def is_at(self, where: Where | None) -> bool:
        """Whether the entry applies to a place. If the place is unknown, only an entry without place limits applies."""
        if where is None:
            return not (self.endpoint or self.mode)
        return self.endpoint in ("", where.endpoint) and self.mode in ("", where.mode)

    def covers(self, finding: Finding, where: Where | None, value: str | None) -> bool:
        """Whether the entry accepts a finding with this value at this place."""
        named = finding.requirement == self.requirement and self.case in ("", finding.case)
        return named and self.is_at(where) and (not self.got or (value is not None and is_of_kind(value, self.got)))

    def touches(self, finding: Finding, exchanges: Sequence[Exchange]) -> bool:
        """Whether a finding, of any outcome, is about what the entry names. A finding with an unknown place counts."""
        if finding.requirement != self.requirement or self.case not in ("", finding.case):
            return False
        places = places_of(finding, exchanges)
        return not places or any(map(self.is_at, places))


@dataclass(frozen=True, slots=True)
class KnownFailures:
    """The entries of a list, today's date, and the file that holds the list, if it is one."""

    entries: tuple[KnownFailure, ...] = ()
    today: date = date.max
    file: str = ""

    def excuses(self, finding: Finding, exchanges: Sequence[Exchange]) -> tuple[KnownFailure, ...]:
        """The entries that together accept every value and place of a failure. Empty if one of these is not accepted."""
        if finding.outcome not in FAILING or not self.entries:
            return ()
        usable = [entry for entry in self.entries if entry.requirement == finding.requirement and self._accepts_failures(entry)]
        found: list[KnownFailure] = []
        for where, value in every_way(finding, exchanges):
            entry = next((entry for entry in usable if entry.covers(finding, where, value)), None)
            if entry is None:
                return ()
            found.append(entry)
        return tuple(dict.fromkeys(found))

    def undecided(self, requirement: str) -> KnownFailure | None:
        """The entry that accepts an undecided requirement, or ``None``. A flaky entry accepts this too."""
        accepting = (Accept.UNDECIDED, Accept.FLAKY)
        entries = (entry for entry in self.entries if entry.requirement == requirement and entry.accept in accepting)
        return next((entry for entry in entries if not self.is_over(entry)), None)

    def _accepts_failures(self, entry: KnownFailure) -> bool:
        return entry.accept is not Accept.UNDECIDED and not self.is_over(entry)

    def is_over(self, entry: KnownFailure) -> bool:
        """Whether an entry has expired."""
        return entry.until is not None and entry.until < self.today

    def stale(self, catalog: Catalog, results: Sequence[CaseResult], *, complete: bool) -> Iterator[str]:
        """The entries to delete, one sentence each. Only a ``complete`` run can show that a failure is gone everywhere."""
        if not self.entries:
            return
        by_requirement: dict[str, list[tuple[Finding, Sequence[Exchange]]]] = {}
        for result in results:
            for finding in result.findings:
                by_requirement.setdefault(finding.requirement, []).append((finding, result.exchanges))
        played = {result.case for result in results}
        for entry in self.entries:
            there = [(f, exchanges) for f, exchanges in by_requirement.get(entry.requirement, ()) if entry.touches(f, exchanges)]
            if (state := self._state(catalog, entry, there, played, complete=complete)) is not None:
                yield f"{entry.place}: {entry.failure} {state}"

    def _state(
        self,
        catalog: Catalog,
        entry: KnownFailure,
        there: Sequence[tuple[Finding, Sequence[Exchange]]],
        played: set[str],
        *,
        complete: bool,
    ) -> str | None:
        """Why to delete an entry, or ``None``. ``there`` holds the findings that it is about."""
        outcomes = {finding.outcome for finding, _ in there}
        failing = any(_is_failing(entry, finding, exchanges) for finding, exchanges in there)
        if self.is_over(entry):
            left = "it still fails: fix it or set a later date" if failing else "it no longer fails: delete it"
            return f"expired on {entry.until}: {left}"
        if entry.accept is Accept.UNDECIDED:
            return "is decided now: delete it" if complete and outcomes & (JUDGED | FAILING) else None
        if failing or outcomes & UNSETTLED:
            return None
        if outcomes & JUDGED:
            if entry.accept is Accept.FLAKY or not (complete or entry.case):
                return None
            return "no longer fails: delete it, or say accept: flaky if it comes and goes"
        arises = entry.case in played or (complete and not entry.case and not catalog.requirements[entry.requirement].occasional)
        return "matches nothing in this run: delete it" if arises and not there else None


def _is_failing(entry: KnownFailure, finding: Finding, exchanges: Sequence[Exchange]) -> bool:
    """Whether a finding is a failure that an entry is about."""
    return finding.outcome in FAILING and any(entry.covers(finding, where, value) for where, value in every_way(finding, exchanges))


def read_known(path: Path, catalog: Catalog, today: date, *, drafts: bool = False) -> KnownFailures:
    """Read a list. Raises ``KnownError`` with all mistakes, unknown names included. With ``drafts``, placeholder reasons are allowed."""
    from ..catalog import read_yaml_file

    try:
        document = read_yaml_file(path)
    except OSError as error:
        raise KnownError(f"{path}: cannot be read ({error}); --write-known-failures {path} writes one") from error
    except YamlError as error:
        raise KnownError(f"{path}:{error.line}: {error}") from error
    errors = own_schemas().errors("known-failures", document.value)
    if errors:
        raise KnownError("\n".join(f"{path}:{document.line(at)}: {p.sentence}" for at, p in errors))
    entries: list[KnownFailure] = []
    complaints: list[str] = []
    for index, item in enumerate(document.value["known-failures"]):
        place = f"{path}:{document.line(('known-failures', index))}"
        wrong = list(_wrong(catalog, item, drafts=drafts))
        complaints += [f"{place}: {text}" for text in wrong]
        if not wrong:
            entries.append(_entry(catalog, item, place))
    seen: set[Any] = set()
    for entry in entries:
        if entry.key in seen:
            complaints.append(f"{entry.place}: {entry.failure} is listed twice: delete one")
        seen.add(entry.key)
    if complaints:
        raise KnownError("\n".join(complaints))
    return KnownFailures(tuple(entries), today, str(path))


def _entry(catalog: Catalog, item: dict[str, Any], place: str) -> KnownFailure:
    """A valid entry, about the case of today. The old format names case and requirement in one text."""
    case, _, requirement = item["failure"].rpartition(":") if "failure" in item else ("", "", item["requirement"])
    until = date.fromisoformat(item["until"]) if "until" in item else None
    limits = {name: str(item[name]) for name in ("endpoint", "mode", "got") if name in item}
    case = catalog.aliases.get(case, case)
    return KnownFailure(requirement, item["reason"], place, case, until, **limits, accept=Accept(item.get("accept", Accept.FAILING)))


def _wrong(catalog: Catalog, item: dict[str, Any], *, drafts: bool) -> Iterator[str]:
    """The mistakes in an entry that fits the schema."""
    case, _, requirement = item.get("failure", item.get("requirement", "")).rpartition(":")
    if "failure" in item and "requirement" in item:
        yield "it has both failure and requirement: keep the requirement"
    if requirement not in catalog.requirements:
        yield f"there is no requirement {requirement!r}{_meant(requirement, catalog.requirements)}: correct it or delete the entry"
    cases = [*catalog.cases, *catalog.properties, *catalog.calls, *catalog.aliases]
    if case and case not in cases:
        yield f"there is no case {case!r}{_meant(case, cases)}: correct it or delete the entry"
    limits = [name for name in ("endpoint", "mode", "got") if name in item] + (["a case"] if case else [])
    if item.get("accept") == Accept.UNDECIDED and limits:
        yield f"accept: undecided is about the whole requirement: leave out {' and '.join(limits)}"
    if item["reason"].strip() == UNSAID and not drafts:
        yield f"reason: {UNSAID!r} is no reason: say why, in your own words"
    if "until" in item:
        try:
            date.fromisoformat(item["until"])
        except ValueError:
            yield f"until: {item['until']} is not a date"


def _meant(name: str, names: Iterable[str]) -> str:
    """A suggestion for a misspelt name; empty if there is none."""
    close = get_close_matches(name, list(names), n=1)
    return f" (is it {close[0]!r}?)" if close else ""
