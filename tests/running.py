"""Runs pytest on our suites: in a process if the process is what is tested, otherwise in this one at a tenth of the cost."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.serve import KEY

ROOT = Path(__file__).resolve().parent.parent

INSIDE = ("--capture=sys", "-p", "no:faulthandler", "-p", "no:unraisableexception", "-p", "no:threadexception")
"""A session inside another leaves the descriptors and the hooks of the process to the outer one."""


def environment(key: str | None) -> dict[str, str]:
    """The environment without what would steer a run, and with a key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_", "COLUMNS"))}
    return {**kept, **({"OPENAI_API_KEY": key} if key else {})}


def run(*arguments: str, key: str | None = KEY) -> subprocess.CompletedProcess[str]:
    """Run pytest in this process; what it says and its exit code are those of a process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment(key), clear=True),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = pytest.main(["-p", "no:cacheprovider", *INSIDE, *arguments])
    return subprocess.CompletedProcess(list(arguments), int(code), out.getvalue(), err.getvalue())


def run_process(*arguments: str, key: str | None = KEY, cwd: Path = ROOT, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run pytest as a user does: in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=cwd,
        env=environment(key),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def holding(after: int) -> App:
    """The reference, which answers so many requests, and then none: what a run has by then is known, however busy the machine is."""
    asked_before = itertools.count()

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        return reply if next(asked_before) < after else replace(reply, delay=60.0)

    return App(respond)
