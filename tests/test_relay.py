"""Gateways judged from both sides: a faithful one passes everything, and each faulty one is caught by exactly what it breaks."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import socket
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog, load
from harness.checks.relay_reply import address_stays_behind, reply_arrives_whole
from harness.checks.reply import Reply
from harness.gateway.delays import added
from harness.model import Case, CaseResult, Level, Outcome, RunRecord, Trouble
from harness.preflight import NotJudgeable
from harness.record import result_from_json, result_to_json
from harness.recordings.again import judge_again
from harness.reference.serve import Server
from harness.run import Run, RunOptions
from harness.verdict import Exit, Scope, Verdict, reach
from tests.inprocess import SUBJECT
from tests.records import FOOTER, HEADER
from tests.relay_gateway import Asked, Gateway, Given, error
from tests.relay_mutants import MUTANTS, Mutant, plainly, streaming
from tests.test_plugin import run as pytest_run

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A faulty gateway leaves connections open when its server stops."""

KEY = "client-key-of-the-tests"
SLOW = re.compile(r"relay-time/(pace|leaving)|size/image|stalled|chat/many|framing/late|chat/long|split-carriage")
"""Cases that take time; the faults that need none of it are found without them."""

NEEDED = re.compile(r"relay-reply/(completions|embeddings|responses)/whole|relay-(reply|stream)/chat/whole")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """What is asked of gateways."""
    return load(relay=True)


PORTS = itertools.cycle(range(10_000 + os.getpid() % 1_000 * 20, 10_000 + os.getpid() % 1_000 * 20 + 20))
"""Below those that the system gives to whoever asks for any: between choosing a port and using it, nobody else gets it."""


def free_port() -> int:
    """A port that nobody listens on."""
    for port in itertools.islice(PORTS, 20):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("none of this process's ports is free")


def judge(catalog: Catalog, cases: Iterable[Case], patience: float = 30, **faults: Any) -> tuple[list[CaseResult], Verdict]:
    """A gateway on a socket, judged by a client of some patience. Its ``fallback`` is a path of the scripted upstream."""
    port = free_port()
    if "fallback" in faults:
        faults["fallback"] = f"http://127.0.0.1:{port}{faults['fallback']}"
    server = Server(Gateway(f"http://127.0.0.1:{port}/v1", **faults))
    run = Run(catalog, RunOptions(base_url=server.base_url, key=KEY, model="some-model", upstream=("127.0.0.1", port), timeout=patience))
    try:
        run.clear()
        chosen = list(cases)
        run.start(chosen)
        results = [run.result(case) for case in chosen]
        return results, reach(catalog, results, run.absent(), Scope(partial="some cases" if len(chosen) < len(catalog.cases) else ""))
    finally:
        run.close()
        server.close()


def unmet(verdict: Verdict, *levels: Level) -> set[str]:
    """The requirements that are not met, of these levels."""
    return {s.requirement.id for s in verdict.standings if s.missed and s.requirement.level in levels}


def cases_for(catalog: Catalog, mutant: Mutant) -> Iterator[Case]:
    """The cases that a mutant is judged with: those of the areas that it breaks."""
    areas = {name.partition(".")[0] for name in mutant.breaks}
    for case in catalog.cases.values():
        if NEEDED.match(case.id) or (case.area in areas and (mutant.slow or not SLOW.search(case.id))):
            yield case


def test_faithful_gateway_passes_everything(catalog: Catalog) -> None:
    results, verdict = judge(catalog, catalog.cases.values())
    problems = [
        (f.requirement, f.case, f.problems[0]) for r in results for f in r.findings if f.outcome.rank >= Outcome.WARN.rank and f.problems
    ]
    assert problems == []
    assert [s.requirement.id for s in verdict.standings if s.undecided] == []
    assert verdict.absent == {}
    assert verdict.code == 0


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_caught_by_what_it_breaks(mutant: Mutant, catalog: Catalog) -> None:
    _, verdict = judge(catalog, cases_for(catalog, mutant), patience=mutant.patience, **mutant.faults)
    may = {name for name in mutant.breaks if catalog.requirements[name].level is Level.MAY}
    assert unmet(verdict, Level.MUST, Level.SHOULD) == mutant.breaks - may
    assert may <= unmet(verdict, Level.MAY)


