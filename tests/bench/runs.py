"""What a start, a run and an exchange cost, and where the time goes."""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from harness.reference.answers import answer
from harness.reference.app import BASE, request_of
from harness.reference.refusals import KEY
from harness.reference.state import State, counted_digits
from harness.runner.engine import Engine
from harness.wire import Limits, Scrubber, Wire
from tests.bench.replies import CATALOG, DEFAULT
from tests.bench.told import RUNS, told
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, VirtualClock, scope_of
from tests.packing import packed

ROOT = Path(__file__).resolve().parents[2]


def process(*words: str) -> tuple[float, float, float]:
    """Wall time, CPU time and peak memory in MB of a command, medians of five."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            began = time.perf_counter()
            made = subprocess.Popen(
                [sys.executable, "-m", "harness", *words, *([f"--report-dir={folder}"] if "-q" in words else [])],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(made.pid, 0)
            made.returncode = os.waitstatus_to_exitcode(status)
            if made.returncode:
                raise SystemExit(f"wireproof {' '.join(words)}: exit code {made.returncode}, so there is nothing to measure")
            found.append((time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
    wall, cpu, memory = (statistics.median(column) for column in zip(*found, strict=True))
    return wall, cpu, memory


def bench_processes() -> None:
    """Starts and whole runs."""
    for name, words, goal in (
        ("--help", ("--help",), 0.3),
        ("--plan", ("--plan",), 0.8),
        ("one case against the reference", ("-q", "suites/test_models.py", "-k", "models/list/listed"), 1.2),
    ):
        wall, cpu, _ = process(*words)
        told(f"{name}, CPU", cpu, "s", goal)
        told(f"{name}, wall", wall, "s")
    wall, cpu, memory = process("-q")
    told("a default run against the reference, CPU", cpu, "s")
    told("a default run against the reference, wall", wall, "s")
    told("a default run against the reference, peak memory", memory, "MB", 110)


def bench_run() -> None:
    """How well a run is packed, and what an exchange costs us."""
    for added, concurrency, goal in ((0.2, 8, 1.12), (0.05, 32, 1.3)):
        run = packed(DEFAULT, added, concurrency)
        told(f"wall ÷ least, {added * 1000:.0f} ms a reply, {concurrency} at a time (virtual)", run.ratio, "", goal)
    asyncio.run(_own_cpu())  # what is built once
    spent = statistics.median(asyncio.run(_own_cpu()) for _ in range(RUNS))
    told("own CPU of an exchange, the reference left out", spent * 1000, "ms", 1.0)


class _Direct(httpx.AsyncBaseTransport):
    """Carries replies of the reference, made at once, without sockets or tasks. ``answering`` is the CPU time that making them took."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._state = State(digits=counted_digits())
        self.answering = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = await request.aread()
        began = time.process_time()
        reply = answer(request_of(scope_of(request), body, BASE, self._state))
        pieces, headers = list(reply.pieces()), dict(reply.headers)
        if reply.events is None:
            headers.setdefault("content-length", str(len(pieces[0][1])))
        self.answering += time.process_time() - began
        return httpx.Response(reply.status, headers=headers, stream=_Pieces(pieces, self._clock))


class _Pieces(httpx.AsyncByteStream):
    """A body in pieces, each after its pause."""

    def __init__(self, pieces: list[tuple[float, bytes]], clock: VirtualClock) -> None:
        self._pieces = pieces
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for pause, piece in self._pieces:
            self._clock.now += pause
            yield piece


async def _own_cpu() -> float:
    """The CPU time of an exchange: sending, recording, judging; without what answers, and without sockets."""
    clock = VirtualClock()
    transport = _Direct(clock)
    wire = Wire(BASE_URL, Scrubber([KEY]), Limits(), transport=transport, clock=clock, sleep=clock.sleep, trust_env=False)
    engine = Engine(CATALOG, wire, SUBJECT, HEADERS)
    began = time.process_time()
    results = [await engine.result(case) for case in CATALOG.cases.values()]
    spent = time.process_time() - began
    await engine.close()
    await wire.close()
    return (spent - transport.answering) / sum(len(result.exchanges) for result in results)


def bench_profile() -> None:
    """Where the CPU of a default run goes, in ten lines."""
    packed(CATALOG, 0.0, 8)
    profile = cProfile.Profile()
    profile.enable()
    packed(CATALOG, 0.0, 8)
    profile.disable()
    shares: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        shares[_part(file, name)] += own
    print("\nwhere the CPU of a run goes (in one process, with the reference that answers)")
    for part, own in shares.most_common(10):
        print(f"  {own / sum(shares.values()):>5.0%}  {part}")


def _part(file: str, name: str) -> str:
    """What a profiled function belongs to."""
    path = Path(file)
    if "harness" in path.parts:
        return "harness." + path.parts[path.parts.index("harness") + 1].removesuffix(".py")
    if "tests" in path.parts:
        return "tests (the transport without sockets)"
    for library in ("httpx", "asyncio", "json", "re"):
        if library in path.parts or path.stem == library:
            return library
    return "built-in functions" if file == "~" else "other libraries"
