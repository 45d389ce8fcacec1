"""Runs the calls of the clients: several clients at once, the calls of each in order. Independent of pytest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ..catalog import Catalog, filled
from ..judging import OUT_OF_TIME, ClientCallJudge
from ..model import Blame, Call, CaseResult, Client, ClientOutcome, Exchange, Outcome, Subject
from ..wire import Limits, Scrubber, Wire
from .driver import CallTimeoutError, Driver, DriverError
from .forwarder import Forwarder
from .found import DRIVERS, HERE, command
from .outcome import UnreadableOutcomeError

LOG = logging.getLogger("wireproof.clients")

Absence: TypeAlias = Callable[[str], Awaitable[str | None]]


class Player:
    """Runs the calls of one run. All methods belong to one event loop; ``absence`` returns why a feature is not offered.

    ``note`` is told each exchange.
    """

    def __init__(
        self,
        catalog: Catalog,
        wire: Wire,
        limits: Limits,
        subject: Subject,
        headers: Mapping[str, str],
        scrubber: Scrubber,
        absence: Absence,
        ends_at: float | None = None,
        note: Callable[[Exchange], None] = lambda exchange: None,
    ) -> None:
        self._judging = ClientCallJudge(catalog)
        self._subject = subject
        self._scrubber = scrubber
        self._absence = absence
        self._forwarder = Forwarder(wire, headers, subject.query, note)
        # The wire's limit with all its attempts: the wire gives up first, unless the client hangs.
        self._seconds = limits.attempts * (limits.total + limits.wait)
        self._ends_at = ends_at
        self._drivers: dict[str, Driver] = {}
        self._names: dict[str, str] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._results: dict[str, asyncio.Task[CaseResult]] = {}

    def start(self, calls: Iterable[Call]) -> None:
        """Start calls; those of one client run in this order."""
        for call in calls:
            if call.id not in self._results:
                self._results[call.id] = asyncio.create_task(self.play(call))

    async def result(self, call: Call) -> CaseResult:
        """The result of a call, which starts now unless it was started before."""
        self.start([call])
        return await asyncio.shield(self._results[call.id])

    async def close(self) -> None:
        """Cancel all calls and end all processes."""
        for task in self._results.values():
            task.cancel()
        await asyncio.gather(*self._results.values(), return_exceptions=True)
        for driver in self._drivers.values():
            await driver.close()
        await self._forwarder.close()

    async def play(self, call: Call) -> CaseResult:
        """Run one call now, unless its client is not installed or the endpoint does not offer its feature."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await self._play(call)
        except TimeoutError:
            return CaseResult(call.id, (), self._judging.unplayed(call, Outcome.BLOCKED, OUT_OF_TIME))

    async def _play(self, call: Call) -> CaseResult:
        """Run one call when its client is free."""
        async with self._turns.setdefault(call.client.id, asyncio.Lock()):
            found = command(call.client)
            if found is None:
                return self._unplayed(call, f"{call.client.name} is not installed: {call.client.install}")
            for feature in (call.feature, *call.also):
                if (reason := await self._absence(feature)) is not None:
                    return self._unplayed(call, reason)
            job = self._job(call)
            LOG.debug("%s: %s does %s", call.id, call.client.name, call.does)
            try:
                handed = await self._ask(self._driver(call.client, *found), call.client, job)
            except UnreadableOutcomeError as unread:
                exchanges = await self._forwarder.exchanges(call)
                reason = f"by our own fault, it is not known what {call.client.name} returned: {unread}"
                return CaseResult(call.id, exchanges, self._judging.unplayed(call, Outcome.ERROR, reason, fault=Blame.OURS))
            exchanges = await self._forwarder.exchanges(call)
            LOG.debug("%s: %d requests%s", call.id, len(exchanges), ", and it did not end by itself" if handed.late else "")
            return CaseResult(call.id, exchanges, self._judging.findings(call, exchanges, handed), handed)

    def _unplayed(self, call: Call, reason: str) -> CaseResult:
        """The result of a call that cannot run."""
        return CaseResult(call.id, (), self._judging.unplayed(call, Outcome.NOT_APPLICABLE, reason))

    def _job(self, call: Call) -> dict[str, Any]:
        """The job for the driver."""
        send = filled(call.endpoint, call.send, self._subject)
        job = {"does": call.does, "base_url": self._forwarder.open(call), "send": send, "seconds": self._seconds}
        return job if call.key is None else job | {"key": call.key}

    def _driver(self, client: Client, line: list[str], folder: Path) -> Driver:
        """The client's driver, created at its first call."""
        if client.id not in self._drivers:
            self._drivers[client.id] = Driver(line, folder, self._environment(), self._scrubber)
        return self._drivers[client.id]

    def _environment(self) -> dict[str, str]:
        """The environment variables of every driver, besides those it inherits."""
        package = str(__package__)
        return {
            "OPENAI_API_KEY": self._forwarder.key,
            "PYTHONPATH": str(HERE.parents[len(package.split(".")) - 1]),
            "WIREPROOF_PROTOCOL": (DRIVERS / "protocol.mjs").as_uri(),
            "NO_PROXY": "127.0.0.1",
            "PYTHONSAFEPATH": "1",
        }

    async def _ask(self, driver: Driver, client: Client, job: dict[str, Any]) -> ClientOutcome:
        """Run a job, and return what the client gave to its user."""
        name = self._names.get(client.id, client.name)
        try:
            outcome = await driver.ask(job, self._seconds)
        except CallTimeoutError as late:
            return ClientOutcome(name, message=str(late), late=True)
        except DriverError as failed:
            return ClientOutcome(name, raised="a crash of its process", message=str(failed))
        self._names[client.id] = outcome.client
        return outcome
