"""Plays every command that the README and docs show, against the reference: ``python -m tests.played_docs``, a part of ``make proof``.

Where a page has an address, a model or a file of its reader's, the reference's own stand. Commands that need a gateway, a client library or
an installation are proven by the targets that are about them, and named here as left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.reference.dialects import serve_dialects
from harness.reference.refusals import KEY
from harness.reference.serve import Server
from tests import traffic
from tests.test_docs import ROOT, commands

ELSEWHERE = {
    "UPSTREAM=": "make gateways",
    "--upstream": "make gateways",
    "-m venv": "make gateways",
    "--clients": "make clients",
    "suites/test_clients.py": "make clients",
    "make clients": "make clients",
    "make test": "make test",
    "make check": "make check",
    "tests/test_mutants.py": "tests/test_contributing.py",
    "chat/basics/identified": "tests/test_contributing.py",
    "--pyargs wireproof": "make beside-plugins",
    "serve --": "tests/test_serve.py",
    "--profile t-cloud": "tests/test_profiles.py",
}
"""What is proven elsewhere, by what stands in the command."""

FINE = {0, 6}
"""Exit codes of a run against the faultless reference: it conforms, or a part of the suite leaves something undecided."""

DIFFERS = 1
"""The exit code of a comparison with an almost empty document."""


def is_fine(code: int, words: list[str]) -> bool:
    """Whether a command came to what it should."""
    return code == DIFFERS if "spec-diff" in words else code in FINE


def arguments(words: list[str], url: str, folder: Path) -> list[str]:
    """What the command ``wireproof`` takes for a shown command, with the reference in place of the reader's endpoint."""
    if words[0] == "make":
        given = dict(word.split("=", 1) for word in words[2:])
        suites = ["suites/test_properties_chat.py"] if words[1] == "fuzz" else []
        endpoint = ["--base-url", given["BASE_URL"], "--model", given["MODEL"]] if "BASE_URL" in given else []
        words = ["wireproof", *suites, *endpoint, *given.get("ARGS", "").split()]
    here = {"https://host/v1": url, "name": "reference", "--model=name": "--model=reference"}
    words = [here.get(word, word).replace("https://host/v1", url) for word in words[1:]]
    return [found for word in words for found in (sorted(map(str, folder.glob(word))) if "*" in word else [word])]


def played(words: list[str], url: str, folder: Path) -> int:
    """The exit code of one command; what it printed is shown where that is not as it should be."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments(words, url, folder)],
        cwd=folder,
        env={**os.environ, "OPENAI_API_KEY": KEY, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if not is_fine(done.returncode, words):
        sys.stderr.write(done.stdout[-2_000:] + done.stderr[-2_000:])
    return done.returncode


def prepare_logs(folder: Path, url: str) -> None:
    """The logs that audits read, and the reports of two audits."""
    (folder / "logs").mkdir()
    traffic.write(folder / "logs" / "2026-11-01.jsonl.gz", 100)
    for month in ("october", "november"):
        played(["wireproof", "audit", "logs", f"--report-dir={month}"], url, folder)


def prepare(folder: Path) -> None:
    """The files that commands read: records of runs, a recording of others, a profile and a newer document."""
    for name in ("last-month", "old", "new", "one", "two", "three"):
        (folder / name).mkdir()
        shutil.copy(folder / "reports" / "run.jsonl", folder / name / "run.jsonl")
    (folder / "traffic.har").write_text(
        '{"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": []}}', encoding="utf-8"
    )
    (folder / "cassettes").mkdir()
    (folder / "openapi.yaml").write_text("openapi: 3.1.0\ninfo: {version: '1'}\npaths: {}\ncomponents: {schemas: {}}\n", encoding="utf-8")
    (folder / "ours.yaml").write_text(
        'profile: ours\nabout: ours\nextends: openai\nsources: [{id: handbook, title: Handbook, date: "2026-11"}]\ndeviations:\n'
        "  - {requirements: [http.request-id], level: may, reason: Our gateway puts the id elsewhere., source: handbook}\n",
        encoding="utf-8",
    )


def main() -> int:
    """Play all; the exit code is 1 if one did not do what the page says."""
    failed = []
    server: Server = serve_dialects()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare_logs(folder, server.base_url)
        shown = dict.fromkeys((" ".join(words), tuple(words)) for _, words in commands())
        ready = False
        for text, words in shown:
            if (elsewhere := next((where for part, where in ELSEWHERE.items() if part in text), None)) is not None:
                sys.stdout.write(f"left to {elsewhere}: {text}\n")
                continue
            told = [word for word in words if words[0] != "python" or word not in ("-m", "harness")]
            code = played(told, server.base_url, folder)
            sys.stdout.write(f"exit {code}: {text}\n")
            failed += [text] if not is_fine(code, told) else []
            if not ready and (folder / "reports" / "run.jsonl").is_file():
                prepare(folder)
                ready = True
    server.close()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
