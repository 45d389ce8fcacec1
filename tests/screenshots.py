"""Takes the README's pictures of the report: a real run against a mutant of the reference, opened in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from harness.reference.app import App
from harness.reference.serve import KEY, Server
from tests.browser.conftest import CHROME, FLAGS, ROOT
from tests.mutants import MUTANTS

PICTURES = ROOT / ".github"
PORT = 8000
MUTANT = "part-added-late"
WIDTH = 1_200


def run(folder: Path) -> Path:
    """A whole run against the mutant; the report's path."""
    server = Server(App(next(mutant for mutant in MUTANTS if mutant.name == MUTANT)), port=PORT)
    # The folder goes by the environment, so that the command in the picture is the plain one.
    added = {"OPENAI_API_KEY": KEY, "PYTEST_ADDOPTS": f"-q -p no:cacheprovider --report-dir={folder}"}
    command = [sys.executable, "-m", "pytest", "--base-url", server.base_url]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **added}, check=False, stdout=subprocess.DEVNULL)
    server.close()
    return folder / "compliance.html"


def take(page: Any, name: str, first: str, last: str) -> None:
    """A picture from the top of one element to the bottom of another."""
    sides = "item => { const box = item.getBoundingClientRect(); return [box.top + scrollY, box.bottom + scrollY] }"
    top, bottom = page.locator(first).first.evaluate(sides)[0], page.locator(last).first.evaluate(sides)[1]
    path = PICTURES / name
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": top - 12, "width": WIDTH, "height": bottom - top + 24})
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


def pictures(report: Path) -> None:
    """The head of the report, and a stream with the event at which it goes wrong."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROME, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": 1_000})
        page.goto(report.as_uri())
        take(page, "report.png", "h1", ".overview")
        take(page, "report-failure.png", "#unmet .timeline", "#unmet tr.bad")
        browser.close()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        pictures(run(Path(folder)))
