"""Bad options and files are refused with one sentence and exit code 4, and nothing is sent."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.cli import main, suites
from harness.judging.verdict import OUT_OF_TIME, Exit, Scope, reach_verdict
from harness.model import CaseResult, Finding, Outcome
from harness.plugin.refused_values import (
    given_url,
    headers_of,
    refuse_bad_models,
    refuse_bad_numbers,
    refuse_bad_prices,
    refuse_bad_target,
    refuse_too_many_at_once,
    refuse_too_slow,
)
from harness.records import ClaimError, RecordError, ReportFolder, read_record
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import RefusalError
from harness.reference.serve import KEY, Server
from harness.runner import NotJudgeableError, Run, RunOptions
from harness.runner.preflight import refuse_bad_url
from tests.inprocess import judge
from tests.records import as_run, write_run
from tests.running import holding

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "http://127.0.0.1:9/v1"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the suites as the command does, against nothing unless an address is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_"))}
    line = [sys.executable, "-m", "harness", *words]
    return subprocess.run(line, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, timeout=120, check=False)


def test_rate_at_which_no_run_is_played_is_refused() -> None:
    refuse_too_slow(None, 30)
    refuse_too_slow(1, 30)
    with pytest.raises(pytest.UsageError, match=r"--rate 0\.001 a minute allows fewer than 10 requests within --max-time 30"):
        refuse_too_slow(0.001, 30)


@pytest.mark.parametrize("price", [-1.0, float("nan"), float("inf"), 1e308])
def test_price_that_is_none_is_refused(price: float) -> None:
    refuse_bad_prices((0, 15.5))
    with pytest.raises(pytest.UsageError, match="--price needs two amounts"):
        refuse_bad_prices((1, price))


def test_file_that_cannot_be_written_at_the_end_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for fine in (None, tmp_path / "file", tmp_path / "new" / "file"):
        refuse_bad_target("save-case", str(fine) if fine else None)
    with pytest.raises(pytest.UsageError, match="is a folder: name a file"):
        refuse_bad_target("save-case", str(tmp_path))
    with pytest.raises(pytest.UsageError, match="cannot be written: name another file"):
        refuse_bad_target("save-case", str(tmp_path / "file" / "new"))


def test_more_at_a_time_than_open_files_allow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr("resource.getrlimit", lambda kind: (100, 300))
    monkeypatch.setattr("resource.setrlimit", lambda kind, limits: raised.append(limits))
    refuse_too_many_at_once(8)
    refuse_too_many_at_once(100)
    assert raised == [(164, 300)], "a low limit is raised where that suffices"
    with pytest.raises(pytest.UsageError, match=r"--concurrency 500 needs up to 564 open files, and this process may have 300"):
        refuse_too_many_at_once(500)
    with pytest.raises(pytest.UsageError, match="--concurrency needs at least 1"):
        refuse_too_many_at_once(0)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["X-A: ü"], "--header X-A: its value has characters that HTTP cannot carry"),
        (["X-A: a\r\nX-B: b"], "characters that HTTP cannot carry"),
        (["X-A: a\x00"], "characters that HTTP cannot carry"),
        (["X-Ü: a"], "needs the form 'Name: value'"),
        (["X A: a"], "needs the form"),
        (["no colon"], "needs the form"),
        ([": a"], "needs the form"),
        (["Content-Length: 5"], "frames the request"),
        (["transfer-encoding: chunked"], "frames the request"),
    ],
)
def test_header_that_http_cannot_carry_is_named(lines: list[str], says: str) -> None:
    with pytest.raises(pytest.UsageError, match=says):
        headers_of("--header", lines)


def test_headers_that_http_can_carry_are_taken() -> None:
    assert headers_of("--header", ["X-A:  b c ", 'x_1.~: "q"', "Empty:"]) == {"x-a": "b c", "x_1.~": '"q"', "empty": ""}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 0.0, -1.0])
def test_time_that_is_none_is_named(value: float) -> None:
    with pytest.raises(pytest.UsageError, match="--max-time needs a number above 0"):
        refuse_bad_numbers(timeout=1.0, max_time=value)


@pytest.mark.parametrize("model", ["", "m" * 2001, "m\ud800"])
def test_model_that_no_url_can_carry_is_named(model: str) -> None:
    with pytest.raises(pytest.UsageError, match="--embeddings-model is no model's name"):
        refuse_bad_models(model="fine/model:1", embeddings_model=model)


def test_empty_base_url_is_not_the_reference() -> None:
    with pytest.raises(pytest.UsageError, match="--base-url is empty"):
        given_url("", "http://h/v1")
    assert given_url(None, "") is None
    assert given_url(None, "http://h/v1") == "http://h/v1"


def test_empty_base_url_ends_the_command() -> None:
    done = run("--base-url", "", "--only", "models")
    assert (done.returncode, done.stderr.count("\n")) == (Exit.NOT_JUDGEABLE, 2), done.stderr
    assert "--base-url is empty" in done.stderr


@pytest.mark.parametrize("url", ["http://h/\x1b[2J", "http://h/a b", "http://h/\n::add-mask::x"])
def test_url_with_characters_that_none_has_is_named(url: str) -> None:
    with pytest.raises(NotJudgeableError, match="is not a base URL"):
        refuse_bad_url(url)


def test_options_with_values_below_our_folder_name_no_suites() -> None:
    done = run("--report-dir", str(ROOT / "reports"), "--plan", "--only=models", "-k", "models/list/listed")
    assert int(re.findall(r"(\d+) deselected", done.stdout)[0]) < 1000, done.stdout + done.stderr


@pytest.mark.parametrize("command", ["judge", "report"])
def test_device_that_never_ends_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "/dev/zero"])
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert re.search("/dev/zero: .*is a device, not a file", capsys.readouterr().err)


def test_report_folder_is_made_and_given_back(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "a" / "b")
    folder.close()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_report_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for bad in (file, file / "below", Path("/proc/none")):
        with pytest.raises(ClaimError, match="cannot be created or written"):
            ReportFolder(bad)
    assert file.is_file()


def test_disk_that_fills_up_during_the_run_costs_one_sentence(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk."""
    limited = (
        "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)); "
        "runpy.run_module('harness', run_name='__main__')"
    )
    words = [f"--report-dir={tmp_path}", "--only=models"]
    line = [sys.executable, "-c", limited, *words]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == Exit.NOT_JUDGEABLE, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "run.jsonl cannot be written (File too large): make room, or name another place" in done.stderr
    assert len(read_record(tmp_path / "run.jsonl").results) > 0


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    first = ReportFolder(tmp_path)
    with pytest.raises(ClaimError, match="another run is writing there"):
        ReportFolder(tmp_path)
    first.begin().write("kept")
    first.close()
    second = ReportFolder(tmp_path)
    assert (tmp_path / "run.jsonl").read_text(encoding="utf-8") == "kept"
    second.begin()
    second.close()
    assert (tmp_path / "run.jsonl").read_text(encoding="utf-8") == ""


