"""Runs cases: sends their requests, several cases at a time, and has them judged. Does not depend on pytest."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from ..catalog import REQUEST_SCHEMAS, WHOLENESS, Catalog, lacking, may_change, plan, settings
from ..judging import OUT_OF_TIME, STOPPED_ANSWERING, Judge, ProbeStep, absence, deciding, our_error, unjudgeable
from ..model import NEVER_ANSWERED, Blame, Case, CaseResult, Exchange, Finding, Outcome, Request, Step, Subject, UndecidedError
from ..wire import Limiter, Wire, cut
from .cleanup import Cleaner, creates
from .progress import InFlight, Progress
from .rate_limit import RateLimit
from .urgency import urgencies

if TYPE_CHECKING:
    from ..gateway import ReferenceEndpoint, Relay

LOG = logging.getLogger("wireproof.runner")

LARGE = 256 * 1024
"""Cases with at least this many bytes in their bodies are judged in a thread, not in the event loop."""

FIRST_PAUSES = {1: 0.1, 2: 0.2, 3: 0.4, 4: 0.8}
LAST_PAUSE = 1.6
"""Factors for a step's pause, by attempt. The first ones are short, because the awaited value is often there at once."""

CLEANING = 15.0
"""How long an ending run may take to delete what it has created, in seconds."""

CREATING = 5.0
"""How long an ending run waits for the answers to what it was just making, in seconds."""

SILENCES = 3
"""After this many requests in a row without a reply, we check whether the endpoint is gone."""