def test_every_requirement_has_a_mutant(catalog: Catalog) -> None:
    broken = {name for mutant in MUTANTS for name in mutant.breaks}
    assert {name for name in catalog.requirements if name.startswith("relay-")} == broken


def quick(catalog: Catalog, pattern: str) -> list[Case]:
    """Some cases."""
    return [case for case in catalog.cases.values() if re.match(pattern, case.id)]


def stripped(asked: Asked) -> Asked:
    """A request without any header of the client's, and with another model."""
    body = asked.body.replace(b'"some-model"', b'"model-behind"')
    return replace(asked, headers=[("content-type", "application/json")], body=body)


def test_attempts_are_matched_when_headers_are_stripped_and_the_model_is_renamed(catalog: Catalog) -> None:
    results, verdict = judge(catalog, quick(catalog, "relay-reply|relay-time/pace/fifty-plain"), ask=stripped)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    assert all(len(exchange.behind) == 1 for result in results for exchange in result.exchanges)


def test_retries_are_seen_as_attempts(catalog: Catalog) -> None:
    results, verdict = judge(catalog, quick(catalog, "relay-time/attempts/(overloaded|reset)-once"), retries=1)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    assert "2 more attempts at the upstream, for 2 of 2 requests" in list(added(results))
    for result in results:
        (exchange,) = result.exchanges
        assert [attempt.status for attempt in exchange.behind][-1] == 200
        assert len(exchange.behind) == 2
        assert exchange.status == 200
        assert [attempt.id for attempt in exchange.behind] == [f"{exchange.id}^upstream1", f"{exchange.id}^upstream2"]


def test_fallbacks_are_seen_as_attempts_where_they_went(catalog: Catalog) -> None:
    """The second upstream is the same one under another path, as a gateway is configured to have two."""
    cases = quick(catalog, "relay-time/attempts/|relay-reply/chat/whole")
    results, verdict = judge(catalog, cases, fallback="/second/v1", ask=stripped)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    went = {result.case.rpartition("/")[2]: [a.request.path for a in result.exchanges[0].behind] for result in results}
    first, second = "/chat/completions", "/second/v1/chat/completions"
    assert went == {
        "whole": [first],
        "overloaded-once": [first, second],
        "reset-once": [first, second],
        "stream-reset-once": [first],
        "refused-for-good": [first],
    }
    assert "2 more attempts at the upstream, for 2 of 5 requests" in list(added(results))


def test_fallback_may_follow_a_refusal_and_what_failed_before_its_first_chunk(catalog: Catalog) -> None:
    """Another upstream may well take what one refused; and an error as the first event is no stream that had begun."""
    cases = quick(catalog, "relay-time/attempts/refused|relay-failure/streams/error-first")
    results, verdict = judge(catalog, cases, fallback="/second/v1", retry_on=lambda status: status == 400)
    assert unmet(verdict, Level.MUST, Level.SHOULD) == set()
    assert [len(result.exchanges[0].behind) for result in results] == [1, 2]
    first, second = next(result for result in results if len(result.exchanges[0].behind) == 2).exchanges[0].behind
    assert (first.status, second.status) == (400, 400)


def test_fallback_that_repeats_a_begun_stream_is_caught(catalog: Catalog) -> None:
    results, verdict = judge(catalog, quick(catalog, "relay-time/attempts/stream-reset"), fallback="/second/v1", begins_again=True)
    assert [attempt.request.path for attempt in results[0].exchanges[0].behind] == ["/chat/completions", "/second/v1/chat/completions"]
    assert "relay-time.begun-stream-not-repeated" in unmet(verdict, Level.SHOULD)