def test_list_that_cannot_be_written_costs_one_sentence(tmp_path: Path) -> None:
    done = run(f"--report-dir={tmp_path}", "--only=models", "--write-known-failures=/proc/none")
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert "Traceback" not in done.stdout + done.stderr
    assert "cannot be written" in done.stderr


def test_bad_folder_costs_nothing(tmp_path: Path) -> None:
    """Nothing listens at the address: it is not asked before the folder is refused."""
    file = tmp_path / "file"
    file.touch()
    done = run(f"--base-url={NOWHERE}", f"--report-dir={file}")
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert f"--report-dir {file}: cannot be created or written" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_without_plugins_of_others(tmp_path: Path) -> None:
    words = ["-p", "no:html", "-p", "no:cacheprovider", f"--report-dir={tmp_path}", "--only=models"]
    done = run(*words)
    assert done.returncode == Exit.CONFORMS, done.stdout + done.stderr
    assert "conforms" in done.stdout


@pytest.mark.parametrize("words", [["judge"], ["report"], ["compare"], ["judge", "x", "--nonsense"], ["serve", "--port=x"]])
def test_bad_arguments_of_a_command_are_no_interruption(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert words[0] in capsys.readouterr().err


@pytest.mark.parametrize("number", ["1e300", "-5", "NaN", "Infinity", "9" * 400, "9" * 5000, "[" * 5000 + "]" * 5000, '"then"'])
def test_record_with_a_time_that_is_none_is_refused(catalog: Catalog, loop: asyncio.AbstractEventLoop, tmp_path: Path, number: str) -> None:
    path = tmp_path / "run.jsonl"
    write_run(path, as_run(catalog, loop.run_until_complete(judge(catalog, cases=["models/list/listed"])).results))
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    header = header.replace("1790000000.5", number)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"run\.jsonl:1: not a line of a run record"):
        read_record(path)


