"""The whole program as a user runs it: pytest in its own process, its output, its exit code, and its files."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.judging.verdict import Exit
from harness.options import OPTIONS
from harness.records.run_record import read_record
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.serve import KEY, Server
from harness.reporting.artifacts import PAPERS
from tests.hidden import HIDDEN
from tests.mutants import MUTANTS
from tests.running import ROOT, environment, holding, run, run_process


@pytest.fixture(scope="module")
def reference() -> Iterator[str]:
    """The reference on a socket."""
    server = Server()
    yield server.base_url
    server.close()


def serve_mutant(name: str) -> Server:
    """A mutant on a socket."""
    return Server(App(next(mutant for mutant in MUTANTS if mutant.name == name)))


def test_plain_pytest_judges_the_reference(tmp_path: Path) -> None:
    done = run_process(f"--report-dir={tmp_path}", key=None)
    assert done.returncode == Exit.CONFORMS, done.stdout
    assert "conforms: every MUST requirement that was judged is met" in done.stdout
    record = read_record(tmp_path / "run.jsonl")
    assert record.footer is not None
    assert (record.footer["complete"], record.footer["code"]) == (True, 0)
    assert len(record.results) == record.header["cases"]
    assert "Conformance of" in (tmp_path / "compliance.html").read_text(encoding="utf-8")


def test_unmet_must_fails_the_run(tmp_path: Path) -> None:
    server = serve_mutant("stream-without-done")
    options = ("--model=reference", f"--report-dir={tmp_path}", f"--junit-xml={tmp_path}/junit.xml", "-k", "chat-stream/basics")
    done = run(f"--base-url={server.base_url}", *options)
    server.close()
    assert done.returncode == Exit.UNMET
    assert done.stdout.count("✗ chat-stream.ends-with-done  MUST  ") == 1
    assert "  rerun      pytest --base-url " in done.stdout
    assert "FAILED suites/" not in done.stdout, "each requirement is told once, not each case"
    assert re.search(r"not conformant: in this part .* 1 MUST requirement is not met", done.stdout)
    assert "chat-stream.ends-with-done" in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert 'falls short: <a href="#chat-stream.ends-with-done">' in (tmp_path / "compliance.html").read_text(encoding="utf-8")
    assert 'id="chat-stream.ends-with-done" open' in (tmp_path / "compliance.html").read_text(encoding="utf-8")


def test_unmet_should_warns_and_fails_when_asked(tmp_path: Path) -> None:
    server = serve_mutant("carriage-returns")
    options = (f"--base-url={server.base_url}", "--model=reference", f"--report-dir={tmp_path}", "-k", "chat-stream/basics")
    lenient, strict = run(*options), run(*options, "--fail-on=should")
    verbose = run(*options, "--fail-on=should", "-v")
    server.close()
    assert "FAILED suites/" in verbose.stdout
    assert lenient.returncode == Exit.CONFORMS
    assert re.search(r"\d warned", lenient.stdout)
    assert "sse.line-feeds" in lenient.stdout
    assert strict.returncode == Exit.UNMET
    assert re.search(r"\d failed", strict.stdout)
    assert "\n  breaks     clients that split events" in strict.stdout


def test_selection_is_pytests_own(reference: str, tmp_path: Path) -> None:
    options = (f"--base-url={reference}", f"--report-dir={tmp_path}")
    by_word = run(*options, "-k", "chat/limits/stop-string")
    by_node = run(*options, "suites/test_chat.py::test_chat[chat/limits/stop-string]")
    for done in (by_word, by_node):
        assert done.returncode == Exit.CONFORMS, done.stdout
        assert "in this part of the suite (1 of" in done.stdout
    assert run(*options, "-k", "no/such/case").returncode == Exit.NOTHING_JUDGED


def test_rerun_reaches_the_endpoint_as_the_run_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command beside a finding has the headers and the variable's name that the endpoint needs, and no secret."""
    monkeypatch.setenv("OTHER_KEY", KEY)
    needed = "x-provider: some one"

    def wants_its_header(asked: ServerRequest) -> ServerReply:
        found = asked.headers.get("x-provider") == "some one"
        return (
            serving(asked)
            if found
            else ServerReply(400, {}, {"error": {"message": "Which provider?", "type": "t", "param": None, "code": None}})
        )

    serving = next(mutant for mutant in MUTANTS if mutant.name == "stream-without-done")
    server = Server(App(wants_its_header))
    reach = [f"--header={needed}", "--header=x-secret-token: token-0123456789-abcdefgh", "--api-key-env=OTHER_KEY"]
    try:
        case = ["-k", "chat-stream/basics/short-reply"]
        done = run(f"--base-url={server.base_url}", "--model=reference", *reach, f"--report-dir={tmp_path}", *case, key=None)
        told = re.search(r"rerun +(.*)", done.stdout)
        assert told is not None, done.stdout
        words = [word.replace("$X_PROVIDER", "some one").replace("$X_SECRET_TOKEN", "t") for word in shlex.split(told[1])]
        again = run(*words[1:], f"--report-dir={tmp_path}", key=None)
    finally:
        server.close()
    assert f"--header={needed}" in words
    assert "--api-key-env=OTHER_KEY" in words
    assert "token-0123456789-abcdefgh" not in done.stdout
    assert "some one" not in done.stdout
    assert again.returncode == Exit.UNMET, again.stdout
    assert "chat-stream.ends-with-done" in again.stdout


