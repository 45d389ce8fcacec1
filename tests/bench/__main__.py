"""Measures the harness's own cost: ``make bench``.

A start and a run, measured as a user has them; what judging costs; where the time of a run goes; and how time and memory grow when
what is judged grows ten and a hundred times. Exits 1 where a goal of ``docs/performance.md`` is missed, or growth is steeper than linear.
CPU time is what counts, as it says more than wall time on a busy machine.
"""

from __future__ import annotations

import sys

from harness import spare_collector
from tests.bench.growth import bench_growth
from tests.bench.judging import bench_chunks, bench_page, bench_recordings, bench_search
from tests.bench.runs import bench_processes, bench_profile, bench_run
from tests.bench.told import missed


def main() -> int:
    """Print all figures."""
    spare_collector()
    bench_processes()  # first: a process that is started counts the memory of the one that starts it as its own
    bench_chunks()
    bench_search()
    bench_run()
    bench_recordings()
    bench_page()
    bench_growth()
    bench_profile()
    print(f"\nmissed: {', '.join(missed) or 'nothing'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