def test_last_line_without_its_newline_is_kept(catalog: Catalog, loop: asyncio.AbstractEventLoop, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_run(path, as_run(catalog, loop.run_until_complete(judge(catalog, cases=["models/list/listed"])).results))
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.rstrip("\n"), encoding="utf-8")
    assert read_record(path).footer is not None
    path.write_text(whole.rstrip("\n")[:-5], encoding="utf-8")
    assert read_record(path).footer is None


def test_command_that_is_interrupted_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(suites, "run", interrupted)
    assert main(["--only=models"]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "wireproof: interrupted\n"


def test_report_folder_of_a_command_that_is_a_file_is_named(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.jsonl"
    write_run(path, as_run(catalog, loop.run_until_complete(judge(catalog, cases=["models/list/listed"])).results))
    with pytest.raises(SystemExit) as ended:
        main(["report", str(path), f"--report-dir={path}"])
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert f"{path}: cannot be read or written (File exists)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "signals", [[signal.SIGINT, signal.SIGINT], [signal.SIGTERM], [signal.SIGHUP]], ids=["Ctrl-C twice", "SIGTERM", "SIGHUP"]
)
def test_run_that_is_stopped_closes_its_record(tmp_path: Path, signals: list[signal.Signals]) -> None:
    server = Server(holding(after=10))
    words = [f"--base-url={server.base_url}", f"--report-dir={tmp_path}", "-k", "models or chat/basics"]
    environment = {**os.environ, "OPENAI_API_KEY": KEY}
    process = subprocess.Popen([sys.executable, "-m", "harness", *words], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    path = tmp_path / "run.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not path.is_file() or path.read_text(encoding="utf-8").count("\n") < 3):
        time.sleep(0.05)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.02)
    process.wait(timeout=60)
    server.close()
    assert process.returncode == Exit.INTERRUPTED
    footer = read_record(path).footer
    assert footer is not None
    assert (footer["interrupted"], footer["code"]) == (True, Exit.INTERRUPTED)
    assert main(["report", str(path), f"--report-dir={tmp_path / 'pages'}"]) == Exit.INTERRUPTED


def test_interrupted_record_is_told_by_compare(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    for path in (old, new):
        write_run(path, as_run(catalog, loop.run_until_complete(judge(catalog, cases=["models/list/listed"])).results))
    lines = new.read_text(encoding="utf-8").splitlines(keepends=True)
    new.write_text("".join(lines[:-1]), encoding="utf-8")
    assert main(["compare", str(old), str(new)]) == Exit.INTERRUPTED
    assert f"{new} was interrupted" in capsys.readouterr().out


def test_part_that_was_put_off_does_not_conform(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def respond(asked: ServerRequest) -> ServerReply:
        headers = {"retry-after": "9999", "content-type": "application/json", "x-request-id": "1"}
        return ServerReply(429, headers, RefusalError(429, "later").body)

    chosen = [name for name in catalog.cases if name.startswith("chat-stream/")]
    assert loop.run_until_complete(judge(catalog, respond, cases=chosen)).verdict.code is Exit.INCOMPLETE
    assert loop.run_until_complete(judge(catalog, answer, cases=chosen)).verdict.code is Exit.CONFORMS


def test_what_there_was_no_time_for_is_incomplete(catalog: Catalog) -> None:
    findings = (Finding("a", "usage.adds-up", Outcome.PASS), Finding("b", "usage.adds-up", Outcome.BLOCKED, reason=OUT_OF_TIME))
    results = [CaseResult(finding.case, (), (finding,)) for finding in findings]
    found = reach_verdict(catalog, results, {}, Scope(partial="some"))
    assert found.code is Exit.INCOMPLETE
    assert found.sentence.endswith("1 case not tried, because the run reached its --max-time limit")


def test_run_ends_when_its_time_is_over(catalog: Catalog) -> None:
    """Cases that were not begun and the one that is under way, alike."""

    async def slow(seconds: float) -> None:
        await asyncio.sleep(seconds + 0.05)

    server = Server(App(sleep=slow))
    run = Run(catalog, RunOptions(base_url=server.base_url, key=KEY, key_name="K", model="reference", minutes=1.5 / 60))
    started = time.monotonic()
    try:
        run.clear()
        cases = [case for case in run.catalog.cases.values() if case.area == "chat-stream"]
        run.start(cases)
        results = [run.result(case) for case in cases]
    finally:
        run.close()
        server.close()
    assert time.monotonic() - started < 6
    untried = [result for result in results if result.outcome is Outcome.BLOCKED and result.findings[0].reason == OUT_OF_TIME]
    assert 0 < len(untried) < len(cases)
    assert json.dumps([result.case for result in untried])
