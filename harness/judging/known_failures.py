"""Failures that a tested project knows of: a list of its own, which lets a run pass without hiding anything new.

An entry names a requirement, or a case and a requirement. It has to earn its place: one that no longer fails, that matches nothing or that
has expired fails the run, and says what to delete.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from ..catalog import Catalog, YamlError, own_schemas, read_yaml
from ..model import JUDGED, CaseResult, Finding, Outcome

FAILING = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR})
UNSETTLED = frozenset({Outcome.INCONCLUSIVE, Outcome.BLOCKED})
UNSAID = "say here why this is accepted"


class KnownError(Exception):
    """A list that cannot be used; the text has one line for each complaint: file:line, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry. Without a ``case`` it is about all cases; ``place`` is its file and line, ``until`` the last day on which it counts."""

    requirement: str
    reason: str
    place: str
    case: str = ""
    until: date | None = None

    @property
    def failure(self) -> str:
        """What it is about, as it is written."""
        return f"{self.case}:{self.requirement}" if self.case else self.requirement

    def matches(self, finding: Finding) -> bool:
        """Whether a finding is what the entry is about."""
        return finding.requirement == self.requirement and self.case in ("", finding.case)


@dataclass(frozen=True, slots=True)
class KnownFailures:
    """The entries of a list, and the day on which they are looked at."""

    entries: tuple[KnownFailure, ...] = ()
    today: date = date.max

    def excuse(self, finding: Finding) -> KnownFailure | None:
        """The entry that accepts a failure, or ``None``."""
        if finding.outcome not in FAILING:
            return None
        return next((entry for entry in self.entries if entry.matches(finding) and not self._is_over(entry)), None)

    def _is_over(self, entry: KnownFailure) -> bool:
        return entry.until is not None and entry.until < self.today

    def stale(self, catalog: Catalog, results: Sequence[CaseResult], *, complete: bool) -> Iterator[str]:
        """What has to go from the list, a sentence each. Only a ``complete`` run shows that something fails nowhere."""
        findings = [finding for result in results for finding in result.findings]
        played = {result.case for result in results}
        for entry in self.entries:
            matching = [finding for finding in findings if entry.matches(finding)]
            failing = any(finding.outcome in FAILING for finding in matching)
            if self._is_over(entry):
                state = "it still fails; mend it, or give it another day" if failing else "it does not fail any more, delete it"
                yield f"{entry.place}: {entry.failure} expired on {entry.until}: {state}"
            elif not failing and not any(finding.outcome in UNSETTLED for finding in matching):
                if any(finding.outcome in JUDGED for finding in matching) and (complete or entry.case):
                    yield f"{entry.place}: {entry.failure} no longer fails: delete it"
                elif not matching and (entry.case in played or (complete and not entry.case and self._should_arise(catalog, entry))):
                    yield f"{entry.place}: {entry.failure} matches nothing in this run: delete it"

    def _should_arise(self, catalog: Catalog, entry: KnownFailure) -> bool:
        """Whether a whole run has to show what an entry is about."""
        return not catalog.requirements[entry.requirement].occasional


def read_known(path: Path, catalog: Catalog, today: date) -> KnownFailures:
    """Read a list; ``KnownError`` tells all that is wrong with it, unknown names included."""
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(f"{path}: cannot be read ({error}); --write-known-failures {path} writes one") from error
    except YamlError as error:
        raise KnownError(f"{path}:{error.line}: {error}") from error
    errors = own_schemas().errors("known-failures", document.value)
    if errors:
        raise KnownError("\n".join(f"{path}:{document.line(at)}: {p.where or '/'}: expected {p.expected}, got {p.got}" for at, p in errors))
    entries: list[KnownFailure] = []
    complaints: list[str] = []
    for index, item in enumerate(document.value["known-failures"]):
        place = f"{path}:{document.line(('known-failures', index))}"
        case, _, requirement = item["failure"].rpartition(":")
        complaints += [f"{place}: {text}" for text in _unknown(catalog, case, requirement)]
        try:
            until = date.fromisoformat(item["until"]) if "until" in item else None
        except ValueError:
            complaints.append(f"{place}: until: there is no day {item['until']}")
            continue
        entries.append(KnownFailure(requirement, item["reason"], place, case, until))
    named = [entry.failure for entry in entries]
    complaints += [f"{e.place}: {e.failure} is listed twice: delete one" for i, e in enumerate(entries) if e.failure in named[:i]]
    if complaints:
        raise KnownError("\n".join(complaints))
    return KnownFailures(tuple(entries), today)


def _unknown(catalog: Catalog, case: str, requirement: str) -> Iterator[str]:
    """What is wrong with the names of an entry."""
    if requirement not in catalog.requirements:
        yield f"there is no requirement {requirement!r}{_meant(requirement, catalog.requirements)}: mend it or delete the entry"
    cases = [*catalog.cases, *catalog.properties, *catalog.calls]
    if case and case not in cases:
        yield f"there is no case {case!r}{_meant(case, cases)}: mend it or delete the entry"


def _meant(name: str, names: Iterable[str]) -> str:
    """What somebody may have meant."""
    close = get_close_matches(name, list(names), n=1)
    return f" (is it {close[0]!r}?)" if close else ""


def written(results: Sequence[CaseResult], outcomes: Iterable[Outcome], before: KnownFailures, *, complete: bool) -> str:
    """A list of today's failures with these outcomes: by requirement where all cases of a ``complete`` run failed, else case by case.

    Entries that are there already keep their reasons and dates; those that a part of the suite did not try stay.
    """
    wanted = set(outcomes)
    judged: dict[str, list[Finding]] = {}
    for finding in (finding for result in results for finding in result.findings if finding.outcome in JUDGED | FAILING):
        judged.setdefault(finding.requirement, []).append(finding)
    kept = {entry.failure: entry for entry in before.entries}
    untried = [e.failure for e in before.entries if not complete and not any(map(e.matches, judged.get(e.requirement, ())))]
    names = [
        name for requirement, findings in sorted(judged.items()) for name in _named(requirement, findings, wanted, kept, whole=complete)
    ]
    lines = ["about: Failures that we know of; each has a reason, and may have a day until which it is accepted.", "known-failures:"]
    for name in [*names, *untried]:
        entry = kept.get(name)
        lines += [f"  - failure: {name}", f"    reason: {json.dumps(entry.reason if entry else UNSAID, ensure_ascii=False)}"]
        lines += [f"    until: {entry.until}"] if entry is not None and entry.until is not None else []
    if len(lines) == 2:
        lines[-1] += " []"
    return "\n".join(lines) + "\n"


def _named(requirement: str, findings: Sequence[Finding], wanted: Container[Outcome], kept: Container[str], *, whole: bool) -> list[str]:
    """The entries that a requirement's failures need."""
    failing = [finding for finding in findings if finding.outcome in wanted]
    everywhere = whole and len(failing) == len(findings) and len(failing) > 1
    if failing and (everywhere or requirement in kept):
        return [requirement]
    return [f"{finding.case}:{requirement}" for finding in failing]