class Engine:
    """Runs the cases of one run against one subject. All methods belong to one event loop.

    ``headers`` are added to every request. ``known`` holds exchanges of cases that were sent already, by case id. ``has_key`` says
    whether the run has a key. ``relay`` sends requests through a gateway to the scripted upstream. ``twin`` is another endpoint that
    gets the same requests. Cases that are not finished at ``ends_at``, a time of the loop, count as not tried.
    """

    def __init__(
        self,
        catalog: Catalog,
        wire: Wire,
        subject: Subject,
        headers: Mapping[str, str],
        *,
        concurrency: int = 8,
        has_key: bool = True,
        known: Mapping[str, Mapping[str, Exchange]] | None = None,
        relay: Relay | None = None,
        twin: ReferenceEndpoint | None = None,
        ends_at: float | None = None,
    ) -> None:
        self._catalog = catalog
        self._wire = wire
        self._relay = relay
        self._twin = twin
        self._subject = subject
        self._headers = headers
        self._lacking = unjudgeable(has_key=has_key, context_window=subject.context_window)
        self._judge = Judge(catalog, settings(subject))
        self._slots = Limiter(concurrency)
        self._urgency = urgencies(catalog, lambda case: case.alone or self._is_alone(case))
        self._known = known or {}
        self._sent: dict[str, asyncio.Future[Mapping[str, Exchange]]] = {}
        self._probes = [case for feature in catalog.features.values() if feature.probe is not None for case in feature.probe.cases]
        self._absent: tuple[int, Mapping[str, str]] | None = None
        self._judging = asyncio.Lock()
        self._results: dict[str, asyncio.Task[CaseResult]] = {}
        self._in_flight = InFlight()
        self._ends_at = ends_at
        self._silences = 0
        self._answers = 0
        self._answered: tuple[Step, Request] | None = None
        self._asking = asyncio.Lock()
        self._rate_limit = RateLimit() if relay is None else None  # behind a gateway, our own script does the rate limiting
        self._gone: str | None = None
        self._cleaner = Cleaner(subject, headers)
        self._creating: dict[asyncio.Task[Exchange], str] = {}
        self.unshown = 0
        """How many requests that belong to no case were sent, to check whether the endpoint is still there."""

    def start(self, cases: Iterable[Case]) -> None:
        """Start cases, the most urgent first."""
        for case in sorted(cases, key=lambda case: -self._urgency.get(case.id, 0.0)):
            self._task(case)

    async def result(self, case: Case) -> CaseResult:
        """The result of a case. Starts it if necessary."""
        return await asyncio.shield(self._task(case))

    async def try_out(self, cases: Iterable[Case]) -> list[CaseResult]:
        """The results of generated cases, run now, as many at a time as the run's concurrency allows. The engine does not keep them."""
        return list(await asyncio.gather(*(self._try(case) for case in cases)))

    async def _try(self, case: Case) -> CaseResult:
        """Run a generated case."""
        exchanges = await self._send(case)
        if not exchanges:
            return self._unsent(case)
        absent = await self.absent_features()
        return CaseResult(case.id, tuple(exchanges.values()), self._judge.case(case, exchanges, absent))

    async def absence_of(self, feature: str) -> str | None:
        """Why a feature is not offered, or ``None``. Sends its probe if necessary."""
        return await self._absence(feature)

    async def close(self) -> None:
        """Cancel all running tasks, and delete what was made."""
        tasks: list[asyncio.Future[Any]] = [*self._results.values(), *self._sent.values()]
        running = [task for task in tasks if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._await_creations()
        await self._clean_up()

    async def _await_creations(self) -> None:
        """Wait a while for the answers that tell the ids of what is being made just now."""
        if self._creating:
            await asyncio.wait(self._creating, timeout=CREATING)
        for task, told in list(self._creating.items()):
            task.cancel()
            self._cleaner.failed.append(f"{told}: interrupted before it told what it made")
        await asyncio.gather(*self._creating, return_exceptions=True)

    async def _clean_up(self) -> None:
        """Delete what interrupted cases have left at the endpoint. This ends after a while, whatever the endpoint does."""
        left = self._cleaner.left_by()
        try:
            async with asyncio.timeout(CLEANING):
                self.unshown += len(left)
                await self._cleaner.sweep(None, self._wire.exchange)
        except TimeoutError:
            self._cleaner.failed += [f"{one.told}: not answered in time" for one in self._cleaner.left_by()]

    @property
    def undeleted(self) -> list[str]:
        """What this run created and could not delete."""
        return self._cleaner.failed

    def _task(self, case: Case) -> asyncio.Task[CaseResult]:
        if case.id not in self._results:
            self._results[case.id] = asyncio.create_task(self._play(case))
        return self._results[case.id]

    async def _play(self, case: Case) -> CaseResult:
        """Run a case. An exception in our own code affects only this case."""
        try:
            return await self._played(case)
        except Exception as error:  # noqa: BLE001 - the run goes on, and reports the exception
            return self._unplayed(case, Outcome.ERROR, our_error("code", error))

    async def _played(self, case: Case) -> CaseResult:
        """Send a case's steps, unless something prevents it, and judge them."""
        LOG.debug("%s: begins", case.id)
        if self._is_over():
            return self._unsent(case)
        if case.after is not None:
            before = await self.result(self._catalog.cases[case.after])
            if before.outcome not in (Outcome.PASS, Outcome.NOTE, Outcome.WARN):
                return self._unplayed(case, Outcome.BLOCKED, f"it comes after {case.after}, which ended as {before.outcome}")
        feature = self._catalog.features[case.feature]
        # The probe of a feature shows whether it is offered, so it waits only for the parent feature.
        first = feature.needs if feature.probe is not None and case.id in feature.probe.cases else feature.id
        for name in (*((first,) if first is not None else ()), *case.also):
            if (reason := await self._absence(name)) is not None:
                return self._unplayed(case, Outcome.NOT_APPLICABLE, reason)
        exchanges = await self._exchanges(case)
        if not exchanges:
            return self._unsent(case)
        if (reason := await self._absence(case.feature)) is not None:
            unplayed = self._unplayed(case, Outcome.NOT_APPLICABLE, reason, tuple(exchanges.values()))
            return replace(unplayed, findings=(*unplayed.findings, *self._judge.absence(case, exchanges)))
        absent = await self.absent_features()
        if sum(len(exchange.body) + len(exchange.request.body) for exchange in exchanges.values()) < LARGE:
            findings = self._judge.case(case, exchanges, absent)
        else:  # judging it in the loop would make other replies look late; several at a time would fill the memory
            async with self._judging:
                findings = await asyncio.to_thread(self._judge.case, case, exchanges, absent)
            exchanges = {step: cut(exchange) for step, exchange in exchanges.items()}
            self._sent[case.id] = _done(exchanges)
        kept = exchanges.values() if self._relay is None else self._trimmed(exchanges.values())
        return CaseResult(case.id, tuple(kept), findings)

    def _unsent(self, case: Case) -> CaseResult:
        """The result of a case whose requests could not be sent, or not in time."""
        return self._unplayed(case, Outcome.BLOCKED, self._gone or (OUT_OF_TIME if self._is_over() else "nothing could be sent"))

    def _is_over(self) -> bool:
        """Whether the time limit of the run has passed."""
        return self._ends_at is not None and asyncio.get_running_loop().time() >= self._ends_at

    def _unplayed(self, case: Case, outcome: Outcome, reason: str, exchanges: tuple[Exchange, ...] = ()) -> CaseResult:
        """The result of a case that is not judged, with a finding for each requirement that it names."""
        LOG.debug("%s: %s", case.id, outcome)
        named = [expectation.requirement for expectation in case.expect] or [WHOLENESS]
        fault = Blame.OURS if outcome is Outcome.ERROR else None  # if the endpoint is the cause, the case is blocked
        findings = tuple(Finding(case.id, name, outcome, reason=reason, fault=fault) for name in dict.fromkeys(named))
        return CaseResult(case.id, exchanges, findings)

    async def absent_features(self) -> Mapping[str, str]:
        """The features found to be absent so far, with the reason. Sends no probes."""
        settled = sum(probe in self._sent and self._sent[probe].done() for probe in self._probes)
        if self._absent is None or self._absent[0] != settled:
            found = {name: await self._absence(name, ask=False) for name in self._catalog.features}
            self._absent = settled, {name: reason for name, reason in found.items() if reason is not None}
        return self._absent[1]

    async def _absence(self, name: str, *, ask: bool = True) -> str | None:
        """Why a feature is not offered, or ``None``. With ``ask``, sends its probe if necessary."""
        probing = absence(self._catalog, name, self._lacking)
        try:
            probe = next(probing)
            while True:
                probe = probing.send(await self._deciding(probe, ask=ask))
        except StopIteration as settled:
            return None if settled.value is None else str(settled.value)

    async def _deciding(self, asked: ProbeStep, *, ask: bool) -> Exchange | None:
        """The exchange that decides; ``None`` if there is none, or if the probe was not sent and ``ask`` is off."""
        probe = self._catalog.cases[asked.case]
        if not ask and (probe.id not in self._sent or not self._sent[probe.id].done()):
            return None
        try:
            exchanges = await self._exchanges(probe)
        except Exception:  # noqa: BLE001 - the probe's own case reports the exception; the feature stays unknown
            return None
        return deciding(exchanges, asked.step)

    async def _exchanges(self, case: Case) -> Mapping[str, Exchange]:
        """A case's exchanges by step. They are sent only once. Empty if the endpoint is gone."""
        if case.id not in self._sent:
            self._sent[case.id] = asyncio.create_task(self._send(case))
        return await asyncio.shield(self._sent[case.id])

    async def _send(self, case: Case) -> Mapping[str, Exchange]:
        """Send a case's steps, unless the preflight sent them."""
        if case.id in self._known:
            return self._known[case.id]
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await self._send_steps(case)
        except TimeoutError:
            return {}

    async def _send_steps(self, case: Case) -> Mapping[str, Exchange]:
        """Send a case's steps, all at once or one by one."""
        if case.together or self._is_alone(case):
            return await self._send_together(case)
        async with self._slots.held(self._slots.number if case.alone else 1, self._urgency.get(case.id, 0.0)):
            return await self._send_in_turn(case)

    async def _send_together(self, case: Case) -> Mapping[str, Exchange]:
        """Send all steps of a case at once, within the run's concurrency."""
        if self._gone is not None:
            return {}
        permits = self._slots.number if self._is_alone(case) else min(len(case.steps), self._slots.number)
        async with self._slots.held(permits, self._urgency.get(case.id, 0.0)):
            own = asyncio.Semaphore(permits if self._relay is None else len(case.steps))  # our own upstream costs nothing

            async def send(step: Step, request: Request, number: int) -> Exchange:
                async with own:
                    return await self._exchange_watched(step, request, f"{case.id}#{number}")

            try:
                requests = [plan(step, self._subject, self._headers, {}) for step in case.steps]
            except UndecidedError:
                return {}
            sent = await asyncio.gather(*(send(*one) for one in zip(case.steps, requests, count(1), strict=False)))
        return {step.id: exchange for step, exchange in zip(case.steps, sent, strict=True)}

    async def _send_in_turn(self, case: Case) -> Mapping[str, Exchange]:
        """Send the steps of a case one by one, until a reply lacks what the next step needs."""
        done: dict[str, Exchange] = {}
        for step in case.steps:
            if self._gone is not None or (step.needs is not None and lacking(step.needs, done) is not None):
                break
            try:
                request = plan(step, self._subject, self._headers, done)
            except UndecidedError:
                break
            if done and step.wants == "success" and not self._is_valid(request):
                break  # an earlier reply is too broken to be sent back; its own findings say so
            done |= {name: exchange async for name, exchange in self._ask(case, step, request, len(done))}
        return done | (await self._cleaner.sweep(case.id, self._wire.exchange) if self._gone is None else {})

    async def _ask(self, case: Case, step: Step, request: Request, before: int) -> AsyncIterator[tuple[str, Exchange]]:
        """Send a step's request, and repeat it until the reply has the wanted value. The last reply counts as the step's."""
        tries = step.until.tries if step.until is not None else 1
        for attempt in range(1, tries + 1):
            exchange = await self._exchange_watched(step, request, f"{case.id}#{before + attempt}")
            if step.until is None or attempt == tries or not may_change(exchange, step.until):
                yield step.id, exchange
                return
            yield f"{step.id}~{attempt}", exchange
            async with self._slots.lent(urgency=self._urgency.get(case.id, 0.0)):  # let others go on while we wait
                await self._wire.pause(step.until.pause * FIRST_PAUSES.get(attempt, LAST_PAUSE))

    async def _exchange_watched(self, step: Step, request: Request, identity: str) -> Exchange:
        """Send one request, and watch whether the endpoint still answers."""
        answers_before = self._answers
        exchange = await self._exchange(step, request, identity)
        await self._watch(step, request, exchange, answers_before)
        return exchange

    async def _exchange(self, step: Step, request: Request, identity: str) -> Exchange:
        """Send one request and record the exchange: on both sides of a gateway, or also with the twin, if the run has one."""
        with self._in_flight.holding(identity):
            if self._relay is not None:
                return await self._relay.exchange(request, step, identity)
            if self._twin is None or not self._is_comparable(step):
                return await (self._created(request, identity) if creates(request) else self._noted(request, identity))
            asked = self._twin.exchange(request, identity, self._subject.model)
            exchange, other = await asyncio.gather(self._wire.exchange(request, identity), asked)
            return replace(exchange, twin=other)

    async def _noted(self, request: Request, identity: str) -> Exchange:
        """Send one request, and take note of what it makes."""
        exchange = await self._wire.exchange(request, identity)
        self.note(exchange)
        return exchange

    async def _created(self, request: Request, identity: str) -> Exchange:
        """Send a request that makes something. It goes on if its case is cancelled, because only its answer tells what to delete."""
        task = asyncio.create_task(self._noted(request, identity))
        self._creating[task] = f"{request.method} {request.path}"
        task.add_done_callback(self._creating.pop)
        return await asyncio.shield(task)

    def note(self, exchange: Exchange) -> None:
        """Take note of what an exchange made, to delete it at the end at the latest."""
        self._cleaner.note(exchange.id.rpartition("#")[0], exchange)

    def progress(self) -> Progress:
        """How far the run is. May be called from another thread."""
        tasks = list(self._results.values())
        return self._in_flight.progress(sum(task.done() for task in tasks), len(tasks))

    def _cleared(self) -> tuple[Step, Request] | None:
        """A request that succeeded in the preflight, if there is one."""
        for name, exchanges in self._known.items():
            step = self._catalog.cases[name].steps[0]
            if step.wants == "success" and exchanges[step.id].status == 200:
                return step, plan(step, self._subject, self._headers, {})
        return None

    def _is_alone(self, case: Case) -> bool:
        """Whether a case must be sent alone, all steps at once: an upstream that refuses connections refuses them all."""
        if self._relay is None:
            return False
        from ..gateway import is_alone

        return is_alone(case)

    @staticmethod
    def _is_comparable(step: Step) -> bool:
        """Whether a step can be compared with another endpoint."""
        from ..gateway import is_comparable

        return is_comparable(step)

    @staticmethod
    def _trimmed(exchanges: Iterable[Exchange]) -> Iterable[Exchange]:
        """Judged exchanges, with very large request bodies cut."""
        from ..gateway import trimmed

        return map(trimmed, exchanges)

    def _is_valid(self, request: Request) -> bool:
        """Whether a request fits our schema for it."""
        schema = REQUEST_SCHEMAS.get(request.endpoint)
        return schema is None or self._catalog.schemas.is_valid(schema, json.loads(request.body))

    async def _watch(self, step: Step, request: Request, exchange: Exchange, answers_before: int) -> None:
        """Detect an endpoint that has stopped answering or rate-limits everything, so that the run does not wait for it.

        A missing reply counts only if no other reply came since its request was sent. It does not count for requests that should be
        refused: a hanging refusal has its own requirement. Before we give the endpoint up, we repeat a request that it answered
        before.
        """
        if self._rate_limit is not None:
            self._gone = self._gone or self._rate_limit.reached(exchange)
        trouble = exchange.trouble
        if trouble is None or trouble.kind not in NEVER_ANSWERED:
            self._answers += 1
            self._silences = 0
            if self._answered is None and exchange.status == 200 and step.wants == "success":
                self._answered = (step, request)
            return
        if step.wants == "refusal" or self._answers > answers_before or self._gone is not None:
            return
        self._silences += 1
        if self._silences >= SILENCES:
            async with self._asking:
                await self._ask_whether_gone(trouble.text)

    async def _ask_whether_gone(self, silence: str) -> None:
        """Repeat a request that was answered before. If it gets no reply now, give the endpoint up."""
        if self._silences < SILENCES or self._gone is not None:
            return  # another task asked meanwhile
        told = ""
        if (answered := self._answered or self._cleared()) is not None:
            step, request = answered
            self.unshown += 1
            probe = await self._exchange(step, request, "still-there#1")
            if probe.trouble is None or probe.trouble.kind not in NEVER_ANSWERED:
                self._silences = 0
                return
            told = ", not even to a request that it had answered before"
        self._gone = f"{STOPPED_ANSWERING} ({silence}{told})"


def _done(exchanges: Mapping[str, Exchange]) -> asyncio.Future[Mapping[str, Exchange]]:
    """A finished future with these exchanges."""
    future = asyncio.get_running_loop().create_future()
    future.set_result(exchanges)
    return future
