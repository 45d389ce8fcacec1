"""Writes a list of known failures: the current ones, or an old list in the current format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ..catalog import Catalog, ExchangeKind, matches
from ..checks import CHECKS, OF
from ..model import JUDGED, Case, CaseResult, Exchange, Finding, Outcome, Requirement, Step
from .known_failures import FAILING, UNSAID, Accept, KnownFailure, KnownFailures
from .occurrence import OTHER, Where, kinds_of, places_of

ABOUT = "about: Failures that we know of; each has a reason, and may have a day until which it is accepted."
AGAIN = 2
"""How often a case is repeated to find out whether its failure is flaky."""

MOST = 25
"""The most cases that are repeated, to limit the cost."""

KIND_SEEN = 3
"""How many findings must agree before an entry is limited to a kind of value; fewer may be chance."""

Replay = Callable[[Sequence[Case]], Sequence[CaseResult]]
"""Runs cases again."""


@dataclass(slots=True)
class _Group:
    """The failures of one requirement at one place that no entry accepts yet, and the number of all findings there."""

    requirement: str
    where: Where | None
    failures: list[Finding] = field(default_factory=list)
    judged: int = 0
    flaky: bool = False

    @property
    def key(self) -> tuple[str, Where | None]:
        """What identifies the group."""
        return (self.requirement, self.where)

    @property
    def entry(self) -> KnownFailure:
        """The entry that accepts this group, with a placeholder reason."""
        endpoint, mode = self.where or ("", "")
        kinds = {kind for finding in self.failures for kind in kinds_of(finding)}
        steady = len(kinds) == 1 and OTHER not in kinds and len(self.failures) >= KIND_SEEN and not self.flaky
        got = next(iter(kinds)) if steady else ""
        accept = Accept.FLAKY if self.flaky else Accept.FAILING
        return KnownFailure(self.requirement, UNSAID, "", endpoint=endpoint, mode=mode, got=got, accept=accept)


def written(
    catalog: Catalog,
    results: Sequence[CaseResult],
    outcomes: Iterable[Outcome],
    before: KnownFailures,
    *,
    complete: bool,
    undecided: Iterable[str] = (),
    replay: Replay | None = None,
) -> str:
    """A list of the current failures with these outcomes, by requirement, endpoint and mode, and of ``undecided`` requirements.

    Existing entries stay unchanged if they are still needed or if their cases were not run. With ``replay``, failures that do not
    occur everywhere are repeated; those that then pass are marked as flaky.
    """
    timeless = KnownFailures(before.entries, date.min)
    wanted = set(outcomes)
    needed: dict[KnownFailure, None] = {}
    groups: dict[tuple[str, Where | None], _Group] = {}
    for result in results:
        for finding in result.findings:
            entries = timeless.excuses(finding, result.exchanges) if finding.outcome in wanted else ()
            needed |= dict.fromkeys(entries)
            _add(groups, finding, result.exchanges, fails=finding.outcome in wanted and not entries)
    new = [group for group in groups.values() if group.failures]
    if replay is not None:
        _find_flaky(catalog, new, replay)
    open_ones = list(undecided)
    kept = [e for e in before.entries if e in needed or _stays(e, results, open_ones, complete=complete)]
    accepted = {entry.requirement for entry in kept if entry.accept is not Accept.FAILING}
    more = [KnownFailure(name, UNSAID, "", accept=Accept.UNDECIDED) for name in open_ones if name not in accepted]
    return as_text([*kept, *(group.entry for group in new), *more])


def _add(groups: dict[tuple[str, Where | None], _Group], finding: Finding, exchanges: Sequence[Exchange], *, fails: bool) -> None:
    """Count a finding at its places."""
    if not fails and finding.outcome not in JUDGED | FAILING:
        return
    for where in places_of(finding, exchanges) or (None,):
        group = groups.setdefault((finding.requirement, where), _Group(finding.requirement, where))
        group.judged += 1
        if fails:
            group.failures.append(finding)


def _stays(entry: KnownFailure, results: Sequence[CaseResult], undecided: Sequence[str], *, complete: bool) -> bool:
    """Whether an entry stays although no failure needed it."""
    if entry.accept is Accept.UNDECIDED:
        return not complete or entry.requirement in undecided
    decided = ((f, result.exchanges) for result in results for f in result.findings if f.outcome in JUDGED | FAILING)
    tried = any(entry.touches(finding, exchanges) for finding, exchanges in decided)
    return (entry.accept is Accept.FLAKY and tried) or (not complete and not tried)


def _find_flaky(catalog: Catalog, groups: Sequence[_Group], replay: Replay) -> None:
    """Repeat a failing case of each group that does not fail everywhere. If the requirement then passes, the group is flaky."""
    doubtful = [group for group in groups if len(group.failures) < group.judged or group.judged == 1]
    doubtful.sort(key=lambda group: (group.judged == 1, len(group.failures)))
    chosen: dict[str, list[_Group]] = {}
    for group in doubtful:
        names = [finding.case for finding in group.failures if finding.case in catalog.cases]
        name = next((name for name in names if name in chosen), names[0] if names and len(chosen) < MOST else None)
        if name is not None:
            chosen.setdefault(name, []).append(group)
    for _ in range(AGAIN):
        for result in replay([catalog.cases[name] for name in chosen]):
            passed = {finding.requirement for finding in result.findings if finding.outcome in (Outcome.PASS, Outcome.NOTE)}
            for group in chosen[result.case]:
                group.flaky |= group.requirement in passed


def rewritten(known: KnownFailures, catalog: Catalog) -> tuple[KnownFailure, ...]:
    """The entries of a list with the endpoint and mode of each case in place of its id. Entries that are then equal are merged."""
    found: dict[tuple[str, ...], KnownFailure] = {}
    for entry in known.entries:
        new = _without_case(entry, catalog)
        other = found.get(new.key)
        found[new.key] = new if other is None else _joined(other, new)
    return tuple(found.values())


def _without_case(entry: KnownFailure, catalog: Catalog) -> KnownFailure:
    """An entry with the endpoint and mode of its case, if they are unique, in place of the case id."""
    places = set(_places_in(catalog, entry.case, catalog.requirements[entry.requirement])) if entry.case else set()
    endpoint, mode = next(iter(places)) if len(places) == 1 else (entry.endpoint, entry.mode)
    return replace(entry, case="", endpoint=endpoint, mode=mode)


def _places_in(catalog: Catalog, case: str, requirement: Requirement) -> Iterator[Where]:
    """The places where a case can judge a requirement."""
    if case not in catalog.cases:
        return
    steps = catalog.cases[case].steps
    if requirement.when is None:
        named = [set(_steps_of(requirement, e.arguments, steps)) for e in catalog.cases[case].expect if e.requirement == requirement.id]
        steps = tuple(step for step in steps if any(step.id in names for names in named))
    for step in steps:
        where = _where(step)
        when = requirement.when
        kind = ExchangeKind(where.endpoint, step.method, step.wants, True, None, where.mode == "streamed", False)
        if when is None or matches(replace(when, status=(), event_stream=None), kind):
            yield where


def _steps_of(requirement: Requirement, arguments: Mapping[str, object], steps: Sequence[Step]) -> list[object]:
    """The steps that a case's expectation judges."""
    names = CHECKS[requirement.check].replies if requirement.check is not None else ()
    return [arguments.get(OF, steps[-1].id)] if len(names) <= 1 else [arguments[name] for name in names if name in arguments]


