"""Judges recorded exchanges by the requirements that one exchange decides alone, without case, endpoint or list of models.

Exchanges come one by one, and only counts and a bounded number of findings stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..catalog import SETTINGS, Catalog
from ..checks import Reply
from ..judging import Judge, RequirementResult
from ..model import Finding, Outcome
from .forms import opened
from .recorded import Lost, Recorded
from .tally import Tally

SPELLING = frozenset({"body_is_json_object", "body_begins_with_json", "members_are_not_repeated", "integers_are_plain"})
"""Checks of how JSON is spelled."""

NOT_OFFERED = frozenset({404, 405, 501})

REMEMBERED = 100_000
"""How many ids of exchanges are remembered to tell equal ones apart. After so many, an exchange is named by its place."""


class ExchangeJudge:
    """Judges single exchanges. What a recording cannot show, as it lacks the run's models and perhaps more, is left out."""

    def __init__(self, catalog: Catalog) -> None:
        self._judge = Judge(catalog, {})
        known = catalog.requirements.values()
        unsaid = {r.id for r in known if any(value in SETTINGS for value in r.arguments.values() if isinstance(value, str))}
        spelling = {r.id for r in known if r.check in SPELLING}
        self._headers = frozenset(r.id for r in known if r.check == "header_is_present")
        self._unsaid = {False: frozenset(unsaid), True: frozenset(unsaid | spelling)}

    def findings(self, recorded: Recorded, reply: Reply) -> tuple[Finding, ...]:
        """The findings of an exchange; ``reply`` is its reply."""
        unsaid = self._unsaid[Lost.SPELLING in recorded.lost]
        found = [finding for finding in self._judge.reply(reply) if finding.requirement not in unsaid]
        if Lost.HEADERS in recorded.lost:
            return tuple([finding for finding in found if not finding.problems or finding.requirement not in self._headers])
        return tuple(found)


@dataclass(slots=True)
class HostTally:
    """What the exchanges with one host showed. ``addresses`` has the first two base URLs.

    An endpoint that only ever answered 404, 405 or 501 without an error object is not offered: its exchanges are left out.
    """

    host: str
    tally: Tally = field(default_factory=Tally)
    addresses: list[str] = field(default_factory=list)
    _there: set[str] = field(default_factory=set)
    _waiting: dict[str, tuple[Tally, Counter[int | None]]] = field(default_factory=dict)

    def add(self, number: int, recorded: Recorded, reply: Reply, findings: Iterable[Finding]) -> None:
        """Count an exchange."""
        if len(self.addresses) < 2 and recorded.base_url not in self.addresses:
            self.addresses.append(recorded.base_url)
        endpoint, tally = recorded.exchange.request.endpoint, self.tally
        if endpoint not in self._there:
            if says_not_offered(reply):
                tally, statuses = self._waiting.setdefault(endpoint, (Tally(), Counter()))
                statuses[recorded.exchange.status] += 1
            else:
                self._there.add(endpoint)
                tally.merge(self._waiting.pop(endpoint, (Tally(), Counter()))[0])
        tally.add(number, recorded.place, findings)

    @property
    def left_out(self) -> Counter[str]:
        """How many exchanges were left out, by reason."""
        waiting = ((endpoint, *entry) for endpoint, (_, statuses) in self._waiting.items() for entry in statuses.items())
        return Counter({f"the endpoint {endpoint} is not offered (status {status})": number for endpoint, status, number in waiting})

    def unmet(self, catalog: Catalog) -> list[RequirementResult]:
        """The unmet requirements, gravest first."""
        return sorted((s for s in self.tally.standings(catalog) if s.unmet), key=lambda s: -s.outcome.rank)


def tally_by_host(catalog: Catalog, exchanges: Iterable[Recorded]) -> dict[str, HostTally]:
    """Judge exchanges as they come, and count what each host showed. Memory does not grow with their number."""
    judge = ExchangeJudge(catalog)
    found: dict[str, HostTally] = {}
    for number, recorded in enumerate(_told_apart(exchanges)):
        host = recorded.host
        if host not in found:
            found[host] = HostTally(host)
        reply = Reply(recorded.exchange)
        found[host].add(number, recorded, reply, judge.findings(recorded, reply))
    return found


def _told_apart(exchanges: Iterable[Recorded]) -> Iterator[Recorded]:
    """The exchanges, each with an id of its own."""
    names: Counter[str] = Counter()
    for recorded in exchanges:
        name = recorded.exchange.id
        if name in names or len(names) < REMEMBERED:
            names[name] += 1
            told = name if names[name] == 1 else f"{name}~{names[name]}"
        else:
            told = recorded.place
        yield recorded if told == name else replace(recorded, exchange=replace(recorded.exchange, id=told))


def says_not_offered(reply: Reply) -> bool:
    """Whether a reply looks as if its endpoint was not there."""
    return reply.exchange.status in NOT_OFFERED and not isinstance(reply.object.get("error"), dict)


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many of a host's exchanges were read and judged, and the ids of the exchanges that break each MUST requirement.

    ``judgements`` counts the requirements judged, summed over the exchanges.
    """

    read: int
    judged: int
    judgements: int
    musts: Mapping[str, tuple[str, ...]]


def false_alarms(catalog: Catalog, path: Path, besides: Iterable[str] = ()) -> dict[str, Alarms]:
    """By host, the MUST requirements that a file's exchanges break. ``besides`` lists ids of exchanges to skip.

    On the reference provider's traffic each is a false alarm: the requirement, its level or its check is wrong.
    """
    skipped = frozenset(besides)
    found: dict[str, Alarms] = {}
    for host, seen in tally_by_host(catalog, (one for one in opened(path).exchanges if one.exchange.id not in skipped)).items():
        musts = {
            s.requirement.id: tuple(f.case for f in s.findings if f.outcome is Outcome.FAIL)
            for s in seen.unmet(catalog)
            if s.outcome is Outcome.FAIL
        }
        judgements = sum(counts.judged for counts in seen.tally.requirements.values())
        read = seen.tally.exchanges + sum(seen.left_out.values())
        found[host] = Alarms(read, seen.tally.judged, judgements, musts)
    return found
