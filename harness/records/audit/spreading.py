"""Has the parts of an audit judged: here, by processes of this machine, or by a Dask cluster. Who is asked again, and when, is theirs."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from ... import spare_collector
from ..recorded import UnreadableError
from .files import library
from .plan import Part
from .work import AuditTerms, PartResult, judge_part

AHEAD = 2
"""How many parts a worker is given before one of them is asked for, so that finished ones do not pile up."""

RETRIES = 5
"""How often Dask tries a part again that failed, such as by a network that was away."""


def judged(parts: Sequence[tuple[int, Part]], terms: AuditTerms, workers: int, on: str | None) -> Iterator[tuple[int, PartResult]]:
    """The result of each numbered part, as they come."""
    if on is not None:
        yield from _by_dask(parts, terms, workers, on)
    elif workers > 1:
        yield from _by_processes(parts, terms, workers)
    else:
        yield from ((number, judge_part(part, terms)) for number, part in parts)


def _by_processes(parts: Sequence[tuple[int, Part]], terms: AuditTerms, workers: int) -> Iterator[tuple[int, PartResult]]:
    """By processes of this machine."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawned, initializer=_begin) as pool:
        waiting = iter(parts)
        running = {pool.submit(judge_part, part, terms): number for number, part in islice(waiting, workers * AHEAD)}
        try:
            while running:
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(done), done.result()
                    running |= {pool.submit(judge_part, part, terms): number for number, part in islice(waiting, 1)}
        except BrokenProcessPool as error:
            raise UnreadableError(
                "a worker was killed, perhaps for want of memory; go on from a --checkpoint, or let --on=local start it again."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """What a process does once. An interruption is told to the first process, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spare_collector()


def _by_dask(parts: Sequence[tuple[int, Part]], terms: AuditTerms, workers: int, on: str) -> Iterator[tuple[int, PartResult]]:
    """By a Dask cluster, started here or reached at an address. It starts a part again whose worker was lost."""
    distributed = library("distributed", "cluster")
    try:
        client = (
            distributed.Client(n_workers=workers, threads_per_worker=1, dashboard_address=None) if on == "local" else distributed.Client(on)
        )
    except (OSError, ValueError) as error:
        raise UnreadableError(f"--on {on}: no cluster can be reached there ({error}).") from error
    with client:
        waiting = iter(parts)
        at_once = max(sum(client.nthreads().values()), 1) * AHEAD
        numbers = {}

        def submit(number: int, part: Part) -> object:
            future = client.submit(judge_part, part, terms, pure=False, retries=RETRIES)
            numbers[future.key] = number
            return future

        running = distributed.as_completed([submit(*one) for one in islice(waiting, at_once)], with_results=True)
        for future, result in running:
            yield numbers.pop(future.key), result
            future.release()
            for one in islice(waiting, 1):
                running.add(submit(*one))