def _where(step: Step) -> Where:
    """The endpoint and mode of a step."""
    streams = isinstance(step.send, dict) and step.send.get("stream") is True
    return Where(step.endpoint, "streamed" if streams or step.query.get("stream") is True else "plain")


def _joined(one: KnownFailure, other: KnownFailure) -> KnownFailure:
    """Merge two entries about the same failure: both reasons, and the earlier day."""
    reasons = dict.fromkeys((*one.reason.split("; "), *other.reason.split("; ")))
    days = [entry.until for entry in (one, other) if entry.until is not None]
    return replace(one, reason="; ".join(reasons), until=min(days) if days else None)


def as_text(entries: Iterable[KnownFailure]) -> str:
    """The YAML of a list."""
    lines = [ABOUT, "known-failures:"]
    for entry in sorted(entries, key=lambda entry: (entry.requirement, entry.accept is Accept.UNDECIDED)):
        members = {
            "failure" if entry.case else "requirement": f"{entry.case}:{entry.requirement}" if entry.case else entry.requirement,
            "endpoint": entry.endpoint,
            "mode": entry.mode,
            "got": json.dumps(entry.got) if entry.got == "null" or entry.got[:1].isdigit() else entry.got,
            "accept": "" if entry.accept is Accept.FAILING else str(entry.accept),
            "reason": json.dumps(entry.reason, ensure_ascii=False),
            "until": str(entry.until or ""),
        }
        told = [f"{name}: {value}" for name, value in members.items() if value]
        lines += [f"  - {told[0]}", *(f"    {line}" for line in told[1:])]
    return "\n".join(lines if len(lines) > 2 else [ABOUT, "known-failures: []"]) + "\n"
