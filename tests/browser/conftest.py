"""Fixtures of the browser tests: Chromium, axe, and pages to open. If a tool is missing, the tests skip and say what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.serve import KEY, Server
from harness.reporting.html.frame import standalone
from tests.browser.runs import ATTACK, all_at_once, hostile

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(os.environ.get("AXE", ROOT / ".venv/axe/node_modules/axe-core/axe.min.js"))
CHROME = next(filter(None, map(shutil.which, (os.environ.get("CHROME", ""), "chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]

Opened = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="session")
def playwright() -> Any:
    """The library that drives the browser."""
    if CHROME is None:
        pytest.skip("there is no Chromium here: make browser says what to do")
    return pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make browser")


@pytest.fixture(scope="module")
def chromium(playwright: Any) -> Iterator[Any]:
    """The browser, closed right after its tests: while it runs, this thread can run no other event loop."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROME, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script that checks a page's accessibility."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make browser")
    return AXE


@pytest.fixture(scope="module")
def opened(chromium: Any) -> Opened:
    """A function that opens a file in its own browser window, and fails if a script on the page fails."""

    @contextmanager
    def open_file(path: Path, at: str = "", width: int = 1280, **settings: Any) -> Iterator[Any]:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **settings)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri() + at)
        yield page
        context.close()
        assert errors == []

    return open_file


def attacking(asked: ServerRequest) -> ServerReply:
    """The reference, which answers a stream with markup in every text and without the terminator."""
    reply = answer(asked)
    if reply.events is not None:
        reply.events = [event for event in reply.events if event != "[DONE]"]
        for event in reply.events:
            event.update(model=ATTACK)
    return reply


@pytest.fixture(scope="session")
def report(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a real run, in pytest-html's frame, of an endpoint that answers streams wrongly and with markup in them."""
    folder = tmp_path_factory.mktemp("report")
    server = Server(App(attacking))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    arguments = [f"--base-url={server.base_url}", "--model=reference", f"--report-dir={folder}", "-k", "chat-stream/ or models/"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env={**kept, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    server.close()
    assert done.returncode == 1, done.stdout + done.stderr
    return folder / "compliance.html"


@pytest.fixture(scope="session")
def attacked(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose every text is an attack, in our own frame."""
    path = tmp_path_factory.mktemp("attacked") / "page.html"
    path.write_text(standalone(ATTACK, hostile(catalog)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a full run with a hundred failures."""
    path = tmp_path_factory.mktemp("large") / "page.html"
    path.write_text(standalone("A large page", all_at_once()[0]), encoding="utf-8")
    return path
