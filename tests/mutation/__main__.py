"""``python -m tests.mutation``: plays all mutations on all cores, resumes where it stopped, and prints the table."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from harness.catalog import load
from tests.mutation.explained import Explained
from tests.mutation.run import NOTHING, Bench, Played, line, parsed
from tests.mutation.table import publish, table

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "reports" / "mutation"
DEPENDS = ("harness/checks", "harness/judging", "harness/model", "harness/reference", "spec", "tests/mutation")
"""What outcomes depend on; when it changes, mutations are played again."""


def fingerprint() -> str:
    """A digest of all that outcomes depend on."""
    digest = hashlib.sha256()
    for folder in DEPENDS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".yaml", ".json") and path.name not in ("explained.yaml", "explained.py", "table.py", "__main__.py"):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _share(number: int, of: int, every: int, place: Path) -> int:
    """Play one share of the mutations, noting each outcome as it comes; how many were played."""
    bench = Bench(load())
    file = place / f"{number}-{of}.jsonl"
    done = {one.id for one in _kept(place)}

    async def play() -> int:
        await bench.prepare()
        mutations = bench.mutations()[::every][number::of]
        played = 0
        with file.open("a", encoding="utf-8") as notes:
            for mutation in mutations:
                if mutation.id not in done:
                    notes.write(line(await bench.play(mutation)) + "\n")
                    notes.flush()
                    played += 1
        return played

    return asyncio.run(play())


def _kept(place: Path) -> list[Played]:
    """The outcomes noted so far; a line that was cut is left out."""
    lines = [text for path in sorted(place.glob("*.jsonl")) for text in path.read_text(encoding="utf-8").splitlines()]
    return [parsed(text) for text in lines if text.endswith("}")]


def outcomes(every: int, jobs: int, *, afresh: bool) -> list[Played]:
    """What became of every mutation that changes something."""
    place = KEPT / fingerprint()
    place.mkdir(parents=True, exist_ok=True)
    if afresh:
        for path in place.glob("*.jsonl"):
            path.unlink()
    with ProcessPoolExecutor(jobs) as pool:
        list(pool.map(_share, range(jobs), [jobs] * jobs, [every] * jobs, [place] * jobs))
    return [one for one in {one.id: one for one in _kept(place)}.values() if one.found != NOTHING]


def main(arguments: Iterable[str]) -> int:
    """Play, print, and tell by the exit code whether every survivor is explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="play every Nth mutation only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many at once (all cores)")
    parser.add_argument("--afresh", action="store_true", help="forget what was played before")
    parser.add_argument("--publish", action="store_true", help="write the table into docs/detection.md")
    given = parser.parse_args(list(arguments))
    played = outcomes(given.every, given.jobs, afresh=given.afresh)
    explained = Explained.read()
    told, gaps = table(played, explained)
    print(told)
    if given.publish:
        publish(told)
    wrong = [*gaps, *(explained.stale(played) if given.every == 1 else ())]
    print(*wrong[:60], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
