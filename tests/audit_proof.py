"""Proves an audit at full size: ``make audit-proof``. It needs what requirements-audit.txt lists.

A log with sown faults is audited by one process, by two, and by a Dask cluster of two workers of which one is killed in between; the
counts must be those sown, and the reports the same. The same log is read from S3, as a stand-in server has it. Files that misbehave must
stay in bounds. What it prints is the table of ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests import traffic

ROOT = Path(__file__).resolve().parent.parent
SHARES = {"no-object": 0.01, "no-done": 0.002, "wrong-sum": 0.0005, traffic.REPEATED: 0.05}
MOST_MB = 500
HERE = {**os.environ, "PYTHONPATH": str(ROOT)}


class Audited(NamedTuple):
    """A finished audit: its report, seconds on the clock, seconds of CPU, and the memory of its largest process in MB."""

    report: dict[str, Any]
    wall: float
    cpu: float
    memory: float


def audit(*words: str, during: Callable[[], None] = lambda: None, extra: Mapping[str, str] | None = None) -> Audited:
    """Run the command. What one process costs is measured with all that it started."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        command = [sys.executable, "-m", "harness", "audit", "--json", *words]
        made = subprocess.Popen(command, cwd=ROOT, env={**HERE, **(extra or {})}, stdout=said)
        during()
        _, status, used = os.wait4(made.pid, 0)
        made.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        said.seek(0)
        assert made.returncode in (0, 1, 5), f"audit ended with {made.returncode}"
        return Audited(json.load(said), wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def check(found: Audited, sown: traffic.Traffic, number: int) -> None:
    """The counts are those sown, and memory is bounded."""
    missed = {one["id"]: one["missed"] for one in found.report["requirements"] if one["missed"]}
    assert missed == {requirement: sown.faults[name] for name, (_, requirement, _) in traffic.FAULTS.items() if sown.faults[name]}, missed
    assert found.report["exchanges"] == number
    check_ids(found.report["across"]["ids"], sown)
    assert {(one["host"], one["model"]) for one in found.report["across"]["never_varying"]} == {traffic.STUCK}
    assert found.memory < MOST_MB, f"{found.memory:.0f} MB"


def check_ids(told: list[dict[str, Any]], sown: traffic.Traffic) -> None:
    """The repeated ids are found: all of them, or as many as a fair sample of all ids has."""
    repeated = sum(times > 1 for times in sown.repeated.values())
    every = sown.kinds["chat"] + sown.kinds["stream"] - sown.faults[traffic.REPEATED] + len(sown.repeated)
    followed, found = (sum(one[name] for one in told) for name in ("followed", "repeated"))
    share = followed / every
    assert abs(found - repeated * share) <= 5 * math.sqrt(repeated * share * (1 - share)), (found, repeated, share)


def told(how: str, number: int, found: Audited) -> None:
    """Print a row."""
    print(f"| {how} | {number:,} | {found.wall:,.1f} | {number / found.wall:,.0f} | {found.cpu:,.1f} | {found.memory:,.0f} |", flush=True)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers on this machine: the address and the workers."""
    told_by = folder / "scheduler.json"
    common = ["--scheduler-file", str(told_by), "--no-dashboard"]
    with (folder / "cluster.log").open("wb") as log:

        def start(program: str, *words: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.{program}", *common, *words]
            return subprocess.Popen(command, cwd=folder, env=HERE, stdout=log, stderr=log)

        started = [start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")]
        try:
            while not told_by.exists():
                time.sleep(0.1)
            started += [start("dask_worker", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1") for _ in range(2)]
            time.sleep(5)
            yield json.loads(told_by.read_text(encoding="utf-8"))["address"], started[1:]
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


def prove_size(folder: Path, number: int) -> None:
    """One size, in all ways."""
    path = folder / f"log-{number}.jsonl"
    sown = traffic.write(path, number, shares=SHARES)
    one = audit(str(path))
    check(one, sown, number)
    told("one process", number, one)
    two = audit(str(path), "--workers=2")
    assert two.report == one.report
    told("two processes", number, two)
    with cluster(folder) as (address, workers):

        def kill_one() -> None:
            time.sleep(max(3.0, one.wall / 4))
            workers[0].kill()

        killed = audit(str(path), f"--on={address}", during=kill_one)
        assert workers[0].poll() is not None
        assert workers[1].poll() is None
    assert killed.report == one.report
    told("cluster of two, one killed", number, killed)
    path.unlink()


def prove_lost_process(folder: Path, number: int = 50_000) -> None:
    """Without a cluster a killed process ends the audit, and its checkpoint has what was done."""
    path, kept = folder / "log.jsonl", folder / "kept.json"
    traffic.write(path, number, shares=SHARES)
    command = [sys.executable, "-m", "harness", "audit", "--json", str(path), "--workers=2", f"--checkpoint={kept}"]
    made = subprocess.Popen(command, cwd=ROOT, env=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert made.stderr is not None
    assert b"records" in made.stderr.readline()  # a part is done
    children = Path(f"/proc/{made.pid}/task/{made.pid}/children").read_text(encoding="ascii").split()
    worker = next(pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(int(worker), signal.SIGKILL)
    assert b"a worker was killed" in made.communicate()[1]
    assert made.returncode == 4
    done = json.loads(kept.read_text(encoding="ascii"))["done"]
    again = audit(str(path), f"--checkpoint={kept}")
    assert done
    assert again.report == audit(str(path)).report
    told(f"gone on from {len(done)} parts", number, again)
    path.unlink()


def prove_storage(folder: Path, number: int = 5_000) -> None:
    """The same log here and in S3, in three packed files, one of them Zstandard."""
    import boto3
    import zstandard
    from moto.server import ThreadedMotoServer

    here = folder / "day"
    here.mkdir()
    for part in range(3):
        traffic.write(here / f"part-{part}.jsonl.gz", number // 3, shares=SHARES, skip=part * (number // 3))
    last = here / "part-2.jsonl.gz"
    (here / "part-2.jsonl.zst").write_bytes(zstandard.compress(gzip.decompress(last.read_bytes())))
    last.unlink()
    server: Any = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        keys = {"AWS_ACCESS_KEY_ID": "audit", "AWS_SECRET_ACCESS_KEY": "audit-secret-key", "AWS_DEFAULT_REGION": "us-east-1"}
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="audit", aws_secret_access_key="s")
        client.create_bucket(Bucket="logs")
        for path in here.iterdir():
            client.upload_file(str(path), "logs", f"day/{path.name}")
        extra = {**keys, "AWS_ENDPOINT_URL": address}
        local = audit(str(here))
        for pattern in ("s3://logs/day/part-*", "s3://logs/day"):
            remote = audit(pattern, "--workers=2", extra=extra)
            placed = json.loads(json.dumps(remote.report).replace("s3://logs/day", str(here)))
            assert _comparable(placed) == _comparable(local.report)
        told("from S3, two processes", local.report["exchanges"], remote)
    finally:
        server.stop()


def _comparable(report: dict[str, Any]) -> str:
    """A report without the examples that are drawn: a draw depends on the file's name."""
    for one in report["requirements"]:
        for way in one.get("ways", ()):
            way["examples"] = way["examples"][:1]
    return json.dumps(report)


def prove_hostile(folder: Path) -> None:
    """Files that misbehave are counted in bounded memory. They are written in pieces: a child's memory begins with that of its parent."""
    good = (json.dumps({**traffic.samples()["chat"], "host": "h.test"}) + "\n").encode()
    million = 1_000_000
    for name, begin, piece, times, end in (
        ("a line of 100 MB", b"", b"x" * million, 100, b"\n"),
        ("a string of 100 MB", b'{"host": "', b"y" * million, 100, b'"}\n'),
        ("nested 10 million deep", b"", b"[" * million, 10, b"\n"),
        ("16 MB of values", b"[", b"1," * (million // 2), 16, b"1]\n"),
        ("16 MB of objects", b'{"a":[', b'{"a":1},' * (million // 8), 16, b"1]}\n"),
        ("20 MB of bytes", b"", os.urandom(million).replace(b"\n", b""), 20, b"\n"),
    ):
        with (folder / "hostile.jsonl").open("wb") as file:
            file.writelines([good, begin, *[piece] * times, end, good])
        _bounded(name, folder, 2)
    with (folder / "hostile.jsonl").open("wb") as file:
        file.writelines([b'[{"a": "', *[b"z" * million] * 100, b'"}, ', good.strip(), b"]"])
    _bounded("an array with an entry of 100 MB", folder, 1)
    with gzip.GzipFile(folder / "hostile.jsonl", "wb") as packed:
        packed.write(good)
        for _ in range(1_000):
            packed.write(bytes(million))
    _bounded("a gzip file of 1 GB of zeros", folder, 1)

    with (folder / "hostile.jsonl").open("w", encoding="utf-8") as names:
        names.writelines(json.dumps(line) + "\n" for line in _every_name_another(60_000))
    _bounded("60,000 exchanges in which every name is another", folder, 40_000, bad=0)


def _every_name_another(number: int) -> Iterator[dict[str, Any]]:
    """Exchanges each with names and faults of its own; every third asks for an endpoint that may not be there."""
    drawn = random.Random(0)

    def name(length: int = 200) -> str:
        return f"{drawn.getrandbits(64):x}" * (length // 16)

    spoiled = {kind: list(traffic.injected(json.loads(line["text"]))) for kind, line in traffic.samples().items() if kind != "stream"}
    for n in range(number):
        kind = drawn.choice([*spoiled])
        line = {**traffic.samples()[kind], "host": name(), "started_at": drawn.randrange(2_000_000_000)}
        line["request"] = {**line["request"], "model": name(), "messages": []}
        if n % 3 == 0:
            yield {**line, "host": f"h{n % 200}.test", "status": 404, "text": name()}
        else:
            text = json.dumps(drawn.choice(spoiled[kind])).replace(traffic.MARKER, name(5_000))
            yield {**line, "text": re.sub('"id": "[^"]*"', f'"id": "{name(40)}"', text)}


def _bounded(name: str, folder: Path, exchanges: int, bad: int = 1) -> None:
    """Audit the hostile file."""
    found = audit(str(folder / "hostile.jsonl"))
    assert (found.report["exchanges"], found.report["bad"]["count"]) == (exchanges, bad), (name, found.report["bad"])
    assert found.memory < MOST_MB, f"{name}: {found.memory:.0f} MB"
    reason = found.report["bad"]["first"][0]["reason"] if bad else "other"
    print(f"| {name} | {found.wall:.1f} | {found.memory:.0f} | {reason} |", flush=True)


def main() -> None:
    """Prove all, or what is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--only", choices=["sizes", "storage", "hostile"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.only in (None, "sizes"):
            print("| how | exchanges | seconds | a second | CPU seconds | MB |\n|---|---|---|---|---|---|")
            for number in given.sizes:
                prove_size(folder, number)
            prove_lost_process(folder)
        if given.only in (None, "storage"):
            prove_storage(folder)
        if given.only in (None, "hostile"):
            print("| a file with | seconds | MB | is told as |\n|---|---|---|---|")
            prove_hostile(folder)


if __name__ == "__main__":
    main()
