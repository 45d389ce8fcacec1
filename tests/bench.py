"""Measures the harness's own cost: ``make bench``.

A start and a run, measured as a user has them; what judging costs; where the time of a run goes; and how time and memory grow when
what is judged grows ten and a hundred times. Exits 1 where a goal of ``docs/performance.md`` is missed, or growth is steeper than linear.
CPU time is what counts, as it says more than wall time on a busy machine.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import math
import multiprocessing
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from harness import spare_collector
from harness.catalog import load
from harness.judging import Judge
from harness.model import Arrival, CaseResult, Exchange, Finding, Outcome, Problem, Request
from harness.records import RecordingTerms, judge_files
from harness.reference.answers import answer
from harness.reference.app import BASE, request_of
from harness.reference.exchange import ServerRequest, encode, frame
from harness.reference.refusals import KEY
from harness.reference.state import State, counted_digits
from harness.reporting import compliance
from harness.runner.engine import Engine
from harness.wire import Limits, Scrubber, Wire
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, VirtualClock, scope_of
from tests.packing import packed
from tests.records import as_run

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
STEEPEST = 1.15
"""The exponent of growth may be no larger: 1 is linear."""

SETTINGS = {"$model": "reference", "$completions_model": "reference", "$embeddings_model": "reference"}
CATALOG = load()
missed: list[str] = []


def told(name: str, value: float, unit: str, goal: float | None = None) -> None:
    """Print a figure, and note where its goal is missed."""
    print(f"{name:<54} {value:>9.2f} {unit:<4}" + (f" (goal {goal:g})" if goal is not None else ""), flush=True)
    if goal is not None and value > goal:
        missed.append(name)


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
        run = packed(CATALOG, added, concurrency)
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


def chunked(number: int) -> Exchange:
    """A stream of so many chunks."""
    body = {"model": "reference", "messages": [{"role": "user", "content": "Say hi."}], "stream": True}
    asked = ServerRequest("POST", "/chat/completions", {"authorization": f"Bearer {KEY}"}, encode(body))
    events = answer(asked).events or []
    stream = b"".join(map(frame, [events[0], *[events[1]] * number, *events[-2:]]))
    arrivals = tuple(Arrival(n / 1000, n * len(stream) // number) for n in range(1, number + 1))
    return replace(replied(stream, asked.body), headers=(("content-type", "text/event-stream"), ("x-request-id", "1")), arrivals=arrivals)


def replied(content: bytes, asked: bytes = b'{"model":"reference","messages":[]}', path: str = "/chat/completions") -> Exchange:
    """A reply to a request."""
    endpoint, method = ("models", "GET") if path == "/models" else ("chat", "POST")
    request = Request(endpoint, method, path, (), asked, "success")
    headers = (("content-type", "application/json"),)
    return Exchange("bench", request, 200, headers, content, (Arrival(0.1, len(content)),), time.time(), 0.2)


def bench_chunks() -> None:
    """Judge one stream of a thousand chunks under all rules."""
    judge, exchange, spent = Judge(CATALOG, SETTINGS), chunked(1000), []
    findings = judge.exchange(exchange)
    for number in range(RUNS):
        again = replace(exchange, id=str(number))
        began = time.process_time()
        findings = judge.exchange(again)
        spent.append(time.process_time() - began)
    assert all(finding.outcome in (Outcome.PASS, Outcome.NOTE) for finding in findings)
    told(f"1,000 chunks under {len(findings)} requirements, CPU", statistics.median(spent) * 1000, "ms", 25)


def of_cases(number: int) -> Callable[[], object]:
    """Play so many cases."""
    case = CATALOG.cases["chat/basics/short-reply"]
    cases = {f"{case.id}-{n}": replace(case, id=f"{case.id}-{n}") for n in range(number)}
    probes = {name: CATALOG.cases[name] for f in CATALOG.features.values() if f.probe is not None for name in f.probe.cases}
    catalog = replace(CATALOG, cases={**probes, **cases})
    return lambda: packed(catalog, 0.0, 8)


def of_chunks(number: int) -> Callable[[], object]:
    """Judge a stream of so many chunks."""
    exchange = chunked(number)
    return lambda: Judge(CATALOG, SETTINGS).exchange(exchange)


def of_bytes(number: int) -> Callable[[], object]:
    """Take the key out of a reply of so many bytes, and judge it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "a " * (number // 2)}, "finish_reason": "stop", "logprobs": None}
    whole = {"id": "x", "object": "chat.completion", "created": int(time.time()), "model": "reference", "choices": [choice]}
    raw, scrubber = encode(whole), Scrubber([KEY])
    return lambda: Judge(CATALOG, SETTINGS).exchange(replied(scrubber.octets(raw)[0]))


def of_models(number: int) -> Callable[[], object]:
    """Judge a list of so many models."""
    models = [{"id": f"m{n}", "object": "model", "created": 1, "owned_by": "x"} for n in range(number)]
    exchange = replied(encode({"object": "list", "data": models}), b"", "/models")
    return lambda: Judge(CATALOG, SETTINGS).exchange(exchange)


def of_key(length: int) -> Callable[[], object]:
    """Take a key of such a length out of 100 kB."""
    key = ("sk-" + "aB3dE5gH7j" * length)[:length]
    raw = (b"x" * 997 + b" " + key[:20].encode()) * 100
    return lambda: Scrubber([key]).octets(raw)


def of_page(number: int) -> Callable[[], object]:
    """Draw a page with so many findings that miss something."""
    exchange = chunked(20)
    names = [r.id for r in CATALOG.requirements.values() if r.untestable is None]
    cases = list(CATALOG.cases)
    findings: dict[str, list[Finding]] = {}
    for n in range(number):
        case = cases[n % len(cases)]
        problem = Problem("/id", "a text", f"{n}")
        findings.setdefault(case, []).append(Finding(case, names[n % len(names)], Outcome.FAIL, (problem,), (exchange.id,)))
    results = [CaseResult(case, (exchange,), tuple(found)) for case, found in findings.items()]
    run = as_run(CATALOG, results)
    return lambda: compliance.fragment(run.catalog, run.subject, run.verdict, run.record)


def of_recordings(number: int) -> Callable[[], object]:
    """Judge so many recorded exchanges offline."""
    sent = {"model": "reference", "messages": [{"role": "user", "content": "Say hi."}]}
    asked = ServerRequest("POST", "/chat/completions", {"authorization": f"Bearer {KEY}"}, encode(sent))
    text = json.dumps(answer(asked).body)
    line = {"method": "POST", "host": "api.test", "path": "/v1/chat/completions", "request": sent, "status": 200, "text": text}
    path = Path(tempfile.mkdtemp()) / "recorded.jsonl"
    path.write_text("\n".join(json.dumps({**line, "id": f"r{n}"}) for n in range(number)) + "\n", encoding="utf-8")
    return lambda: list(judge_files([path], RecordingTerms(None, None, [])))


def bench_page() -> None:
    """Draw a page with a hundred unmet requirements."""
    draw = of_page(100)
    draw()  # what is built once
    began = time.process_time()
    draw()
    told("a page with 100 unmet requirements, drawn, CPU", time.process_time() - began, "s", 1.0)


GROWING: dict[str, tuple[Callable[[int], Callable[[], object]], int]] = {
    "cases played": (of_cases, 10),
    "chunks of a reply": (of_chunks, 200),
    "bytes of a reply": (of_bytes, 20_000),
    "models listed": (of_models, 500),
    "characters of a key": (of_key, 40),
    "findings on a page": (of_page, 20),
    "recordings judged": (of_recordings, 50),
}


def _measured(name: str, number: int, out: Any) -> None:
    """CPU time, and memory in MB beyond what was there before, of one size; runs in a process of its own."""
    make, _ = GROWING[name]
    make(10)()  # what is built once
    work = make(number)
    gc.collect()
    gc.freeze()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    work()
    out.put((time.process_time() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def bench_growth() -> None:
    """Time and memory for one, ten and a hundred times as much."""
    context = multiprocessing.get_context("fork")
    print(f"\n{'growth':<22} {'1×':>16} {'10×':>16} {'100×':>16}  exponent")
    for name, (_, least) in GROWING.items():
        found: list[tuple[float, float]] = []
        for times in (1, 10, 100):
            out = context.Queue()
            child = context.Process(target=_measured, args=(name, least * times, out))
            child.start()
            found.append(out.get(timeout=600))
            child.join()
        exponent = math.log10(max(found[2][0], 1e-4) / max(found[1][0], 1e-4))
        cells = " ".join(f"{seconds * 1000:>8.0f} ms {memory:>4.0f}M" for seconds, memory in found)
        print(f"{name:<22} {cells}  {exponent:.2f}   ({least:,} to {least * 100:,})", flush=True)
        if exponent > STEEPEST:
            missed.append(f"growth of {name}")
        if name == "recordings judged":
            told("recordings judged a second, CPU", least * 100 / found[2][0], "")


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


def main() -> int:
    """Print all figures."""
    spare_collector()
    bench_chunks()
    bench_run()
    bench_page()
    bench_processes()
    bench_growth()
    bench_profile()
    print(f"\nmissed: {', '.join(missed) or 'nothing'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