OPENING = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":null}]}\n\n'
)


def test_stream_opened_before_the_upstream_is_asked_is_no_repetition(catalog: Catalog) -> None:
    """Its own first chunk is one too many; but what it then asks for is the first attempt, and who leaves early leaves before that."""
    cases = quick(catalog, "relay-time/leaving|relay-stream/chat/whole")
    left = [replace(case, id="left-at-once", steps=(replace(case.steps[0], leave_after=1),)) for case in cases if "leaving" in case.id]
    results, verdict = judge(catalog, [*cases, *left], opens_at_once=OPENING)
    found = {finding.requirement for result in results for finding in result.findings if finding.problems}
    assert "relay-stream.chunk-for-chunk" in found
    assert not [name for name in found if name.startswith(("relay-time", "relay-request"))]
    assert [s.requirement.id for s in verdict.standings if s.undecided and s.requirement.area == "relay-time" and s.findings] == []


def test_coding_that_nobody_asked_for_is_the_upstreams_own_fault(catalog: Catalog) -> None:
    _, verdict = judge(
        catalog, quick(catalog, "relay-failure/broken/not-compressed|relay-reply/framing/gzip"), codings="identity", decodes=False
    )
    coding = next(s for s in verdict.standings if s.requirement.id == "relay-reply.coding-was-offered")
    assert (coding.judged, coding.missed) == (1, 0)


def test_stream_that_the_gateway_hangs_up_on_has_not_arrived_whole(catalog: Catalog) -> None:
    """It is no fault of the upstream's that it could not give the rest; and no fault of the gateway's where the client left."""
    (exchange,) = judge(catalog, quick(catalog, "relay-stream/chat/whole"))[0][0].exchanges
    left = replace(exchange.behind[0], trouble=Trouble("left", ""), body=exchange.behind[0].body[:100])
    for kind, leave_after, told in (("cut", None, ["reply"]), ("stalled", None, None), ("cut", 10, None)):
        request = replace(exchange.request, leave_after=leave_after)
        changed = replace(exchange, request=request, trouble=Trouble(kind, ""), behind=(left,))
        problems = reply_arrives_whole(Reply(changed))
        assert (None if problems is None else [problem.where for problem in problems]) == told


def test_address_in_an_error_is_told_once(catalog: Catalog) -> None:
    """What the body of an error shows is told by the rule for errors; the other one looks at headers, and at bodies of successes."""
    case = quick(catalog, "relay-failure/statuses/400")[0]
    results, _ = judge(catalog, [case])
    (exchange,) = results[0].exchanges
    host = dict(exchange.behind[0].request.headers)["host"]
    for status, told in ((400, []), (200, ["body"])):
        changed = replace(exchange, status=status, body=f'{{"at": "{host}"}}'.encode())
        assert [problem.where for problem in address_stays_behind(Reply(changed)) or []] == told


@pytest.mark.parametrize("asks_health", [False, True], ids=["soon-up", "waits-for-its-upstream"])
def test_gateway_that_is_just_starting_is_waited_for(catalog: Catalog, asks_health: bool) -> None:
    """Some serve nobody before their upstream is there: whoever asks that for its health is given more time than others."""
    port = free_port()
    answers = itertools.count()

    def starting(asked: Asked) -> Given | None:
        if asks_health:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
        return error(503, "Starting.") if next(answers) < (8 if asks_health else 2) else None

    server = Server(Gateway(f"http://127.0.0.1:{port}/v1", own_reply=starting))
    run = Run(catalog, RunOptions(base_url=server.base_url, key=KEY, model="some-model", upstream=("127.0.0.1", port)))
    try:
        run.clear()
        assert run.unmatched == ["GET /health"] * (9 if asks_health else 0)
    finally:
        run.close()
        server.close()


