"""Timings from the record: distributions by kind of request, and a timeline of the run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ...checks import Reply
from ...model import CaseResult, Exchange, Json, Outcome
from .arrivals import arrival_times
from .drawing import duration

PERCENTILES = (50, 95, 99)
WIDTH = 1_000
"""The drawings' own width."""

LANE = 10
"""The height of a lane of the timeline, in the drawing's own units."""

LANES = 60
"""The most lanes drawn; a record from elsewhere may have any number of concurrent requests."""

SLOWEST = 10
"""The number of slowest requests named."""

LEAST_TOKENS = 8
"""The fewest tokens for which a rate is meaningful."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement, and the case it was taken in."""

    value: float
    case: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """The measurements of one kind for one kind of request. ``ticks`` and ``marks`` are where the drawing has them and the percentiles."""

    request: str
    what: str
    number: int
    percentiles: Sequence[str]
    extreme: str
    case: str
    ticks: Sequence[int]
    marks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    """One request on the timeline."""

    x: int
    y: int
    width: int
    tone: str
    told: str


@dataclass(frozen=True, slots=True)
class SlowRequest:
    """A request that took long, and when it began."""

    case: str
    exchange: Exchange
    began: float


@dataclass(frozen=True, slots=True)
class RunTimeline:
    """Which requests were in flight when: bars in lanes, over ``seconds``."""

    bars: Sequence[Bar]
    height: int
    lanes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Times:
    """All timings; ``rows`` is empty if no request was answered."""

    rows: Sequence[Distribution]
    timeline: RunTimeline | None
    slowest: Sequence[SlowRequest]


@dataclass(slots=True)
class _Samples:
    """The measurements of one kind of request, by name."""

    by_name: dict[str, list[Measured]] = field(default_factory=dict)

    def add(self, name: str, case: str, *values: float) -> None:
        """Take measurements."""
        self.by_name.setdefault(name, []).extend(Measured(value, case) for value in values)


RATE = "tokens a second"


def times(results: Iterable[CaseResult]) -> Times:
    """The times of a run."""
    found: dict[str, _Samples] = {}
    sent = [(result, exchange) for result in results for exchange in result.exchanges]
    for result, exchange in sent:
        if exchange.status is not None and exchange.status < 300 and exchange.trouble is None and exchange.seconds > 0:
            reply = Reply(exchange)
            kind = f"{exchange.request.endpoint}, streamed" if reply.is_event_stream else exchange.request.endpoint
            _measure(found.setdefault(kind, _Samples()), result.case, reply)
    rows = [_distribution(kind, name, samples) for kind in sorted(found) for name, samples in found[kind].by_name.items() if samples]
    begun = [(result, exchange) for result, exchange in sent if exchange.started_at is not None and exchange.seconds > 0]
    return Times(rows, _timeline(begun), _slowest(begun))


def _measure(samples: _Samples, case: str, reply: Reply) -> None:
    """Add the measurements of one reply."""
    exchange = reply.exchange
    if exchange.arrivals:
        samples.add("first byte", case, exchange.arrivals[0].seconds)
    arrived = list(_token_times(reply)) if reply.is_event_stream else []
    if arrived:
        samples.add("first token", case, arrived[0])
        samples.add("gap between deltas", case, *(later - earlier for earlier, later in pairwise(arrived)))
        flowing = arrived[-1] - arrived[0]
        if (tokens := _tokens(reply)) >= LEAST_TOKENS and flowing > 0:
            samples.add(RATE, case, tokens / flowing)
    samples.add("whole reply", case, exchange.seconds)


def _token_times(reply: Reply) -> Iterator[float]:
    """The arrival times of a stream's events that carry text or a part of a tool call."""
    arrived = arrival_times(reply)
    for payload in reply.payloads:
        if payload.event.number in arrived and brings_tokens(payload.parsed.value):
            yield arrived[payload.event.number]


