"""Judging a faulty gateway on a socket, with what most tests of it need."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import socket
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness.catalog import Catalog
from harness.judging.verdict import Scope, Verdict, reach_verdict
from harness.model import Case, CaseResult, Level
from harness.reference.serve import Server
from harness.runner.options import RunOptions
from harness.runner.run import Run
from tests.relay_gateway import Asked, Gateway

KEY = "client-key-of-the-tests"


PORTS = itertools.cycle(range(10_000 + os.getpid() % 1_000 * 20, 10_000 + os.getpid() % 1_000 * 20 + 20))
"""Below those that the system gives to whoever asks for any: between choosing a port and using it, nobody else gets it."""


def free_port() -> int:
    """A port that nobody listens on."""
    for port in itertools.islice(PORTS, 20):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("none of this process's ports is free")


def judge(catalog: Catalog, cases: Iterable[Case], patience: float = 30, **faults: Any) -> tuple[list[CaseResult], Verdict]:
    """A gateway on a socket, judged by a client of some patience. Its ``fallback`` is a path of the scripted upstream."""
    port = free_port()
    if "fallback" in faults:
        faults["fallback"] = f"http://127.0.0.1:{port}{faults['fallback']}"
    server = Server(Gateway(f"http://127.0.0.1:{port}/v1", **faults))
    run = Run(catalog, RunOptions(base_url=server.base_url, key=KEY, model="some-model", upstream=("127.0.0.1", port), timeout=patience))
    try:
        run.clear()
        chosen = list(cases)
        run.start(chosen)
        results = [run.result(case) for case in chosen]
        return results, reach_verdict(
            catalog, results, run.absent(), Scope(partial="some cases" if len(chosen) < len(catalog.cases) else "")
        )
    finally:
        run.close()
        server.close()


def unmet(verdict: Verdict, *levels: Level) -> set[str]:
    """The requirements that are not met, of these levels."""
    return {s.requirement.id for s in verdict.standings if s.missed and s.requirement.level in levels}


def quick(catalog: Catalog, pattern: str) -> list[Case]:
    """Some cases."""
    return [case for case in catalog.cases.values() if re.match(pattern, case.id)]


def stripped(asked: Asked) -> Asked:
    """A request without any header of the client's, and with another model."""
    body = asked.body.replace(b'"some-model"', b'"model-behind"')
    return replace(asked, headers=[("content-type", "application/json")], body=body)
