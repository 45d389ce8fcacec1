"""The command that judges recordings, and the option that writes a run as one."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli import main
from harness.judging.verdict import Exit
from harness.model import Exchange
from harness.records.forms import read
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.serve import KEY, Server
from tests.running import ROOT, environment, holding, run
from tests.test_plugin import serve_mutant
from tests.test_recording_forms import CASSETTE, har, line, write

GOOD = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi.", "refusal": None}, "finish_reason": "stop", "logprobs": None}
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}
MESSAGE = {"role": "assistant", "content": "Hi.", "refusal": None, "tool_calls": None}
NULL_CALLS = {**GOOD, "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop", "logprobs": None}]}
NO_OBJECT = {name: value for name, value in GOOD.items() if name != "object"}


def lines(folder: Path, *bodies: object, name: str = "some.jsonl", **changed: object) -> Path:
    """A recording of chat replies."""
    told = [line(id=f"r{number}", json=body, **changed) for number, body in enumerate(bodies)]
    return write(folder, "".join(json.dumps(one) + "\n" for one in told), name)


def judge(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """The exit code of the command, and all that it says."""
    try:
        code = main(["judge", *map(str, words)])
    except SystemExit as ended:
        code = int(str(ended.code))
    said = capsys.readouterr()
    return code, said.out + said.err


def test_good_exchange_shows_no_deviation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = judge(capsys, lines(tmp_path, GOOD))
    assert code == Exit.CONFORMS
    assert "https://host.test/v1 · 1 exchange · profile openai" in said
    assert "no deviation: MUST requirements are met as far as 1 recorded exchange can show" in said
    assert "http.request-id" not in said  # a recording that keeps some headers says nothing of the others


def test_unmet_must_is_shown_with_the_record_that_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = judge(capsys, lines(tmp_path, GOOD, NO_OBJECT, GOOD))
    assert code == Exit.UNMET
    assert "✗ chat.object-shape  MUST  not met in 1 of 3 exchanges\n      /object is missing" in said
    assert "shown by r1 (some.jsonl:2)" in said
    assert "not conformant: 1 MUST not met in 3 recorded exchanges" in said


def test_unmet_should_counts_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lines(tmp_path, NULL_CALLS)
    lenient, strict = judge(capsys, path), judge(capsys, path, "--fail-on", "should")
    assert "! chat.optional-not-null  SHOULD  not met in its only exchange" in lenient[1]
    assert (lenient[0], strict[0]) == (Exit.CONFORMS, Exit.UNMET)
    assert "not conformant: 1 SHOULD not met in 1 recorded exchange" in strict[1]


def test_hosts_are_judged_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [lines(tmp_path, GOOD, name="a"), lines(tmp_path, NO_OBJECT, name="b", host="other.test"), write(tmp_path, CASSETTE, "c")]
    code, said = judge(capsys, *files)
    assert code == Exit.UNMET
    assert "https://other.test/v1 · 1 exchange" in said
    assert judge(capsys, *files, "--host", "other.test")[0] == Exit.UNMET
    assert judge(capsys, files[0], files[1], "--host", "host.test")[0] == Exit.CONFORMS
    code, said = judge(capsys, *files, "--host", "third.test")
    assert code == Exit.NOT_JUDGEABLE
    assert said == "there is no exchange with the host 'third.test'; there are: host.test, other.test.\n"


def test_folder_stands_for_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines(tmp_path, GOOD, name="a")
    lines(tmp_path, GOOD, NO_OBJECT, name="b")
    assert "3 exchanges" in judge(capsys, tmp_path)[1]


def test_exchanges_of_the_same_name_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = judge(capsys, lines(tmp_path, NO_OBJECT, name="a"), lines(tmp_path, NO_OBJECT, name="b"))
    assert "MUST  not met in both exchanges" in said
    assert "shown by r0 (a:1), r0~2 (b:1)" in said


def test_what_is_left_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = har(request={"method": "GET", "url": "https://host.test/v1/evals", "headers": []})
    code, said = judge(capsys, write(tmp_path, json.dumps(entries)))
    assert code == Exit.NOTHING_JUDGED
    assert "left out 1: GET /v1/evals is not a judged endpoint" in said
    assert said.endswith("nothing was judged\n")


def test_endpoint_that_is_not_offered_is_not_held_against_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = {"path": "/v1/responses", "status": 404}
    files = [lines(tmp_path, GOOD), lines(tmp_path, {"detail": "Not Found"}, name="missing", **missing)]
    code, said = judge(capsys, *files)
    assert code == Exit.CONFORMS
    assert "left out 1: the endpoint responses is not offered (status 404)" in said
    refused = lines(tmp_path, {"error": {"message": "no"}}, name="refused", **missing)
    assert judge(capsys, refused)[0] == Exit.UNMET  # it speaks the protocol, if badly


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing.har"], "nothing.har: cannot be read (No such file or directory).\n"),
        (["broken"], "broken:1: the JSON is cut off; save the file again.\n"),
        (["good", "--profile", "closedai"], "there is no profile 'closedai'"),
    ],
)
def test_what_cannot_be_judged_costs_one_sentence(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "{", "broken")
    lines(tmp_path, GOOD, name="good")
    code, said = judge(capsys, *words)
    assert code == Exit.NOT_JUDGEABLE
    assert said.startswith(says)


def test_findings_come_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = judge(capsys, lines(tmp_path, NO_OBJECT), "--json")
    (found,) = json.loads(said)
    assert (code, found["code"], found["base_url"], found["exchanges"]) == (1, 1, "https://host.test/v1", 1)
    (unmet,) = [one for one in found["requirements"] if one["outcome"] == "fail"]
    assert unmet["id"] == "chat.object-shape"
    assert unmet["problems"] == [{"exchanges": ["r0"], "where": "/object", "expected": "present", "got": "absent"}]


def test_run_is_kept_and_both_its_records_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = serve_mutant("stream-without-done")
    options = (f"--base-url={server.base_url}", "--model=reference", f"--report-dir={tmp_path}", f"--record={tmp_path / 'kept'}")
    done = run(*options, "-k", "chat-stream/basics or models")
    server.close()
    assert done.returncode == Exit.UNMET, done.stdout + done.stderr
    code, said = judge(capsys, tmp_path / "run.jsonl", f"--report-dir={tmp_path / 'again'}")
    assert code == Exit.UNMET
    assert "chat-stream.ends-with-done: shown by chat-stream/basics/short-reply#1" in said
    assert f"{tmp_path / 'run.jsonl'} itself says: not conformant: in this part of the suite" in said
    assert "judged again" in (tmp_path / "again" / "judged.html").read_text(encoding="utf-8")
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "run.jsonl").read_bytes()))
    assert judge(capsys, packed) == (code, said.replace("run.jsonl", packed.name).partition(f"{tmp_path / 'again'}")[0])
    code, said = judge(capsys, tmp_path / "kept")
    assert code == Exit.UNMET
    assert "✗ chat-stream.ends-with-done  MUST" in said
    assert "1 MUST not met" in said


def kept(folder: Path) -> list[Exchange]:
    """All exchanges of a folder of recordings."""
    return [recorded.exchange for path in sorted(folder.iterdir()) for recorded in read(path).exchanges]


def test_processes_of_a_run_keep_theirs(tmp_path: Path) -> None:
    done = run(f"--report-dir={tmp_path}", f"--record={tmp_path / 'kept'}", "-n", "2", "-k", "chat/basics or models/list", key=None)
    assert done.returncode == Exit.CONFORMS, done.stdout + done.stderr
    exchanges = kept(tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) in (2, 3)  # the preflight's, and those of the workers that had something to send
    assert {exchange.id.split("#")[0] for exchange in exchanges} >= {"chat/basics/short-reply", "models/list/listed"}


def test_interrupted_run_keeps_what_it_had(tmp_path: Path) -> None:
    server = Server(holding(after=10))
    words = [f"--base-url={server.base_url}", f"--report-dir={tmp_path}", f"--record={tmp_path / 'kept'}", "-k", "models or chat/basics"]
    process = subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment(KEY), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    file = tmp_path / "kept" / "exchanges-1.jsonl"
    while time.monotonic() < deadline and (not file.is_file() or file.read_text(encoding="utf-8").count("\n") < 3):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    server.close()
    assert process.returncode == Exit.INTERRUPTED
    assert len(kept(tmp_path / "kept")) >= 3


def test_property_suites_are_kept_whole_and_without_the_key(tmp_path: Path) -> None:
    key = "sk-Zk39qLm2Wv8xTb5Rn0Yp"

    def respond(asked: ServerRequest) -> ServerReply:
        authorised = asked.headers.get("authorization", "") == f"Bearer {key}"
        headers = {**asked.headers, "authorization": f"Bearer {KEY}"} if authorised else asked.headers
        reply = answer(replace(asked, headers=headers))
        reply.headers |= {"x-debug": f"key {key}", "set-cookie": f"session={key}"}
        return reply

    server = Server(App(respond))
    words = (f"--base-url={server.base_url}", "--model=reference", f"--report-dir={tmp_path}", f"--record={tmp_path / 'kept'}")
    done = run(*words, "suites/test_properties_embeddings.py", "--examples=5", "--max-requests=600", key=key)
    server.close()
    assert "properties" in done.stdout, done.stdout + done.stderr
    exchanges = kept(tmp_path / "kept")
    assert len({exchange.request.body for exchange in exchanges if exchange.request.endpoint == "embeddings"}) > 5
    for path in (tmp_path / "kept").iterdir():
        assert key not in path.read_text(encoding="utf-8")
        assert "set-cookie" not in path.read_text(encoding="utf-8")


def test_folder_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    done = run(f"--report-dir={tmp_path}", f"--record={tmp_path / 'taken'}", "-k", "models/list", key=None)
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert "--record" in done.stderr
    assert "cannot be created or written (File exists)" in done.stderr
