"""Judges calls of clients whose drivers write hostile outcomes: nothing may raise, and the record must read back as it was written.

``python -m tests.client_fuzzing --examples 20000 --seed 3`` tries many, and names what raised.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from harness.catalog import Catalog, load
from harness.clients import found
from harness.clients.outcome import UnreadableOutcomeError, read_outcome
from harness.judging import ClientCallJudge
from harness.model import CaseResult, Exchange
from harness.records.run_record import _line, result_from_json, result_to_json
from harness.reference.refusals import KEY
from harness.wire.redaction import Scrubber
from tests.client_bench import Bench
from tests.reply_fuzzing import HOSTILE, changed, damaged, places, text_of

LINES = (
    b"\n",
    b"garbage\n",
    b"\xff\xfe{}\n",
    b"{}\n",
    b"[]\n",
    b"null\n",
    b'"x"\n',
    b'{"client":"c","values":{"x":NaN,"y":-Infinity,"z":1e999}}\n',
    b'{"client":"c","values":[],"raised":"E","kinds":"abc"}\n',
    b'{"client":"c","values":7,"kinds":{}}\n',
    b'{"client":"c","raised":{},"kinds":[[]],"message":[]}\n',
    b'{"client":"c","unwritable":[[]]}\n',
    b"[" * 100_000 + b"\n",
    b'{"client":"c","values":{"x":' + b"[" * 900 + b"]" * 900 + b"}}\n",
    b'{"client":"c","values":{"x":' + b"9" * 5_000 + b"}}\n",
    b'{"client":"c","values":{"\\ud800":"\\udfff\\u0000\\u001b[2J"},"message":"\\u202e"}\n',
    b'{"client":"c","values":{"x":[' + b"1," * 700_000 + b"1]}}\n",
    b'{"client":"c"} {"client":"d"}\n',
)
"""Lines that are no outcome, or an odd one."""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A call whose driver wrote something odd, as it was judged; ``result`` is ``None`` for a line that was refused."""

    call: str
    line: bytes
    result: CaseResult | None

    @property
    def raised(self) -> list[str]:
        """What our own code raised."""
        return [finding.reason for finding in self.result.findings if finding.is_ours] if self.result else []


def fuzzed(catalog: Catalog, results: Sequence[CaseResult], seed: int, examples: int) -> Iterator[Fuzzed]:
    """Calls with damaged outcomes, and every third with a damaged reply too; the same seed gives the same ones."""
    chance = random.Random(seed)
    tried = [result for result in results if result.handed is not None and result.exchanges]
    for number in range(examples):
        result = tried[number % len(tried)] if number < len(LINES) else chance.choice(tried)
        line = LINES[number] if number < len(LINES) else _damaged(result, chance)
        exchanges = [damaged(one, chance) if number % 3 == 0 and b"{" in one.body else one for one in result.exchanges]
        yield Fuzzed(result.case, line, _judged(catalog, result.case, exchanges, line))


def _damaged(result: CaseResult, chance: random.Random) -> bytes:
    """What the driver wrote of a call, with one place changed."""
    assert result.handed is not None
    written = asdict(result.handed)
    at = chance.choice(list(places(written)))
    return text_of(changed(written, at, chance.choice(HOSTILE))).encode() + b"\n"


def _judged(catalog: Catalog, name: str, exchanges: Sequence[Exchange], line: bytes) -> CaseResult | None:
    """A call as it is judged, recorded, and read back."""
    scrubber = Scrubber([KEY])
    try:
        handed = read_outcome(line, scrubber)
    except UnreadableOutcomeError:
        return None
    result = CaseResult(name, tuple(exchanges), ClientCallJudge(catalog).findings(catalog.calls[name], exchanges, handed), handed)
    written = scrubber.json({"kind": "result", **result_to_json(result)})
    read = {name: value for name, value in _line("the record", written).items() if name != "kind"}
    assert json.loads(json.dumps(result_to_json(result_from_json(read)))) == read, "the record does not read back"
    return result


async def played(catalog: Catalog) -> list[CaseResult]:
    """What the clients that are installed do with the reference."""
    bench = Bench(catalog)
    try:
        return await bench.play(call for call in catalog.calls.values() if found.command(call.client) is not None)
    finally:
        await bench.close()


def main() -> int:
    """Try many, and name what raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    catalog = load()
    raised: dict[str, list[str]] = {}
    for one in fuzzed(catalog, asyncio.run(played(catalog)), given.seed, given.examples):
        for reason in one.raised:
            raised.setdefault(reason, []).append(one.call)
    for reason, calls in sorted(raised.items(), key=lambda item: -len(item[1])):
        sys.stdout.write(f"{len(calls):6}  {reason}  first: {calls[0]}\n")
    sys.stdout.write(f"{given.examples:,} damaged outcomes judged from seed {given.seed}: {len(raised)} ways in which our code raised\n")
    return 1 if raised else 0


if __name__ == "__main__":
    raise SystemExit(main())
