"""What only many exchanges show: repeated ids, shares, counts that never vary, and how a model changes from day to day."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from ...checks import Reply
from .bounded import Bounded, Number
from .counts import AuditGroup
from .examples import EntryPlace
from .masking import value

IDS = 32_768
"""How many ids are followed. If there are more, those followed are a fair sample, drawn by hash, and each of them is counted exactly."""

SHARES = 4_096
SPANS = 1_024
DAYS = 4_096
LONGEST_ID = 64
"""The most characters of an id that are kept."""

CREATING = frozenset({"chat", "completions", "responses"})
"""Endpoints whose replies get an id of their own."""

TOKENS = {"prompt_tokens": True, "input_tokens": True, "completion_tokens": False, "output_tokens": False}
"""Counts of tokens, and whether they count the request."""


class Seen:
    """One id: how many replies had it, the lowest and the highest hash of these replies, and the first and the last place."""

    __slots__ = ("count", "first", "high", "last", "low")

    def __init__(self) -> None:
        self.count = 0
        self.low: int | None = None
        self.high: int | None = None
        self.first: EntryPlace | None = None
        self.last: EntryPlace | None = None

    def add(self, content: int, where: EntryPlace) -> None:
        """Count a reply."""
        self.count += 1
        self.low = content if self.low is None else min(self.low, content)
        self.high = content if self.high is None else max(self.high, content)
        self.first = where if self.first is None else min(self.first, where)
        self.last = where if self.last is None else max(self.last, where)

    def merge(self, other: Seen) -> None:
        """Add other replies."""
        if other.low is None or other.high is None or other.first is None or other.last is None:
            return
        count = self.count + other.count
        self.add(other.low, other.first)
        self.add(other.high, other.last)
        self.count = count

    @property
    def repeats(self) -> bool:
        """Whether different replies had this id. The same reply again is a reply logged twice, or one from a cache."""
        return self.low != self.high


class Span:
    """The range of a token count, and that of the length of what it counts."""

    __slots__ = ("count", "length", "tokens")

    def __init__(self) -> None:
        self.count = 0
        self.tokens: tuple[int, int] | None = None
        self.length: tuple[int, int] | None = None

    def add(self, tokens: int, length: int) -> None:
        """Add one count."""
        self.count += 1
        self.tokens = _wider(self.tokens, (tokens, tokens))
        self.length = _wider(self.length, (length, length))

    def merge(self, other: Span) -> None:
        """Add other counts."""
        self.count += other.count
        self.tokens, self.length = _wider(self.tokens, other.tokens), _wider(self.length, other.length)


def _wider(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


FACTS = ("exchanges", "refused", "failed", "missed", "finished", "cut_short", "called", "measured", "tokens", "timed", "microseconds")
"""What is added up of a model's day: exchanges, statuses from 400 and from 500, exchanges that miss a MUST, those with a finish reason,
those cut by length and those that call a tool; and sums, each after the number of its summands."""


class Day:
    """One model's day at one host, in whole numbers, so that the order of adding does not matter."""

    __slots__ = ("sums",)

    def __init__(self) -> None:
        self.sums = [0] * len(FACTS)

    def add(self, facts: tuple[int, ...]) -> None:
        """Add an exchange."""
        self.sums = [one + other for one, other in zip(self.sums, facts, strict=True)]

    def merge(self, other: Day) -> None:
        """Add other exchanges of the day."""
        self.add(tuple(other.sums))


class _Facts(NamedTuple):
    """What the rules need of a reply."""

    ids: str
    finish: str
    tokens: dict[str, int]
    written: int


class Across:
    """All that is remembered for the rules that need many exchanges."""

    def __init__(self) -> None:
        self.ids = Bounded(IDS, Seen)
        self.shares = Bounded(SHARES, Number)
        self.spans = Bounded(SPANS, Span)
        self.days = Bounded(DAYS, Day)

    def add(self, where: EntryPlace, group: AuditGroup, reply: Reply, *, missed: bool) -> None:
        """Take notice of an exchange."""
        exchange, facts = reply.exchange, _facts(reply)
        host, model, route = group.host, group.model, group.route
        status = 0 if exchange.status is None else exchange.status
        self.shares.at((host, model, route, "status", str(status or "none"))).value += 1
        if facts.finish:
            self.shares.at((host, model, route, "finish", facts.finish)).value += 1
        if facts.ids:
            content = int.from_bytes(blake2b(exchange.body, digest_size=6).digest())
            self.ids.at((host, route, _short(facts.ids))).add(content, where)
        for name, tokens in facts.tokens.items():
            length = len(exchange.request.body) if TOKENS[name] else facts.written
            self.spans.at((host, model, route, name)).add(tokens, length)
        if group.hour:
            written = next((count for name, count in facts.tokens.items() if not TOKENS[name]), None)
            took = int(exchange.seconds * 1_000_000)
            self.days.at((host, model, route, group.hour[:10])).add(
                (
                    1,
                    int(400 <= status < 500),
                    int(status >= 500 or status == 0),
                    int(missed),
                    int(bool(facts.finish)),
                    int(facts.finish == "length"),
                    int(facts.finish == "tool_calls"),
                    int(written is not None),
                    written or 0,
                    int(took > 0),
                    took,
                )
            )

    def merge(self, other: Across) -> None:
        """Add what other exchanges showed."""
        self.ids.merge(other.ids)
        self.shares.merge(other.shares)
        self.spans.merge(other.spans)
        self.days.merge(other.days)


def _facts(reply: Reply) -> _Facts:
    exchange = reply.exchange
    if exchange.status != 200 or exchange.request.endpoint not in (*CREATING, "embeddings"):
        return _Facts("", "", {}, 0)
    name = reply.objects[0][1].get("id") if reply.objects and exchange.request.endpoint in CREATING else None
    reasons = next(iter(reply.finish_reasons.values()), [])
    counted = reply.usage[1] if reply.usage is not None else {}
    tokens = {name: counted[name] for name in TOKENS if type(counted.get(name)) is int}
    return _Facts(
        name if isinstance(name, str) else "",
        value(reasons[-1][1], "") if reasons else "",
        tokens,
        sum(map(len, reply.texts.values())),
    )


def _short(word: str) -> str:
    """An id; a hash of one that is too long to be kept."""
    return word if len(word) <= LONGEST_ID else blake2b(word.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