def test_plan_sends_nothing(tmp_path: Path) -> None:
    done = run("--plan", "-q", "--base-url=http://127.0.0.1:9/v1", f"--report-dir={tmp_path}", "-k", "chat/choices or models/list")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"chat\s+2\s+\d+\s+32", done.stdout)
    assert re.search(r"models\s+4\s+0\s+0", done.stdout)
    assert re.search(r"all\s+6\s+\d+\s+32", done.stdout)
    assert not list(tmp_path.iterdir())


def test_plan_counts_what_the_property_suites_may_send() -> None:
    done = run("--plan", "-q", "suites/test_properties_embeddings.py", "--examples=5", "--max-requests=700")
    assert re.search(r"properties\s+[1-9]", done.stdout), done.stdout
    assert re.search(r"drawn\s+700\s+42,000\s+100,800", done.stdout), done.stdout


def test_first_failure_ends_the_run(tmp_path: Path) -> None:
    server = serve_mutant("chat-without-id")
    done = run(f"--base-url={server.base_url}", "--model=reference", f"--report-dir={tmp_path}", "-x")
    server.close()
    assert done.returncode == Exit.UNMET
    assert "1 failed" in done.stdout


def test_xdist_comes_to_the_same(tmp_path: Path) -> None:
    done = run_process(f"--report-dir={tmp_path}", "-n", "2", "-k", "chat/basics or models/list", key=None)
    assert done.returncode == Exit.CONFORMS, done.stdout
    record = read_record(tmp_path / "run.jsonl")
    assert len(record.results) > 3
    assert {"chat/basics/short-reply", "models/list/listed"} <= {result.case for result in record.results}
    assert record.footer is not None


