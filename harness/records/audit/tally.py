"""All that an audit keeps of the exchanges it has read. Two tallies add up to the tally of all their exchanges, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial

from ...checks import Reply
from ...model import Data, Finding, Outcome
from ..exchange_judging import says_not_offered
from ..recorded import Recorded
from .across import Across
from .bounded import Bounded, Number
from .counts import JUDGED, MISSED, WIDTH, AuditGroup, GroupCounts, Kind, kind_of
from .examples import EntryPlace, Examples, Ways

FIRST = 10
"""How many bad entries are told with their places."""

REASONS = 64
"""How many reasons to leave an entry out are told apart."""

WAITING = 24
"""How many endpoints that may not be offered are followed; each has counts of its own."""

THERE = 4_096
"""How many offered endpoints are known."""

LONGEST_NAME = 128


class Shown:
    """What exchanges showed: counts by group, and the ways in which requirements are missed."""

    def __init__(self) -> None:
        self.counts = GroupCounts()
        self.judged = 0
        self.unanswered = 0
        self.ways: dict[int, Ways] = {}
        self.errors: Bounded[Examples] = Bounded(16, Examples)

    def merge(self, other: Shown) -> None:
        """Add what other exchanges showed."""
        self.counts.merge(other.counts)
        self.judged += other.judged
        self.unanswered += other.unanswered
        for requirement, ways in other.ways.items():
            self.ways.setdefault(requirement, Ways()).merge(ways)
        self.errors.merge(other.errors)


class BadEntries:
    """How many entries could not be read, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[tuple[EntryPlace, str]] = []

    def add(self, where: EntryPlace, reason: str) -> None:
        """Count an entry."""
        self.count += 1
        self._keep([(where, reason)])

    def merge(self, other: BadEntries) -> None:
        """Add other entries."""
        self.count += other.count
        self._keep(other.first)

    def _keep(self, more: Iterable[tuple[EntryPlace, str]]) -> None:
        self.first = sorted([*self.first, *more])[:FIRST]


class AuditTally:
    """The sums of an audit, or of a part of it.

    An exchange with 404, 405 or 501 and no error object waits until it is known whether its host offers the endpoint at all.
    """

    def __init__(self) -> None:
        self.entries = 0
        self.octets = 0
        self.shown = Shown()
        self.waiting: Bounded[Shown] = Bounded(WAITING, Shown)
        self.there: Bounded[Number] = Bounded(THERE, Number)
        self.across = Across()
        self.bad = BadEntries()
        self.left_out: Bounded[Number] = Bounded(REASONS, Number)

    def leave_out(self, reason: str) -> None:
        """Count an entry that holds nothing to judge."""
        self.left_out.at((reason,)).value += 1

    def merge(self, other: AuditTally) -> None:
        """Add what other entries showed."""
        self.entries += other.entries
        self.octets += other.octets
        self.shown.merge(other.shown)
        self.waiting.merge(other.waiting)
        self.there.merge(other.there)
        self.across.merge(other.across)
        self.bad.merge(other.bad)
        self.left_out.merge(other.left_out)

    def resolved(self) -> tuple[Shown, dict[str, int]]:
        """What all exchanges showed that count, and how many do not as their endpoint is not offered, by reason.

        Reads the tally, and leaves it as it is.
        """
        shown, left_out = Shown(), {str(name[0]): number.value for name, number in self.left_out.items()}
        shown.merge(self.shown)
        for (host, endpoint), waiting in self.waiting.items():
            if (host, endpoint) in self.there:
                shown.merge(waiting)
            elif waiting.counts.all.exchanges:
                left_out[f"{host} does not offer the endpoint {endpoint}"] = waiting.counts.all.exchanges
        if self.waiting.rest.counts.all.exchanges:
            left_out["hosts that do not offer an endpoint, more than are told apart"] = self.waiting.rest.counts.all.exchanges
        if self.left_out.rest.value:
            left_out["other reasons"] = self.left_out.rest.value
        return shown, {reason: left_out[reason] for reason in sorted(left_out)}


class Counting:
    """Adds exchanges to a tally. ``numbers`` numbers the requirements; ``describe`` tells an example of a missed one."""

    def __init__(
        self,
        numbers: Mapping[str, int],
        musts: frozenset[str],
        seed: int,
        describe: Callable[[Finding, Recorded, Reply, AuditGroup], Data],
        way_of: Callable[[Finding], tuple[str, str]],
    ) -> None:
        self.tally = AuditTally()
        self._numbers = numbers
        self._musts = musts
        self._seed = seed
        self._describe = describe
        self._way_of = way_of

    def our_error(self, where: EntryPlace, kind: str) -> None:
        """Count an entry at which our own code failed."""
        self.tally.shown.errors.at((kind,)).add(self._seed, where, dict)

    def add(self, where: EntryPlace, recorded: Recorded, reply: Reply, findings: Iterable[Finding]) -> None:
        """Count an exchange."""
        group = group_of(recorded, reply)
        key = (group.host, group.route)
        if says_not_offered(reply):
            shown = self.tally.waiting.at(key)
        else:
            shown = self.tally.shown
            self.tally.there.at(key).value += 1
        pattern: list[int] = []
        judged = missed_must = unanswered = False
        for finding in findings:
            number = self._numbers[finding.requirement]
            if finding.outcome is Outcome.PASS:  # by far the most
                pattern.append(number * WIDTH)
                judged = True
                continue
            kind = kind_of(finding)
            pattern.append(number * WIDTH + kind)
            if kind in JUDGED:
                judged = True
            unanswered = unanswered or kind is Kind.THEIR_ERROR
            if kind is Kind.OUR_ERROR:
                shown.errors.at((finding.requirement,)).add(self._seed, where, partial(dict, error=finding.requirement))
            if kind in MISSED:
                missed_must = missed_must or (kind is Kind.FAILED and finding.requirement in self._musts)
                ways = shown.ways.get(number) or shown.ways.setdefault(number, Ways())
                ways.at(self._way_of(finding)).add(self._seed, where, partial(self._describe, finding, recorded, reply, group))
        shown.judged += judged
        shown.unanswered += unanswered
        shown.counts.add(group, tuple(pattern))
        self.tally.across.add(where, group, reply, missed=missed_must)


def group_of(recorded: Recorded, reply: Reply) -> AuditGroup:
    """What an exchange is counted under."""
    exchange = recorded.exchange
    model = reply.asked.get("model")
    if not isinstance(model, str) or not model:
        model = next((value for _, one in reply.objects[:1] if isinstance(value := one.get("model"), str)), "")
    route = f"{exchange.request.endpoint}, streamed" if reply.is_to_stream else exchange.request.endpoint
    hour = "" if exchange.started_at is None else _hour(exchange.started_at // 3_600)
    return AuditGroup(model[:LONGEST_NAME], recorded.host[:LONGEST_NAME], route, hour)


@lru_cache(maxsize=1_024)
def _hour(number: float) -> str:
    """The name of an hour, in UTC, by its number since 1970; empty if no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(number * 3_600, UTC):%Y-%m-%dT%H}"
    except (ValueError, OverflowError, OSError):
        return ""
