"""The hostile endpoint by hand: name its behaviours, serve them, or judge each in a process of its own and say what it cost."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.catalog import Catalog, load

from .behaviours import BEHAVIOURS
from .outcomes import read, write
from .play import MINUTES, play
from .server import HostileServer

MEMORY = 400
"""No process may need more megabytes."""

SECONDS = 2 * MINUTES * 60
"""None of these short runs may take longer than twice what --max-time gives it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What judging one behaviour came to and cost, in a process of its own."""

    name: str
    outcome: str
    ours: tuple[str, ...]
    leaks: tuple[str, ...]
    seconds: float
    cpu: float
    megabytes: float

    @property
    def faults(self) -> list[str]:
        """What is wrong with us, not with the endpoint."""
        behaviour = BEHAVIOURS[self.name.removeprefix("pre-")]
        found = [*self.ours, *(f"the key is in {where}" for where in self.leaks)]
        found += [f"{self.megabytes:.0f} MB"] if self.megabytes > MEMORY else []
        found += [f"{self.seconds:.0f} s"] if self.seconds > SECONDS else []
        found += ["a pass that was not earned"] if self.outcome == "0" and not behaviour.harmless else []
        return found + (["it crashed"] if self.outcome.startswith("crash") else [])


def names() -> list[str]:
    """All behaviours, and those that are tried from the first request on too."""
    return [name for one in BEHAVIOURS.values() for name in one.names]


def measure(catalog: Catalog, url: str, name: str) -> Measured:
    """Judge one behaviour in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with tempfile.TemporaryDirectory() as folder, os.fdopen(writing, "w") as pipe:
            try:
                played = play(catalog, url, Path(folder), BEHAVIOURS[name.removeprefix("pre-")].cases)
                said = {"outcome": played.outcome, "ours": played.ours, "leaks": tuple(played.leaks()), "seconds": played.seconds}
            except BaseException as error:  # noqa: BLE001 - to be told, whatever it is
                said = {"outcome": f"crash {type(error).__name__}: {error}"[:200], "ours": (), "leaks": (), "seconds": 0.0}
            used = resource.getrusage(resource.RUSAGE_SELF)
            said |= {"megabytes": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}
            pipe.write(json.dumps({"name": name, **said}))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    told = json.loads(text)
    return Measured(**{**told, "ours": tuple(told["ours"]), "leaks": tuple(told["leaks"])})


def serve_apart() -> tuple[int, str]:
    """The server in a process of its own, so that what it needs is not counted as ours: its id and its address."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        server = HostileServer({name: one.act for name, one in BEHAVIOURS.items()})
        os.write(writing, server.root.encode())
        os.close(writing)
        threading.Event().wait()
    os.close(writing)
    return child, os.read(reading, 100).decode()


def main(words: Sequence[str] | None = None) -> int:
    """List, serve or measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the behaviours")
    parser.add_argument("--port", type=int, help="serve them here")
    parser.add_argument("--measure", nargs="*", metavar="NAME", help="judge all, or these, each in a process of its own")
    parser.add_argument("--write", action="store_true", help="with --measure: write the table of outcomes again")
    parser.add_argument("--share", default="1/1", metavar="K/N", help="with --measure: every Nth of them, from the Kth on")
    given = parser.parse_args(words)
    if given.list:
        sys.stdout.write("\n".join(names()) + "\n")
    elif given.port is not None:
        server = HostileServer({name: one.act for name, one in BEHAVIOURS.items()}, given.port)
        sys.stdout.write(f"{server.root}/NAME/v1, until it is interrupted\n")
        threading.Event().wait()
    elif given.measure is not None:
        number, of = map(int, given.share.split("/"))
        return _measure_all((given.measure or names())[number - 1 :: of], writes=given.write)
    else:
        parser.print_help()
    return 0


def _measure_all(chosen: Sequence[str], *, writes: bool) -> int:
    """Judge behaviours one after the other, and say what was wrong and what was worst."""
    catalog = load()
    server, root = serve_apart()
    table = read()
    found: list[Measured] = []
    bad = 0
    try:
        with tempfile.TemporaryDirectory() as folder:  # what every run needs is loaded once, before processes are forked
            play(catalog, f"{root}/chunks-right/v1", Path(folder))
        for name in chosen:
            one = measure(catalog, f"{root}/{name}/v1", name)
            found.append(one)
            timed = BEHAVIOURS[name.removeprefix("pre-")].slow  # what it comes to depends on the machine
            differs = not writes and not timed and table.get(name) != one.outcome
            faults = [*one.faults, *([f"the table says {table.get(name)}"] if differs else [])]
            bad += bool(faults)
            told = f"  ! {'; '.join(faults)}" if faults else ""
            sys.stdout.write(f"{one.name:48} {one.seconds:6.2f} s {one.cpu:6.2f} s of CPU {one.megabytes:5.0f} MB  {one.outcome}{told}\n")
            sys.stdout.flush()
            if writes and not timed:
                table[name] = one.outcome
                write(table)
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)
    slowest, largest = max(found, key=lambda one: one.seconds), max(found, key=lambda one: one.megabytes)
    sys.stdout.write(
        f"{len(found)} behaviours, {bad} with faults of ours; slowest {slowest.name} {slowest.seconds:.1f} s, "
        f"largest {largest.name} {largest.megabytes:.0f} MB\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