def test_base_url_may_come_from_the_environment(reference: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--report-dir={tmp_path}", "-k", "chat/basics"],
        cwd=ROOT,
        env={**environment(KEY), "OPENAI_BASE_URL": reference},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == Exit.CONFORMS
    assert reference in done.stdout


@pytest.mark.parametrize(
    ("arguments", "key", "says"),
    [
        (["--base-url=http://127.0.0.1:9/v1"], KEY, "gave no answer"),
        (["--base-url=127.0.0.1:9"], KEY, "is not a base URL"),
        (["--base-url=REFERENCE", "--model=gpt-9"], KEY, "does not know the model 'gpt-9'"),
        (["--base-url=REFERENCE"], "sk-some-other-key-0000", "rejects the key in OPENAI_API_KEY"),
        (["--base-url=REFERENCE"], None, "requires a key"),
        (["--base-url=REFERENCE", "--api-key-env=NO_SUCH_NAME"], KEY, "the environment variable NO_SUCH_NAME is not set"),
        (["--base-url=ROOT"], KEY, "Is the base URL right"),
        (["--profile=closedai"], KEY, "there is no profile 'closedai'"),
        (["--require=telepathy"], KEY, "there is no feature 'telepathy' to require; there are: core, auth, cors, models"),
        (["--header=nonsense"], KEY, "needs the form 'Name: value'"),
        (["--concurrency=0"], KEY, "needs at least 1"),
        (["--timeout=0"], KEY, "--timeout needs a number above 0"),
        (["--fail-on=may"], KEY, "invalid choice"),
    ],
)
def test_what_cannot_be_judged_costs_one_sentence(arguments: list[str], key: str | None, says: str, reference: str, tmp_path: Path) -> None:
    places = {"REFERENCE": reference, "ROOT": reference.removesuffix("/v1")}
    filled = [f"{name}={places.get(value, value)}" for name, _, value in (argument.partition("=") for argument in arguments)]
    done = run(*filled, f"--report-dir={tmp_path}", key=key)
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert says in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def test_malformed_data_stops_everything(tmp_path: Path) -> None:
    for name in ("harness", "spec", "suites", "conftest.py", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "spec").unlink()
    (tmp_path / "harness").unlink()
    subprocess.run(["cp", "-r", str(ROOT / "spec"), str(ROOT / "harness"), str(tmp_path)], check=True)
    broken = tmp_path / "spec" / "cases" / "chat" / "basics.yaml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("title: A short", "titel: A short"), encoding="utf-8")
    done = run_process(cwd=tmp_path)
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert "the data is malformed, nothing was run" in done.stderr
    assert re.search(r"spec/cases/chat/basics.yaml:\d+: /cases/0", done.stderr)


def test_interrupted_run_leaves_what_it_had(tmp_path: Path) -> None:
    server = Server(holding(after=10))
    command = [sys.executable, "-m", "pytest", f"--base-url={server.base_url}", f"--report-dir={tmp_path}", "-k", "models or chat/basics"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(KEY), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "run.jsonl").is_file():
        time.sleep(0.1)
    while time.monotonic() < deadline and (tmp_path / "run.jsonl").read_text(encoding="utf-8").count('"kind":"result"') < 2:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    server.close()
    assert process.returncode == Exit.INTERRUPTED, output
    record = read_record(tmp_path / "run.jsonl")
    assert len(record.results) >= 2
    assert record.footer is not None
    assert not record.footer["complete"]
    assert "the run was interrupted" in output
    page = (tmp_path / "compliance.html").read_text(encoding="utf-8")
    assert "Incomplete: the run was interrupted" in page


def test_key_appears_nowhere(tmp_path: Path) -> None:
    """An endpoint that says the key in every way it can think of."""
    key = "sk-Zk39qLm2Wv8xTb5Rn0Yp"
    from base64 import b64encode

    from harness.reference.answers import answer

    def respond(asked: ServerRequest) -> ServerReply:
        authorised = asked.headers.get("authorization", "") == f"Bearer {key}"
        headers = {**asked.headers, "authorization": f"Bearer {KEY}"} if authorised else asked.headers
        reply = answer(replace(asked, headers=headers))
        reply.headers["x-debug"] = f"{key} {b64encode(key.encode()).decode()}"
        if reply.events is not None:
            reply.events.insert(0, {**reply.events[0], "id": key})
            reply.events.insert(0, f": {key}\n\n".encode())
        elif isinstance(reply.body, dict):
            reply.body["key"] = {"clear": key, "escaped": "".join(f"\\u{ord(c):04x}" for c in key), "half": key[4:-3]}
            if "error" in reply.body:
                reply.body["error"]["message"] += f" Your key is {key}."
        return reply

    server = Server(App(respond))
    options = (f"--report-dir={tmp_path}", f"--junit-xml={tmp_path}/junit.xml", "-k", "basics or errors/key or models or probe")
    done = run(f"--base-url={server.base_url}", *options, key=key)
    server.close()
    assert done.returncode == Exit.UNMET
    assert "http.key-not-echoed" in done.stdout
    written = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert len(written) == 2 + len(PAPERS)  # the page and the record beside them
    for text in (done.stdout, done.stderr, *written):
        assert key not in text
        assert b64encode(key.encode()).decode() not in text
        assert key[4:-3] not in text


def test_hostile_endpoint_ends_and_harms_nothing(tmp_path: Path) -> None:
    """Garbage, floods, markup, control characters and endless streams, each for some of the cases."""
    from harness.reference.answers import answer

    nasty = "<script>alert(1)</script>\x1b[31m\u202e" + "x" * 5_000

    def respond(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        if reply.events is not None:
            kind = len(asked.body) % 3
            reply.events = [[b"\xff\xfe\x00garbage\n\n"], [b"x" * 1_000_000] * 12, [b": still here\n\n"] * 100_000][kind]
            reply.pace = [0.0, 0.0, 0.05][kind]  # the last would take more than an hour
        elif isinstance(reply.body, dict) and "choices" in reply.body and b'"max_tokens":8' in asked.body:
            reply.body["choices"][0]["message"]["role"] = nasty
            reply.body["nested"] = json.loads("[" * 900 + "]" * 900)
        return reply

    server = Server(App(respond))
    began = time.monotonic()
    part = ("-k", "chat/basics or chat-stream/basics or completions")
    done = run(f"--base-url={server.base_url}", f"--report-dir={tmp_path}", "--timeout=1", *part)
    server.close()
    assert done.returncode == Exit.UNMET, done.stdout[-3_000:]
    assert time.monotonic() - began < 3_600
    page = (tmp_path / "compliance.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "\x1b" not in done.stdout + page
    assert "http.reply-is-whole" in done.stdout


def test_self_tests_do_not_judge() -> None:
    done = run_process("tests/test_sse.py", "-q")
    assert done.returncode == 0
    assert "conformance" not in done.stdout


def test_help_explains_our_options() -> None:
    done = run("--help")
    assert [name for name in OPTIONS if not re.search(rf"--wireproof-{name}\b.* --{name}\b", done.stdout)] == []


def test_kept_examples_are_always_played_and_fresh_ones_when_asked_for(tmp_path: Path) -> None:
    done = run(f"--report-dir={tmp_path}", "--collect-only", "-q", key=None)
    assert "[properties/chat/valid-1]" in done.stdout
    assert "[properties/chat/valid]" not in done.stdout
    done = run(f"--report-dir={tmp_path}", "--collect-only", "-q", "--examples=5", key=None)
    assert "[properties/chat/valid-1]" in done.stdout
    assert "[properties/chat/valid]" in done.stdout


@pytest.mark.parametrize("name", ["chat/members/many-at-once", "chat/parameters/one-choice"])
def test_a_case_is_selected_by_its_id_and_by_that_of_a_case_it_replaced(name: str, tmp_path: Path) -> None:
    done = run(f"--report-dir={tmp_path}", "--collect-only", "-q", "-k", name, key=None)
    assert re.findall(r"\[(.*)\]", done.stdout) == ["chat/members/many-at-once"]


def test_property_that_fails_shows_its_smallest_request(tmp_path: Path) -> None:
    hidden = next(hidden for hidden in HIDDEN if hidden.name == "joined-emoji")
    server = Server(App(hidden))
    options = [f"--base-url={server.base_url}", "--model=reference", f"--report-dir={tmp_path}", f"--save-case={tmp_path / 'drawn.yaml'}"]
    done = run("suites/test_properties_chat.py", *options, "--examples=200", "-k", "test_chat_property and properties/chat/valid")
    server.close()
    assert done.returncode == Exit.UNMET, done.stdout
    assert "✗ http.valid-request-succeeds  MUST  " in done.stdout
    assert "expected anything but 5xx, got 500" in done.stdout
    assert "reason     the smallest of " in done.stdout
    assert " examples from seed 0, found with " in done.stdout
    assert '"model":"reference"' in done.stdout
    assert "suites/test_properties_chat.py" in done.stdout
    assert "id: chat-valid-http-valid-request-succeeds" in (tmp_path / "drawn.yaml").read_text(encoding="utf-8")
    record = read_record(tmp_path / "run.jsonl")
    assert record.footer is not None
    assert record.footer["requests"] > 40


def test_requests_of_the_property_suites_are_bounded(tmp_path: Path) -> None:
    done = run("suites/test_properties_embeddings.py", f"--report-dir={tmp_path}", "--max-requests=60", "--examples=40", key=None)
    assert done.returncode == Exit.CONFORMS, done.stdout
    footer = read_record(tmp_path / "run.jsonl").footer
    assert footer is not None
    assert 0 < footer["requests"] <= 60


def test_requests_are_shared_among_the_properties_that_are_selected(tmp_path: Path) -> None:
    options = (f"--report-dir={tmp_path}", "--max-requests=60", "--examples=40", "-k", "properties/embeddings/valid")
    done = run("suites/test_properties_embeddings.py", *options, key=None)
    assert done.returncode == Exit.CONFORMS, done.stdout
    footer = read_record(tmp_path / "run.jsonl").footer
    assert footer is not None
    assert footer["requests"] > 30


def test_rerun_draws_the_same_examples(tmp_path: Path) -> None:
    def failing(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        return ServerReply(500, {}, {}) if asked.path == "/embeddings" and b"dimensions" in asked.body else reply

    server = Server(App(failing))
    options = [f"--base-url={server.base_url}", "--model=reference", f"--report-dir={tmp_path}", "--examples=30", "--fuzz-seed=5"]
    done = run("suites/test_properties_embeddings.py", *options, "-k", "properties/embeddings/valid")
    server.close()
    assert done.returncode == Exit.UNMET, done.stdout
    assert "--examples=30 --fuzz-seed=5 suites/test_properties_embeddings.py -k properties/embeddings/valid" in done.stdout
