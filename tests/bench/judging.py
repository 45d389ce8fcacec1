"""What judging one reply, looking for keys in it, and drawing one page cost."""

from __future__ import annotations

import base64
import random
import statistics
import time
from dataclasses import replace
from pathlib import Path

from harness.judging import Judge
from harness.model import Outcome
from harness.records import OfHost, RecordingTerms, judge_files
from harness.wire import Scrubber
from tests.bench.growth import of_page, recorded
from tests.bench.replies import CATALOG, SETTINGS, chunked
from tests.bench.told import RUNS, told
from tests.recorded import RECORDINGS


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


def bench_search() -> None:
    """Look for keys of several lengths in a megabyte of several kinds of text."""
    drawn = random.Random(1).randbytes(1_000_000)
    words = b"It was said that nothing is lost, and 4.25 of it was found again; "
    texts = {
        "base64": base64.b64encode(drawn)[:1_000_000],
        "base64 in lines": base64.encodebytes(drawn)[:1_000_000],
        "base32": base64.b32encode(drawn)[:1_000_000],
        "hexadecimal": drawn.hex().encode()[:1_000_000],
        "prose": (words * 16_000)[:1_000_000],
        "numbers": b"-0.0123456789, " * 66_667,
    }
    slowest: dict[str, float] = {}
    for length in (20, 51, 200, 2_000):
        scrubber = Scrubber([("sk-" + "aB3dE5gH7j" * length)[:length]])
        for name, text in texts.items():
            began = time.process_time()
            scrubber.octets(text)
            slowest[f"{name}, a key of {length:,} characters"] = time.process_time() - began
    name = max(slowest, key=lambda one: slowest[one])
    told(f"1 MB searched for a key ({name})", slowest[name], "s", 0.1)


def bench_recordings() -> None:
    """Judge real recordings, where they are; what reading the rules takes at the start is left out."""
    if not RECORDINGS.is_file():
        print("a real recording judged: not measured, there are none here")
        return
    start, (number, spent) = _recordings([recorded(1)])[1], _recordings([RECORDINGS])
    told(f"one of {number} real recordings judged, CPU", (spent - start) / number * 1000, "ms", 1000 / 1500)


def _recordings(files: list[Path]) -> tuple[int, float]:
    """How many exchanges are recorded, and the CPU time of judging them, the median of five."""
    number, spent = 0, []
    for _ in range(RUNS):
        began = time.process_time()
        number = sum(of.exchanges for of in judge_files(files, RecordingTerms(None, None, [])) if isinstance(of, OfHost))
        spent.append(time.process_time() - began)
    return number, statistics.median(spent)


def bench_page() -> None:
    """Draw a page with a hundred unmet requirements."""
    draw = of_page(100)
    draw()  # what is built once
    began = time.process_time()
    draw()
    told("a page with 100 unmet requirements, drawn, CPU", time.process_time() - began, "s", 1.0)
