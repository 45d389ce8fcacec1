"""Everything at full width, part by part: ``make proof``.

A part that is done is noted below ``reports/proof/``, under the state of the sources that it proves, and not done again; one that failed
or was interrupted is. ``--list`` tells what is done, and what it took; ``make proof ARGS='hostile-1 detection'`` does these parts alone.
The parts go on after one that fails. How long each takes is in ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "reports" / "proof"
PYTEST = (sys.executable, "-m", "pytest", "-q")
SPREAD = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal")
WHOLE = {"WIREPROOF_WHOLE": "1"}
SEEDS, SHARES = 3, 4


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the proof: what it proves, and the command."""

    name: str
    proves: str
    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a part, with seconds on the clock and of CPU."""

    name: str
    code: int
    wall: float
    cpu: float


def _module(name: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"tests.{name}", *words)


def _properties(seed: int) -> Part:
    also = () if seed == 0 else ("-k", "hidden_fault")  # the others draw nothing by this seed
    given = {"WIREPROOF_SEEDS": str(seed), "WIREPROOF_EXAMPLES": "2000"}
    return Part(f"properties-{seed}", "2,000 examples of each property", (*PYTEST, *SPREAD, "tests/test_properties.py", *also), given)


PARTS = (
    Part("tests", "all that make test holds", ("make", "test")),
    Part("mutants", "each mutant on the whole suite", (*PYTEST, *SPREAD, "tests/test_mutants.py"), WHOLE),
    Part("relay", "each mutant of a gateway on the whole suite", (*PYTEST, *SPREAD, "tests/test_relay.py"), WHOLE),
    Part("wheel", "the wheel with its own packages", (*PYTEST, "tests/test_wheel.py"), WHOLE),
    Part("detection", "every fault that was reported of a real server", _module("detection")),
    Part("played-docs", "each command that the documents show", _module("played_docs")),
    Part("beside-plugins", "the wheel beside the plugins that other projects use", ("make", "beside-plugins")),
    Part("audit", "audits on processes and a cluster, from S3, of hostile files", ("make", "audit-proof")),
    Part("reply-fuzzing", "20,000 damaged replies", _module("reply_fuzzing", "--examples", "20000")),
    Part("client-fuzzing", "20,000 damaged outcomes of clients", _module("client_fuzzing", "--examples", "20000")),
    *(
        Part(f"hostile-{n}", "a share of the endpoints that misbehave", _module("hostile", "--measure", "--share", f"{n}/{SHARES}"))
        for n in range(1, SHARES + 1)
    ),
    Part("clients", "what clients do where a requirement is not met", ("make", "test-clients")),
    *map(_properties, range(SEEDS)),
    Part("mutation", "the reference broken systematically; goes on where it stopped", _module("mutation")),
    Part("browser", "the report in a real browser", ("make", "browser")),
)


def state() -> str:
    """What tells these sources from others: the commit, and what is not committed."""
    commands = (["rev-parse", "HEAD"], ["diff", "HEAD"], ["ls-files", "--others", "--exclude-standard"])
    told = [subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False).stdout for words in commands]
    return hashlib.sha256(b"\0".join(told)).hexdigest()[:16]


def noted(file: Path) -> dict[str, Done]:
    """What became of the parts so far, the last time of each; a line that was cut is left out."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {one.name: one for one in (Done(**json.loads(line)) for line in lines if line.endswith("}"))}


def do(part: Part) -> Done:
    """Do a part. What it prints is shown."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = subprocess.run(part.words, cwd=ROOT, env={**os.environ, **part.environment}, check=False).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Done(part.name, code, round(time.monotonic() - began, 1), round(cpu, 1))


def told(part: Part, done: Done | None) -> str:
    """One line of the list."""
    if done is None:
        return f"{part.name:16} {'not done':10} {'':22} {part.proves}"
    became = "done" if done.code == 0 else f"exit {done.code}"
    return f"{part.name:16} {became:10} {done.wall / 60:6.1f} min, {done.cpu / 60:6.1f} CPU {part.proves}"


def main(words: Sequence[str] | None = None) -> int:
    """Do the parts that are left; the exit code is 1 unless all that were asked for are done."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="these parts alone, even if they are done")
    parser.add_argument("--list", action="store_true", help="tell what is done")
    given = parser.parse_args(words)
    if unknown := set(given.parts) - {part.name for part in PARTS}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen = [part for part in PARTS if not given.parts or part.name in given.parts]
    file = KEPT / f"{state()}.jsonl"
    known = noted(file)
    left = [part for part in chosen if part.name in given.parts or known.get(part.name, Done("", 1, 0, 0)).code]
    for part in () if given.list else left:
        sys.stdout.write(f"\n== {part.name}: {part.proves}\n")
        sys.stdout.flush()
        known[part.name] = do(part)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(asdict(known[part.name])) + "\n")
    sys.stdout.write("\n" + "\n".join(told(part, known.get(part.name)) for part in chosen) + "\n")
    return 0 if all(part.name in known and known[part.name].code == 0 for part in chosen) else 1


if __name__ == "__main__":
    raise SystemExit(main())
