"""The release gate in a pipeline: the exit code and the message of each situation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.judging.verdict import Exit
from harness.reference.answers import answer
from harness.reference.app import App, Receive, Send
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import RefusalError
from harness.reference.serve import KEY, Server
from tests.mutants import MUTANTS
from tests.running import run

PART = ("--only=chat-stream", "-p", "no:html")
FAILURE = "chat-stream.ends-with-done"
MUTE = "http://127.0.0.1:9/v1"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is judged, with which options and known failures, and what comes of it."""

    code: Exit
    says: str
    endpoint: str = "broken"
    options: tuple[str, ...] = PART
    known: str = ""


SITUATIONS = {
    "conforms": Situation(Exit.CONFORMS, "conforms: in this part of the suite", "good"),
    "not met": Situation(Exit.UNMET, "not conformant: in this part of the suite ("),
    "known": Situation(Exit.CONFORMS, "but for 1 known failure", known=f"{{failure: {FAILURE}, reason: ticket 12}}"),
    "another known": Situation(Exit.UNMET, "not conformant", known="{failure: usage.adds-up, reason: ticket 12}"),
    "stale": Situation(
        Exit.UNMET,
        f"chat-stream/basics/short-reply:{FAILURE} no longer fails: delete it",
        "good",
        known=f"{{failure: 'chat-stream/basics/short-reply:{FAILURE}', reason: ticket 12}}",
    ),
    "expired": Situation(Exit.UNMET, "it still fails", known=f"{{failure: {FAILURE}, reason: ticket 12, until: 2026-01-31}}"),
    "typo": Situation(
        Exit.NOT_JUDGEABLE,
        "known.yaml:2: there is no requirement 'usage.add-up' (is it",
        known="{failure: usage.add-up, reason: ticket 12}",
    ),
    "not a list": Situation(Exit.NOT_JUDGEABLE, "known.yaml:2: /known-failures/0: expected object", known="usage.adds-up"),
    "unknown area": Situation(Exit.NOT_JUDGEABLE, "there is no area 'chats' to judge; did you mean chat", options=("--only=chats",)),
    "unknown requirement": Situation(Exit.NOT_JUDGEABLE, "did you mean usage.adds-up", options=("--requirement=usage.add-up",)),
    "one requirement met": Situation(Exit.CONFORMS, "requirement usage.adds-up)", options=("--requirement=usage.adds-up", *PART)),
    "one requirement not met": Situation(Exit.UNMET, f"requirement {FAILURE})", options=(f"--requirement={FAILURE}", *PART)),
    "nothing judged": Situation(Exit.NOTHING_JUDGED, "", options=("--only=models", "--requirement=usage.adds-up")),
    "unreachable": Situation(Exit.NOT_JUDGEABLE, MUTE, MUTE),
    "required and not there": Situation(Exit.UNMET, "not conformant", "without models", options=("--only=models", "--require=models")),
    "no answer": Situation(
        Exit.INCOMPLETE, "the endpoint gave no answer in 1 case", "silent", options=("--only=models", "--only=chat-stream", "--timeout=2")
    ),
    "our own fault": Situation(Exit.OUR_FAULT, "errors of our own", "good", options=("--only=models", "-p", "tests.broken_judge")),
    "without the feature": Situation(Exit.CONFORMS, "conforms", "without models", options=("--only=models", "--only=chat-stream")),
}


def without_models(asked: ServerRequest) -> ServerReply:
    """The reference without its list of models."""
    return (
        ServerReply(404, {"content-type": "application/json"}, RefusalError(404, "Not found.").body)
        if asked.path == "/models"
        else answer(asked)
    )


