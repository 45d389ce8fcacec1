"""Runs the real clients against the reference, or a stand-in, without an endpoint on a socket.

``python -m tests.client_bench`` measures the table of faults again, with all clients that are installed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

from harness.catalog import Catalog, load
from harness.clients.player import Player
from harness.model import Call, CaseResult, Exchange
from harness.reference.answers import answer
from harness.reference.app import Answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.client_mutants import FAULTS
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Loopback, VirtualClock

LIMITS = Limits(silence=5.0, total=15.0)


class Bench:
    """Drives clients that stay up from one endpoint to the next. All methods belong to one event loop."""

    def __init__(self, catalog: Catalog, limits: Limits = LIMITS) -> None:
        self.respond: Answer = answer
        scrubber, clock = Scrubber([KEY]), VirtualClock()
        transport = Loopback(self._answer, clock)
        self.wire = Wire(BASE_URL, scrubber, limits, transport=transport, clock=clock, sleep=clock.sleep, trust_env=False)
        self.noted: list[Exchange] = []
        self.player = Player(catalog, self.wire, limits, SUBJECT, HEADERS, scrubber, _all_is_offered, note=self.noted.append)

    def _answer(self, asked: ServerRequest) -> ServerReply:
        return self.respond(asked)

    async def play(self, calls: Iterable[Call], respond: Answer = answer) -> list[CaseResult]:
        """Have clients make calls to an endpoint."""
        self.respond = respond
        return list(await asyncio.gather(*(self.player.play(call) for call in calls)))

    async def close(self) -> None:
        """Stop the clients."""
        await self.player.close()
        await self.wire.close()


async def _all_is_offered(feature: str) -> str | None:
    return None


def told(results: Iterable[CaseResult]) -> dict[str, list[str]]:
    """What each call missed, by flow: the aspect, and the value or the exception that shows it."""
    found: dict[str, list[str]] = {}
    for result in results:
        for finding in result.findings:
            for problem in finding.problems:
                where = problem.where.partition(",")[0]
                raised = result.handed.raised if result.handed is not None else None
                shown = f"raises {raised}" if where in ("the call", "the stream") and raised else where
                line = f"{finding.requirement.partition('.')[2]}: {shown}"
                if line not in found.setdefault(result.case.rpartition("/")[2], []):
                    found[result.case.rpartition("/")[2]].append(line)
    return found


TABLE = Path(__file__).with_name("clients_table.yaml")
HEAD = """# What each client does with an endpoint that is wrong (client_mutants.py): fault, client, flow, and what was missed in it.
# Measured with the pinned versions by: python -m tests.client_bench. A client that is not named noticed nothing, and works.
"""


async def measure() -> str:
    """The table, as YAML."""
    catalog = load()
    bench = Bench(catalog)
    lines = [HEAD]
    for fault, respond in FAULTS.items():
        results = await bench.play(catalog.calls.values(), respond)
        lines.append(f"{fault}:")
        for client in dict.fromkeys(call.client.id for call in catalog.calls.values()):
            missed = told(result for result in results if catalog.calls[result.case].client.id == client)
            lines += [f"  {client}:"] if missed else []
            lines += [f"    {flow}: {json.dumps(what)}" for flow, what in missed.items()]
    await bench.close()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(asyncio.run(measure()), encoding="utf-8")