def test_run_comes_to_the_same_when_judged_again(catalog: Catalog) -> None:
    """From the record alone: requests that carry a token, several steps, a request too large to be kept, and what nobody listened for."""
    chosen = quick(catalog, "relay-reply/chat/(whole|characters)|relay-request/numbers/largest-seed|relay-request/size|.*/refused$")
    results, _ = judge(catalog, chosen, plain=plainly(lambda body: body.pop("usage", None)))
    read = [result_from_json(json.loads(json.dumps(result_to_json(result)))) for result in results]
    subject = {**asdict(SUBJECT), "model": "some-model", "upstream": "127.0.0.1:9000"}
    again = judge_again(RunRecord({**HEADER, "subject": subject}, read, FOOTER))
    assert [told for told in again.record.header["subject"]["remarks"] if "another way" in told] == []
    assert [(r.case, set(r.findings)) for r in again.record.results] == [(r.case, set(r.findings)) for r in results]
    assert any(finding.outcome is Outcome.FAIL for result in results for finding in result.findings)


def test_both_sides_go_through_the_record(catalog: Catalog) -> None:
    results, _ = judge(catalog, quick(catalog, "relay-reply/chat/(whole|characters)"))
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


def test_keys_are_in_no_record(catalog: Catalog) -> None:
    results, _ = judge(catalog, quick(catalog, "relay-reply/chat/whole"))
    written = str([result_to_json(result) for result in results])
    assert KEY not in written
    assert "gateway-own-key" not in written
    assert "[the gateway's own key]" in written


def test_upstream_that_is_not_reached_is_told_in_one_sentence(catalog: Catalog) -> None:
    elsewhere, port = free_port(), free_port()
    server = Server(Gateway(f"http://127.0.0.1:{elsewhere}/v1"))
    run = Run(catalog, RunOptions(base_url=server.base_url, model="some-model", upstream=("127.0.0.1", port)))
    try:
        with pytest.raises(NotJudgeable) as told:
            run.clear()
    finally:
        run.close()
        server.close()
    assert f"nothing of it reached the upstream at 127.0.0.1:{port}" in str(told.value)
    assert f"configure the gateway to send the model 'some-model' to http://127.0.0.1:{port}/v1" in str(told.value)
    assert "\n" not in str(told.value)


def test_taken_port_is_told_in_one_sentence(catalog: Catalog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Run(catalog, RunOptions(base_url="http://127.0.0.1:9/v1", model="m", upstream=("127.0.0.1", port)))
        try:
            with pytest.raises(NotJudgeable, match=f"cannot listen on 127.0.0.1:{port}"):
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
    assert "relay-stream.terminator-once: expected data: [DONE], once, got 0 times at stream" in done.stdout
    assert "behind       POST /chat/completions" in done.stdout
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
    assert "Not offered: `relay.responses`: " in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_command_line_tells_what_is_wrong(tmp_path: Path) -> None:
    elsewhere, port = free_port(), free_port()
    server = Server(Gateway(f"http://127.0.0.1:{elsewhere}/v1"))
    done = pytest_run(f"--base-url={server.base_url}", f"--upstream=127.0.0.1:{port}", "--model=m", f"--report-dir={tmp_path}", key=KEY)
    server.close()
    assert done.returncode == Exit.NOT_JUDGEABLE
    assert "nothing of it reached the upstream" in done.stderr
    for words, sentence in (
        (["--base-url=http://127.0.0.1:9/v1", "--upstream=nowhere"], "needs the form HOST:PORT"),
        (["--upstream=127.0.0.1:9000"], "needs the gateway's address in --base-url"),
        (["suites/test_relay_time.py"], "test_relay_time.py needs --upstream HOST:PORT"),
    ):
        done = pytest_run(*words, f"--report-dir={tmp_path}", key=KEY)
        assert done.returncode == Exit.NOT_JUDGEABLE
        assert sentence in done.stderr + done.stdout
