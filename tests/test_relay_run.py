"""A gateway judged as a user does it, from the first request to the record, and the errors when it cannot be judged."""

from __future__ import annotations

import itertools
import json
import socket
import urllib.request
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.judging.verdict import Exit
from harness.model import Outcome, RunRecord
from harness.records.rejudge import judge_again
from harness.records.run_record import result_from_json, result_to_json
from harness.reference.serve import Server
from harness.runner.options import RunOptions
from harness.runner.preflight import NotJudgeableError
from harness.runner.run import Run
from tests.inprocess import SUBJECT
from tests.records import FOOTER, HEADER
from tests.relay_gateway import Asked, Gateway, Given, error
from tests.relay_mutants import plainly, streaming
from tests.relaying import KEY, free_port, judge, quick
from tests.running import run as pytest_run

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A faulty gateway leaves connections open when its server stops."""


@pytest.mark.parametrize("asks_health", [False, True], ids=["soon-up", "waits-for-its-upstream"])
def test_gateway_that_is_just_starting_is_waited_for(relays: Catalog, asks_health: bool) -> None:
    """Some serve nobody before their upstream is there: whoever asks that for its health is given more time than others."""
    port = free_port()
    answers = itertools.count()

    def starting(asked: Asked) -> Given | None:
        if asks_health:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
        return error(503, "Starting.") if next(answers) < (8 if asks_health else 2) else None

    server = Server(Gateway(f"http://127.0.0.1:{port}/v1", own_reply=starting))
    run = Run(relays, RunOptions(base_url=server.base_url, key=KEY, model="some-model", upstream=("127.0.0.1", port)))
    try:
        run.clear()
        assert run.unmatched == ["GET /health"] * (9 if asks_health else 0)
    finally:
        run.close()
        server.close()


def test_run_comes_to_the_same_when_judged_again(relays: Catalog) -> None:
    """From the record alone: requests that carry a token, several steps, a request too large to be kept, and what nobody listened for."""
    chosen = quick(relays, "relay-reply/chat/(whole|characters)|relay-request/numbers/largest-seed|relay-request/size|.*/refused$")
    results, _ = judge(relays, chosen, plain=plainly(lambda body: body.pop("usage", None)))
    read = [result_from_json(json.loads(json.dumps(result_to_json(result)))) for result in results]
    subject = {**asdict(SUBJECT), "model": "some-model", "upstream": "127.0.0.1:9000"}
    again = judge_again(RunRecord({**HEADER, "subject": subject}, read, FOOTER))
    assert [told for told in again.record.header["subject"]["remarks"] if "another way" in told] == []
    assert [(r.case, set(r.findings)) for r in again.record.results] == [(r.case, set(r.findings)) for r in results]
    assert any(finding.outcome is Outcome.FAIL for result in results for finding in result.findings)


def test_both_sides_go_through_the_record(relays: Catalog) -> None:
    results, _ = judge(relays, quick(relays, "relay-reply/chat/(whole|characters)"))
    for result in results:
        read = result_from_json(json.loads(json.dumps(result_to_json(result))))
        assert read.findings == result.findings
        for before, after in zip(result.exchanges, read.exchanges, strict=True):
            (was,), (behind,) = before.behind, after.behind
            assert (behind.id, behind.request, behind.status, behind.headers, behind.body) == (
                was.id,
                was.request,
                was.status,
                was.headers,
                was.body,
            )


def test_keys_are_in_no_record(relays: Catalog) -> None:
    results, _ = judge(relays, quick(relays, "relay-reply/chat/whole"))
    written = str([result_to_json(result) for result in results])
    assert KEY not in written
    assert "gateway-own-key" not in written
    assert "[the gateway's own key]" in written


def test_upstream_that_is_not_reached_is_told_in_one_sentence(relays: Catalog) -> None:
    elsewhere, port = free_port(), free_port()
    server = Server(Gateway(f"http://127.0.0.1:{elsewhere}/v1"))
    run = Run(relays, RunOptions(base_url=server.base_url, model="some-model", upstream=("127.0.0.1", port)))
    try:
        with pytest.raises(NotJudgeableError) as told:
            run.clear()
    finally:
        run.close()
        server.close()
    assert f"but did not reach the upstream at 127.0.0.1:{port}" in str(told.value)
    assert f"configure the gateway to send the model 'some-model' to http://127.0.0.1:{port}/v1" in str(told.value)
    assert "\n" not in str(told.value)


def test_taken_port_is_told_in_one_sentence(relays: Catalog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Run(relays, RunOptions(base_url="http://127.0.0.1:9/v1", model="m", upstream=("127.0.0.1", port)))
        try:
            with pytest.raises(NotJudgeableError, match=f"cannot listen on 127.0.0.1:{port}"):
                run.clear()
        finally:
            run.close()


def test_command_line_judges_a_gateway(tmp_path: Path) -> None:
    port = free_port()
    server = Server(Gateway(f"http://127.0.0.1:{port}/v1", stream=streaming(lambda block: [] if b"[DONE]" in block else [block])))
    words = [
        f"--base-url={server.base_url}",
        f"--upstream=127.0.0.1:{port}",
        "--model=m",
        f"--report-dir={tmp_path}",
        "-k",
        "relay-stream/chat/whole",
    ]
    done = pytest_run(*words, key=KEY)
    server.close()
    assert done.returncode == Exit.UNMET, done.stdout
    assert "✗ relay-stream.terminator-once  MUST  " in done.stdout
    assert "stream: expected data: [DONE], once, got 0 times" in done.stdout
    assert "behind     POST /chat/completions" in done.stdout
    assert f"--upstream 127.0.0.1:{port} -k relay-stream/chat/whole" in done.stdout
    assert "gateway: " in done.stdout
    page = (tmp_path / "compliance.html").read_text(encoding="utf-8")
    assert "Behind the gateway, attempt 1: <code>POST /chat/completions</code>" in page
    assert "In front of the gateway" in page


def test_endpoint_that_a_gateway_has_not_is_told_once(tmp_path: Path) -> None:
    port = free_port()
    server = Server(
        Gateway(f"http://127.0.0.1:{port}/v1", own_reply=lambda asked: error(404, "No.") if asked.path == "/responses" else None)
    )
    words = [f"--base-url={server.base_url}", f"--upstream=127.0.0.1:{port}", "--model=m", f"--report-dir={tmp_path}", "-k", "responses"]
    done = pytest_run(*words, key=KEY)
    server.close()
    reason = "not offered: POST /responses was answered with 404 (relay-reply/responses/whole)"
    assert done.stdout.count("was answered with 404") == 1, done.stdout
    assert f"  relay.responses  {reason}" in done.stdout
    page = (tmp_path / "compliance.html").read_text(encoding="utf-8")
    assert f'<tr><th scope="row">relay.responses</th><td colspan="3" class="plain">{reason}' in page
    assert "Not offered: `relay.responses`: " in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_command_line_tells_what_is_wrong(tmp_path: Path) -> None:
    elsewhere, port = free_port(), free_port()
    server = Server(Gateway(f"http://127.0.0.1:{elsewhere}/v1"))
    done = pytest_run(f"--base-url={server.base_url}", f"--upstream=127.0.0.1:{port}", "--model=m", f"--report-dir={tmp_path}", key=KEY)
    server.close()
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert "but did not reach the upstream" in done.stderr
    for words, sentence in (
        (["--base-url=http://127.0.0.1:9/v1", "--upstream=nowhere"], "needs the form HOST:PORT"),
        (["--upstream=127.0.0.1:9000"], "needs the gateway's address in --base-url"),
        (["suites/test_relay_time.py"], "test_relay_time.py needs --upstream HOST:PORT"),
    ):
        done = pytest_run(*words, f"--report-dir={tmp_path}", key=KEY)
        assert done.returncode == Exit.NOT_JUDGEABLE
        assert sentence in done.stderr + done.stdout
