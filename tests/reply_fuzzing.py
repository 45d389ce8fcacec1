"""Judges replies of the reference with one member replaced by a hostile value: no check may raise, nor what undoes creations.

``python -m tests.reply_fuzzing --examples 20000 --seed 3`` tries many, and names each check that raised.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.catalog import Catalog, load, settings
from harness.judging import Judge
from harness.model import Arrival, CaseResult, Data, Exchange
from harness.runner.cleanup import Cleaner
from tests.inprocess import SUBJECT, judge

DIGITS = "9"


@dataclass(frozen=True, slots=True)
class Raw:
    """A JSON text that stands as it is: what ``json.dumps`` cannot write, or what takes too long."""

    text: str


HOSTILE: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    2**63,
    Raw(DIGITS * 400),
    Raw("-" + DIGITS * 5000),
    Raw("1e400"),
    Raw("1e308"),
    Raw("5e-324"),
    Raw("NaN"),
    Raw("-Infinity"),
    Raw("[" * 120 + "]" * 120),
    Raw("[" * 970 + "]" * 970),
    Raw('{"a":' * 975 + "1" + "}" * 975),
    Raw("[" * 5000 + "]" * 5000),
    "",
    "\ud800",
    "a\udfffb",
    "\x00\x1b[2J\u202e",
    "é" * 300,
    "=====",
    "data: [DONE]\n\n",
    "{}",
    '{"a":' * 300,
    [],
    {},
    [[]],
    [None],
    [{}],
    [0],
    [""],
    {"": None},
    {"\ud800": "\ud800"},
    {"type": []},
    {"id": {}},
    {"function": 3},
    [{"type": {}, "id": [], "index": "x", "name": 0, "function": [], "text": 1, "content": 7, "logprob": "x", "token": {}}],
)
"""What a member is replaced by."""

NAMES = ("\ud800", "\x00", "", "a/b~c", "*")
"""What a member is called instead."""


def places(value: Data, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each value of a document stands; of a long list, the first items."""
    yield at
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from places(inside, (*at, name))
    elif isinstance(value, list):
        for index, inside in enumerate(value[:4]):
            yield from places(inside, (*at, index))


def changed(value: Data, at: Sequence[str | int], other: object, name: str | None = None) -> Data:
    """A document with another value at one place, or under another name."""
    if not at:
        return other
    first, *rest = at
    if isinstance(value, list):
        return [changed(inside, rest, other, name) if index == first else inside for index, inside in enumerate(value)]
    if name is not None and not rest:
        return {name if key == first else key: inside for key, inside in value.items()}
    return {key: changed(inside, rest, other, name) if key == first else inside for key, inside in value.items()}


def text_of(value: Data) -> str:
    """JSON, with raw texts put in as they are."""
    raws: list[str] = []

    def mark(value: object) -> str:
        assert isinstance(value, Raw)
        raws.append(value.text)
        return f"@@{len(raws) - 1}@@"

    text = json.dumps(value, default=mark)
    for number, raw in enumerate(raws):
        text = text.replace(f'"@@{number}@@"', raw)
    return text


def damaged(exchange: Exchange, chance: random.Random) -> Exchange:
    """An exchange with one place of its reply changed: of the body, of one of its lines of JSON, or of one event."""
    between = b"\n\n" if exchange.body.startswith((b"data:", b"event:")) else b"\n"
    events = exchange.body.split(between)
    documents = [number for number, event in enumerate(events) if b"{" in event]
    if not documents:
        return exchange
    number = chance.choice(documents)
    start = events[number].index(b"{")
    value = json.loads(events[number][start:])
    at = chance.choice(list(places(value)))
    named = chance.choice(NAMES) if at and isinstance(at[-1], str) and chance.random() < 0.05 else None
    events[number] = events[number][:start] + text_of(changed(value, at, chance.choice(HOSTILE), named)).encode()
    body = between.join(events)
    arrivals = (Arrival(exchange.arrivals[0].seconds, len(body)),) if exchange.arrivals else ()
    return replace(exchange, body=body, arrivals=arrivals)


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A damaged case as it was judged."""

    result: CaseResult
    step: str

    @property
    def raised(self) -> dict[str, str]:
        """The requirements that a fault of ours kept from being judged, with what raised."""
        return {f.requirement: f.reason for f in self.result.findings if f.is_ours}


def fuzzed(catalog: Catalog, results: Sequence[CaseResult], seed: int, examples: int) -> Iterator[Fuzzed]:
    """Damaged cases, judged; the same seed gives the same ones."""
    chance = random.Random(seed)
    judged_by = Judge(catalog, settings(SUBJECT))
    tried = [result for result in results if any(b"{" in exchange.body for exchange in result.exchanges)]
    for _ in range(examples):
        result = chance.choice(tried)
        case = catalog.cases[result.case]
        exchanges = dict(zip((step.id for step in case.steps), result.exchanges, strict=False))
        step = chance.choice(list(exchanges))
        exchanges[step] = damaged(exchanges[step], chance)
        Cleaner(SUBJECT, {}).note(case.id, exchanges[step])
        findings = judged_by.case(case, exchanges, {})
        yield Fuzzed(CaseResult(case.id, tuple(exchanges.values()), findings), step)


def main() -> int:
    """Try many, and name each check that raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    catalog = load()
    results = asyncio.run(judge(catalog)).results
    raised: dict[str, list[str]] = {}
    for one in fuzzed(catalog, results, given.seed, given.examples):
        for requirement, reason in one.raised.items():
            raised.setdefault(reason, []).append(f"{one.result.case} ({requirement})")
    for reason, cases in sorted(raised.items(), key=lambda item: -len(item[1])):
        sys.stdout.write(f"{len(cases):6}  {reason}  first: {cases[0]}\n")
    sys.stdout.write(f"{given.examples:,} damaged replies judged from seed {given.seed}: {len(raised)} ways in which a check raised\n")
    return 1 if raised else 0


if __name__ == "__main__":
    raise SystemExit(main())
