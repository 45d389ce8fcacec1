"""What the harness itself costs: ``make bench``.

A run against the reference with 200 ms added to each reply shows whether we are bounded by the endpoint; a run without sockets and
a long stream show what judging costs. Exits 1 when the run takes more than 1.3 times what the endpoint makes it take.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from dataclasses import replace

import uvicorn

from harness.catalog import load
from harness.judging.judge import Judge
from harness.model import Arrival, CaseResult, Exchange, Outcome, Request
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest, encode, frame
from harness.reference.serve import KEY
from harness.runner.options import RunOptions
from harness.runner.run import Run
from tests.drawing import explore
from tests.inprocess import judge

ADDED = 0.2
CONCURRENCY = 8
LIMIT = 1.3
PORT = 18_471
DRAWN = 100
CHUNKS = 1_000


def slow_answer(asked: ServerRequest) -> ServerReply:
    """The reference's reply, 200 ms later."""
    reply = answer(asked)
    reply.delay += ADDED
    return reply


def serve() -> None:
    """Serve the slow reference; runs in a process of its own."""
    uvicorn.run(App(slow_answer), host="127.0.0.1", port=PORT, log_level="critical", lifespan="off")


def bench_run() -> float:
    """Judge the slow reference as a user's run does; the ratio of wall time to what the endpoint makes it take."""
    catalog = load()
    began = time.perf_counter()
    run = Run(catalog, RunOptions(f"http://127.0.0.1:{PORT}/v1", KEY, "KEY", model="reference", concurrency=CONCURRENCY))
    run.clear()
    cases = list(catalog.cases.values())
    run.start(cases)
    results = [run.result(case) for case in cases]
    wall = time.perf_counter() - began
    run.close()
    exchanges = [exchange for result in results for exchange in result.exchanges]
    spent = [exchange.seconds for exchange in exchanges]
    least = sum(spent) / CONCURRENCY + max(spent)
    judged = judgements(results)
    print(f"requests                      {len(exchanges)}")
    print(f"requirements judged           {len({finding.requirement for result in results for finding in result.findings})}")
    print(f"findings per request          {judged / len(exchanges):.1f}")
    print(f"wall time                     {wall:.2f} s")
    print(f"sum of replies / {CONCURRENCY} + longest  {least:.2f} s")
    print(f"ratio                         {wall / least:.2f} (at most {LIMIT})")
    return wall / least


def judgements(results: list[CaseResult]) -> int:
    """How many findings decided something."""
    return sum(finding.outcome in (Outcome.PASS, Outcome.NOTE, Outcome.WARN) for result in results for finding in result.findings)


def bench_exchange() -> None:
    """Plan, send, record and judge without sockets."""
    catalog = load()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(judge(catalog))
    began = time.process_time()
    judged = loop.run_until_complete(judge(catalog))
    spent = time.process_time() - began
    number = sum(len(result.exchanges) for result in judged.results)
    print(f"own cost per exchange         {spent / number * 1000:.2f} ms of CPU, reference included")


def bench_examples() -> None:
    """Draw, send and judge examples of a property, beside a request that was written."""
    catalog = load()
    loop = asyncio.new_event_loop()
    for prop in ("properties/chat/valid", "properties/embeddings/valid", "properties/responses/broken"):
        explore(catalog, loop, prop, examples=5)
        began = time.process_time()
        made = explore(catalog, loop, prop, examples=DRAWN)
        spent = (time.process_time() - began) / made.examples
        each = made.requests / made.examples
        print(f"{prop:<29} {spent * 1000:.1f} ms of CPU per example ({each:.0f} requests), drawing and the reference included")


def bench_chunks() -> None:
    """Judge one stream of a thousand chunks."""
    body = {"model": "reference", "messages": [{"role": "user", "content": "Say hi."}], "stream": True}
    asked = ServerRequest("POST", "/chat/completions", {"authorization": f"Bearer {KEY}"}, encode(body))
    events = answer(asked).events or []
    stream = b"".join(map(frame, [events[0], *[events[1]] * CHUNKS, *events[-2:]]))
    exchange = Exchange(
        "bench",
        Request("chat", "POST", "/chat/completions", (), asked.body, "success"),
        200,
        (("content-type", "text/event-stream"), ("x-request-id", "1")),
        stream,
        tuple(Arrival(n / 1000, n * len(stream) // CHUNKS) for n in range(1, CHUNKS + 1)),
        started_at=time.time(),
    )
    catalog = load()
    judge_ = Judge(catalog, {"$model": "reference", "$completions_model": "reference", "$embeddings_model": "reference"})
    judge_.exchange(exchange)
    began = time.process_time()
    findings = judge_.exchange(replace(exchange, id="again"))
    spent = time.process_time() - began
    assert all(finding.outcome in (Outcome.PASS, Outcome.NOTE) for finding in findings)
    print(f"own cost per 1,000 chunks     {spent * 1000:.0f} ms of CPU, {len(findings)} requirements")


def main() -> int:
    """Print all figures."""
    server = multiprocessing.get_context("spawn").Process(target=serve, daemon=True)
    server.start()
    try:
        time.sleep(2)
        ratio = bench_run()
    finally:
        server.terminate()
        server.join()
    bench_exchange()
    bench_examples()
    bench_chunks()
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