async def silent_about_one_model(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The reference, which does not answer when one model is asked for."""
    if scope["path"].endswith("/models/reference"):
        await asyncio.sleep(5)
    await App()(scope, receive, send)


@pytest.fixture(scope="module")
def endpoints() -> Iterator[dict[str, str]]:
    """A faultless endpoint, one without its terminator, and one without models."""
    broken = next(mutant for mutant in MUTANTS if mutant.name == "stream-without-done")
    servers = {
        "good": Server(),
        "broken": Server(App(broken)),
        "without models": Server(App(without_models)),
        "silent": Server(silent_about_one_model),
    }
    yield {name: server.base_url for name, server in servers.items()}
    for server in servers.values():
        server.close()


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation(name: str, endpoints: dict[str, str], tmp_path: Path) -> None:
    situation = SITUATIONS[name]
    options = [f"--base-url={endpoints.get(situation.endpoint, situation.endpoint)}", "--model=reference", f"--report-dir={tmp_path}"]
    if situation.known:
        (tmp_path / "known.yaml").write_text(f"known-failures:\n  - {situation.known}\n", encoding="utf-8")
        options.append(f"--known-failures={tmp_path / 'known.yaml'}")
    done = run("-q", *options, *situation.options, key=KEY)
    assert done.returncode == situation.code, done.stdout + done.stderr
    assert situation.says in done.stdout + done.stderr


def test_what_is_written_lets_the_next_run_pass(endpoints: dict[str, str], tmp_path: Path) -> None:
    options = ("-q", f"--base-url={endpoints['broken']}", "--model=reference", f"--report-dir={tmp_path}", *PART)
    known = tmp_path / "known.yaml"
    assert run(*options, f"--write-known-failures={known}").returncode == Exit.UNMET
    assert FAILURE in known.read_text(encoding="utf-8")
    known.write_text(known.read_text(encoding="utf-8").replace("say here why this is accepted", "ticket 12"), encoding="utf-8")
    run(*options, f"--write-known-failures={known}")
    assert "ticket 12" in known.read_text(encoding="utf-8")
    done = run(*options, f"--known-failures={known}")
    assert done.returncode == Exit.CONFORMS, done.stdout
    assert " 8 xfailed" in done.stdout
    assert json.loads((tmp_path / "badge.json").read_text(encoding="utf-8"))["message"] == "part: conforms but for 1 known"
    assert "known to fail" in (tmp_path / "junit.xml").read_text(encoding="utf-8")


def test_run_before_is_kept_and_nothing_is_lost_by_an_empty_one(endpoints: dict[str, str], tmp_path: Path) -> None:
    options = ("-q", f"--base-url={endpoints['broken']}", "--model=reference", f"--report-dir={tmp_path}")
    run(*options, *PART)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    empty = run(*options, "-k", "no-such-case")
    assert empty.returncode == Exit.NOTHING_JUDGED
    assert "nothing was written" in empty.stdout
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    again = run(*options, *PART)
    assert {path.name: path.read_bytes() for path in (tmp_path / "previous").iterdir()} == first
    assert ": nothing changed" in again.stdout
    assert ": nothing changed" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_missing_suite_is_refused_before_anything_is_sent(endpoints: dict[str, str], tmp_path: Path) -> None:
    done = run("-q", f"--base-url={endpoints['broken']}", f"--report-dir={tmp_path / 'new'}", "suites/test_chatt.py")
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert "did you mean suites/test_chat" in done.stdout + done.stderr
    assert not (tmp_path / "new").exists()


def test_endpoint_that_cannot_be_judged_withdraws_the_badge(tmp_path: Path) -> None:
    (tmp_path / "badge.json").write_text('{"message": "conforms"}', encoding="utf-8")
    done = run("-q", "--base-url=http://127.0.0.1:9/v1", f"--report-dir={tmp_path}")
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert json.loads((tmp_path / "badge.json").read_text(encoding="utf-8"))["message"] == "not judged"


def test_verdict_is_read_last(endpoints: dict[str, str], tmp_path: Path) -> None:
    done = run("-q", f"--base-url={endpoints['broken']}", "--model=reference", f"--report-dir={tmp_path}", *PART)
    lines = done.stdout.strip().splitlines()
    assert any(line.startswith("not conformant") for line in lines[-14:])


def test_github_is_told(endpoints: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = tmp_path / "step.md"
    step.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    done = run("-q", f"--base-url={endpoints['broken']}", "--model=reference", f"--report-dir={tmp_path}", *PART)
    assert f"::error title=Wireproof%3A {FAILURE}::" in done.stdout
    assert step.read_text(encoding="utf-8").startswith("before\n### ❌ Not conformant")
    outputs = dict(line.split("=", 1) for line in (tmp_path / "out").read_text(encoding="utf-8").splitlines())
    assert outputs["verdict"].startswith("not conformant")
    assert (outputs["unmet"], outputs["report"]) == (FAILURE, str(tmp_path))
