"""How time and memory grow when what is judged grows ten and a hundred times."""

from __future__ import annotations

import gc
import json
import math
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.judging import Judge
from harness.model import CaseResult, Finding, Outcome, Problem
from harness.records import RecordingTerms, judge_files
from harness.reference.answers import answer
from harness.reference.exchange import ServerRequest, encode
from harness.reference.refusals import KEY
from harness.reporting import compliance
from harness.wire import Scrubber
from tests.bench.replies import CATALOG, SETTINGS, chunked, replied
from tests.bench.told import missed, told
from tests.packing import packed
from tests.records import as_run

STEEPEST = 1.15
"""The exponent of growth may be no larger: 1 is linear."""

NOISE_MB = 10
"""Less memory than this is not told from what the process needs anyway."""


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


def recorded(number: int) -> Path:
    """A file of so many recorded exchanges."""
    sent = {"model": "reference", "messages": [{"role": "user", "content": "Say hi."}]}
    asked = ServerRequest("POST", "/chat/completions", {"authorization": f"Bearer {KEY}"}, encode(sent))
    text = json.dumps(answer(asked).body)
    line = {"method": "POST", "host": "api.test", "path": "/v1/chat/completions", "request": sent, "status": 200, "text": text}
    path = Path(tempfile.mkdtemp()) / "recorded.jsonl"
    path.write_text("\n".join(json.dumps({**line, "id": f"r{n}"}) for n in range(number)) + "\n", encoding="utf-8")
    return path


def of_recordings(number: int) -> Callable[[], object]:
    """Judge so many recorded exchanges offline."""
    path = recorded(number)
    return lambda: list(judge_files([path], RecordingTerms(None, None, [])))


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


def _grown(name: str, least: int) -> list[tuple[float, float]]:
    """CPU time and memory for one, ten and a hundred times the least."""
    context, found = multiprocessing.get_context("fork"), []
    for times in (1, 10, 100):
        out = context.Queue()
        child = context.Process(target=_measured, args=(name, least * times, out))
        child.start()
        found.append(out.get(timeout=600))
        child.join()
    return found


def _exponent(ten: float, hundred: float, floor: float) -> float:
    """How steeply something grows from ten to a hundred times as much; what is below the floor is noise."""
    return math.log10(max(hundred, floor) / max(ten, floor))


def bench_growth() -> None:
    """Time and memory for one, ten and a hundred times as much."""
    print(f"\n{'growth':<22} {'1×':>16} {'10×':>16} {'100×':>16}  exponents of time and memory")
    for name, (_, least) in GROWING.items():
        found = _grown(name, least)
        (_, _), (ten, ten_mb), (hundred, hundred_mb) = found
        steep = {"time": _exponent(ten, hundred, 0.0001), "memory": _exponent(ten_mb, hundred_mb, NOISE_MB)}
        cells = " ".join(f"{seconds * 1000:>8.0f} ms {memory:>4.0f}M" for seconds, memory in found)
        print(f"{name:<22} {cells}  {steep['time']:.2f} {steep['memory']:.2f} ({least:,} to {least * 100:,})", flush=True)
        missed.extend(f"growth of {name}, {what}" for what, exponent in steep.items() if exponent > STEEPEST)
        if name == "recordings judged":
            told("a short recording judged, CPU", hundred / least / 100 * 1000, "ms", 1000 / 1500)
            told("memory for 5,000 recordings more", hundred_mb, "MB", NOISE_MB)