def brings_tokens(value: Json) -> bool:
    """Whether an event carries model output, in the form of chat, text completions or responses."""
    if not isinstance(value, dict):
        return False
    if str(value.get("type", "")).endswith(".delta"):
        return bool(value.get("delta"))
    choices = value.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        delta = choice.get("delta") if isinstance(choice, dict) else None
        told: Mapping[str, Json] = delta if isinstance(delta, dict) else choice if isinstance(choice, dict) else {}
        if any(told.get(name) for name in ("content", "text", "tool_calls", "refusal", "reasoning", "reasoning_content")):
            return True
    return False


def _tokens(reply: Reply) -> int:
    """The number of output tokens the endpoint reports; 0 if it reports none."""
    usage = reply.usage[1] if reply.usage else {}
    counts = [usage.get(name) for name in ("completion_tokens", "output_tokens")]
    return next((count for count in counts if type(count) is int), 0)


def _distribution(kind: str, name: str, samples: Sequence[Measured]) -> Distribution:
    """A row of the table. For a rate, the lowest value is the slowest."""
    ordered = sorted(samples, key=lambda sample: sample.value, reverse=name == RATE)
    values = [sample.value for sample in ordered]
    shown = _rate if name == RATE else duration
    chosen = [percentile(values, number) for number in PERCENTILES]
    low, high = min(values), max(values)
    ticks = list(dict.fromkeys(_position(value, low, high) for value in values))
    marks = [_position(value, low, high) for value in chosen[:2]]
    return Distribution(kind, name, len(values), [shown(value) for value in chosen], shown(values[-1]), ordered[-1].case, ticks, marks)


def percentile(ordered: Sequence[float], number: int) -> float:
    """The nearest-rank percentile of values in order."""
    return ordered[max(0, math.ceil(number / 100 * len(ordered)) - 1)]


def _position(value: float, low: float, high: float) -> int:
    """A value's relative position between two others, on a logarithmic scale if all are above zero."""
    if high <= low:
        return WIDTH // 2
    if low > 0:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return 5 + round((value - low) / (high - low) * (WIDTH - 10))


def _rate(value: float) -> str:
    return f"{value:,.0f}/s" if value >= 10 else f"{value:.1f}/s"


def _timeline(begun: Sequence[tuple[CaseResult, Exchange]]) -> RunTimeline | None:
    """The requests of a run, each in the first lane that is free when it begins."""
    if not begun:
        return None
    ordered = sorted(begun, key=lambda pair: pair[1].started_at or 0.0)
    start = ordered[0][1].started_at or 0.0
    total = max((exchange.started_at or 0.0) - start + exchange.seconds for _, exchange in ordered)
    free: list[float] = []
    bars = []
    for result, exchange in ordered:
        began = (exchange.started_at or 0.0) - start
        lane = next((number for number, until in enumerate(free) if until <= began), len(free))
        if lane >= LANES:
            continue
        free[lane : lane + 1] = [began + exchange.seconds]
        x = round(began / total * WIDTH)
        width = max(1, round(exchange.seconds / total * WIDTH))
        told = f"{result.case}: {duration(exchange.seconds)} from {duration(began)}"
        bars.append(Bar(x, lane * LANE, width, _tone(result), told))
    return RunTimeline(bars, len(free) * LANE, len(free), total)


def _tone(result: CaseResult) -> str:
    return "bad" if result.outcome in (Outcome.FAIL, Outcome.ERROR) else "short" if result.outcome is Outcome.WARN else "good"


def _slowest(begun: Sequence[tuple[CaseResult, Exchange]]) -> list[SlowRequest]:
    """The requests that took longest."""
    start = min((exchange.started_at or 0.0 for _, exchange in begun), default=0.0)
    ordered = sorted(begun, key=lambda pair: -pair[1].seconds)[:SLOWEST]
    return [SlowRequest(result.case, exchange, (exchange.started_at or 0.0) - start) for result, exchange in ordered]
