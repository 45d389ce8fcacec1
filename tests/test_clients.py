"""Popular client libraries: each works with the reference, and what each does with a faulty endpoint.

The table in ``clients_table.yaml`` was measured, with the versions that are pinned. ``make clients`` installs those that are missing here.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from harness.catalog import Catalog, load
from harness.catalog.yaml_lines import read_yaml
from harness.clients import found
from harness.clients.driver import CallTimeoutError, Driver, DriverError
from harness.clients.outcome import UnreadableOutcomeError
from harness.model import Call, CaseResult, ClientOutcome, Finding, Outcome, Problem
from harness.records.run_record import result_from_json, result_to_json
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import rewriting, without
from harness.reference.refusals import KEY
from harness.reference.serve import Server
from harness.reporting.client_results import client_lines
from harness.runner.cleanup import Cleaner
from harness.wire.redaction import Scrubber
from tests.browser.runs import page as drawn_page
from tests.catalogs import read_once
from tests.client_bench import TABLE as MEASURED
from tests.client_bench import Bench, told
from tests.client_fuzzing import fuzzed
from tests.client_mutants import FAULTS
from tests.inprocess import SUBJECT

CALLS = read_once().calls
CLIENTS = {call.client.id: call.client for call in CALLS.values()}
INSTALLED = [client.id for client in CLIENTS.values() if found.command(client) is not None]
TABLE: dict[str, dict[str, dict[str, list[str]]]] = {
    fault: by_client or {} for fault, by_client in read_yaml(MEASURED.read_text(encoding="utf-8")).value.items()
}
ASPECTS = ("call-succeeds", "values-have-their-types", "nothing-is-lost", "values-are-as-sent", "stream-ends", "error-is-raised")


def calls_of(*clients: str) -> list[Call]:
    return [call for call in CALLS.values() if call.client.id in clients]


def here(client: str) -> str:
    """A client, if it is installed."""
    if client not in INSTALLED:
        pytest.skip(f"{client} is not installed: {CLIENTS[client].install}")
    return client


@pytest.fixture(scope="module")
def bench(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Iterator[Bench]:
    """Clients, started once for all endpoints."""

    async def make() -> Bench:
        return Bench(catalog)

    bench = loop.run_until_complete(make())
    yield bench
    loop.run_until_complete(bench.close())


@pytest.mark.parametrize("client", CLIENTS)
def test_client_works_with_the_reference(client: str, bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    results = loop.run_until_complete(bench.play(calls_of(here(client))))
    assert told(results) == {}
    assert {result.outcome for result in results} == {Outcome.PASS}
    assert all(len(result.exchanges) == CALLS[result.case].requests for result in results)
    assert {(result.handed or ClientOutcome("")).client.split(" ")[0] for result in results} == {CLIENTS[client].name.split(",")[0]}


@pytest.mark.parametrize("client", ["openai-python", "openai-python-async", "openai-node"])
def test_driver_tells_every_value_that_its_user_gets(client: str, bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    results = loop.run_until_complete(bench.play(calls_of(here(client))))
    for result in results:
        assert result.handed is not None
        assert set(CALLS[result.case].gets) <= set(result.handed.values), result.case


@pytest.mark.parametrize("client", [client for client in CLIENTS if client != "openai-go"])
@pytest.mark.parametrize("fault", FAULTS)
def test_client_does_with_a_fault_what_it_was_seen_to_do(fault: str, client: str, bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    results = loop.run_until_complete(bench.play(calls_of(here(client)), FAULTS[fault]))
    unplayed = {Outcome.ERROR, Outcome.NOT_APPLICABLE}
    assert [finding.reason for result in results for finding in result.findings if finding.outcome in unplayed] == []
    assert told(results) == TABLE[fault].get(client, {})


def test_every_requirement_of_clients_was_seen_to_fail(catalog: Catalog) -> None:
    areas = {client.area for client in CLIENTS.values()}
    wanted = {f"{area}.{aspect}" for area in areas for aspect in ASPECTS}
    assert wanted == {r.id for r in catalog.requirements.values() if r.area in areas}
    seen = {
        f"{CLIENTS[client].area}.{line.partition(':')[0]}"
        for by_client in TABLE.values()
        for client, by_flow in by_client.items()
        for lines in by_flow.values()
        for line in lines
    }
    assert wanted - seen == set()


def test_table_has_every_fault_and_most_show_somewhere() -> None:
    assert set(TABLE) == set(FAULTS)
    assert {fault for fault, by_client in TABLE.items() if not by_client} == {"base64-ignored", "error-is-a-page"}


@pytest.mark.parametrize(
    ("named", "required", "played"),
    [
        ((), (), set()),
        (("images",), (), {"image", "image-streamed"}),
        ((), ("audio.translations",), {"translation"}),
    ],
)
def test_calls_of_paid_areas_are_made_where_these_are_named_or_demanded(
    named: tuple[str, ...], required: tuple[str, ...], played: set[str]
) -> None:
    catalog = load(required=required, named=named)
    paid = {call.id for call in CALLS.values() if call.feature.startswith(("audio", "image-generation"))}
    assert {name.rpartition("/")[2] for name in paid & set(catalog.calls)} == played
    assert set(CALLS) - paid <= set(catalog.calls)


def test_what_a_client_makes_is_known_to_whoever_cleans_up(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    bench.noted.clear()
    loop.run_until_complete(bench.play([CALLS["clients/openai-python/response-whole"], CALLS["clients/openai-python/conversation-life"]]))
    cleaner = Cleaner(SUBJECT, {})
    for exchange in bench.noted:
        cleaner.note(exchange.id.rpartition("#")[0], exchange)
    (left,) = cleaner.left_by()
    assert (left.case, left.request.method) == ("clients/openai-python/response-whole", "DELETE")


def test_one_driver_process_makes_all_calls_of_a_client(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    with mock.patch.object(asyncio, "create_subprocess_exec", wraps=asyncio.create_subprocess_exec) as started:
        loop.run_until_complete(bench.play(calls_of("openai-python")))
    assert started.call_count <= 1  # none where an earlier test began it


def test_what_was_exchanged_is_recorded_as_it_crossed_the_wire(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    (result,) = loop.run_until_complete(bench.play([CALLS["clients/openai-python/chat-streamed"]]))
    (exchange,) = result.exchanges
    headers = dict(exchange.request.headers)
    assert exchange.id == "clients/openai-python/chat-streamed#1"
    assert (exchange.request.endpoint, exchange.request.path, exchange.status) == ("chat", "/chat/completions", 200)
    assert headers["authorization"] == "Bearer [key removed]"
    assert headers["user-agent"].startswith("OpenAI/Python")
    assert json.loads(exchange.request.body)["stream"] is True
    assert exchange.body.endswith(b"data: [DONE]\n\n")
    assert len(exchange.arrivals) > 5
    again = result_from_json(json.loads(json.dumps(result_to_json(result))))
    assert (again.handed, again.findings, again.exchanges[0].body) == (result.handed, result.findings, exchange.body)


def test_key_reaches_neither_the_client_nor_the_record(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    seen: list[str] = []

    def echo(asked: ServerRequest) -> ServerReply:
        seen.append(asked.headers["authorization"])
        error = {"message": f"you sent {asked.headers['authorization']}", "type": "x", "code": None, "param": None}
        return ServerReply(400, body={"error": error}, headers={"content-type": "application/json"})

    results = loop.run_until_complete(bench.play(calls_of("openai-python"), echo))
    assert set(seen) == {f"Bearer {KEY}", "Bearer wireproof-no-such-key"}
    assert KEY not in repr(results)
    told_by = [result.handed for result in results if result.case.endswith("chat-whole")]
    assert "[key removed]" in told_by[0].message  # type: ignore[union-attr]


def test_forwarder_gives_the_key_to_nobody_else(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    seen: list[str | None] = []

    def note(asked: ServerRequest) -> ServerReply:
        seen.append(asked.headers.get("authorization"))
        return ServerReply(200, body={}, headers={"content-type": "application/json"})

    async def knock() -> list[int]:
        bench.respond = note
        url = bench.player._forwarder.open(CALLS["clients/curl/chat-whole"])
        async with httpx.AsyncClient(trust_env=False) as stranger:
            inside = await stranger.get(url + "/models", headers={"authorization": "Bearer guessed"})
            outside = await stranger.get(url.replace("curl", "nobody") + "/models")
        return [inside.status_code, outside.status_code]

    assert loop.run_until_complete(knock()) == [200, 421]
    assert seen == ["Bearer guessed"]


def with_status(status: int, **headers: str) -> Callable[[ServerRequest], ServerReply]:
    body = {"error": {"message": "slow down", "type": "rate_limit", "code": None, "param": None}}
    return lambda asked: ServerReply(status, body=body, headers={"content-type": "application/json", **headers})


def test_endpoint_that_asks_to_wait_is_waited_for_and_then_undecided(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    (result,) = loop.run_until_complete(bench.play([CALLS["clients/openai-python/chat-whole"]], with_status(429, **{"retry-after": "1"})))
    assert len(result.exchanges[0].attempts) == 2
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.findings[0].reason == "rate limited: 429 after 3 attempts"


def test_refused_request_that_is_taken_is_undecided(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    def lenient(asked: ServerRequest) -> ServerReply:
        body = json.loads(asked.body)
        return answer(replace(asked, body=json.dumps({**body, "model": "reference"}).encode()))

    (result,) = loop.run_until_complete(bench.play([CALLS["clients/openai-python/refused-model"]], lenient))
    assert [(f.outcome, f.reason) for f in result.findings] == [(Outcome.INCONCLUSIVE, "the endpoint took the request")]


def test_model_that_calls_no_tool_is_not_held_against_the_endpoint(bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    ask = rewriting(lambda asked: True, without("tools", "tool_choice"))
    (result,) = loop.run_until_complete(bench.play([CALLS["clients/openai-python/tool-call"]], lambda asked: answer(ask(asked))))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "the model called no tool" in {finding.reason for finding in result.findings}


@pytest.mark.parametrize("flow", ["tool-call", "tool-call-streamed", "chat-parsed"])
def test_reply_that_had_no_room_is_not_held_against_the_endpoint(flow: str, bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    ask = rewriting(lambda asked: True, lambda body: body.update(max_output_tokens=16) if "input" in body else body.update(max_tokens=2))
    (result,) = loop.run_until_complete(bench.play([CALLS[f"clients/openai-python/{flow}"]], lambda asked: answer(ask(asked))))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "the reply reached its token limit" in {finding.reason for finding in result.findings}


@pytest.mark.parametrize("client", ["openai-python", "openai-node", "curl"])
def test_stalled_stream_is_given_up(client: str, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    def stalling(asked: ServerRequest) -> ServerReply:
        reply = answer(asked)
        reply.pace = 3_600.0
        return reply

    async def run() -> CaseResult:
        bench = Bench(catalog)
        (result,) = await bench.play([CALLS[f"clients/{here(client)}/chat-streamed"]], stalling)
        await bench.close()
        return result

    result = loop.run_until_complete(run())
    ends = next(finding for finding in result.findings if finding.requirement.endswith("stream-ends"))
    assert ends.problems[0].got.startswith("nothing more came for 5 s")


# Drivers as processes


def driver(tmp_path: Path, program: str) -> Driver:
    script = tmp_path / "driver.py"
    script.write_text(program, encoding="utf-8")
    return Driver([sys.executable, str(script)], tmp_path, {}, Scrubber([KEY]))


def asked(driver: Driver, seconds: float, loop: asyncio.AbstractEventLoop) -> Any:
    async def ask() -> Any:
        try:
            return await driver.ask({"does": "nothing"}, seconds)
        finally:
            await driver.close()

    return loop.run_until_complete(ask())


def test_driver_that_hangs_is_ended_with_its_children(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(CallTimeoutError, match="did not finish within 3 s"):
        asked(driver(tmp_path, program), 3, loop)
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child lives on")


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import sys; sys.exit('no such thing')", "in the middle of the call; no such thing"),
        ("import sys; sys.stdout.write('{\"client\"'); sys.stdout.flush()", "in the middle of the call"),
    ],
)
def test_driver_that_breaks_down_says_why(program: str, says: str, tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(DriverError, match=says):
        asked(driver(tmp_path, program), 20, loop)


def test_line_without_end_is_not_the_clients_fault(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    program = "import sys; sys.stdout.write('x' * 20_000_000); sys.stdout.flush()"
    with pytest.raises(UnreadableOutcomeError, match="a line of more than 8,388,608 bytes"):
        asked(driver(tmp_path, program), 20, loop)


def test_hostile_outcomes_raise_nothing_and_are_recorded(catalog: Catalog, bench: Bench, loop: asyncio.AbstractEventLoop) -> None:
    """A bounded sample; ``python -m tests.client_fuzzing`` judges as many as wanted."""
    results = loop.run_until_complete(bench.play(calls_of("openai-python")))
    tried = list(fuzzed(catalog, results, 1, 100))
    assert [one for one in tried if one.raised] == []
    refused = [one.line for one in tried if one.result is None]
    assert b"garbage\n" in refused
    assert len(refused) < 60
    assert "".join(client_lines(catalog, [one.result for one in tried if one.result is not None]))


def test_outcome_that_cannot_be_read_is_our_fault(bench: Bench, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(driver: Driver, job: dict[str, Any], seconds: float) -> ClientOutcome:
        raise UnreadableOutcomeError("nested deeper than 128 levels, which we do not read")

    monkeypatch.setattr(Driver, "ask", ask)
    (result,) = loop.run_until_complete(bench.play([calls_of("openai-python")[0]]))
    assert result.outcome is Outcome.ERROR
    assert result.findings[0].is_ours
    assert "by our own fault, it is not known what openai-python returned: nested deeper" in result.findings[0].reason


def test_driver_tells_that_a_value_cannot_be_written(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    program = (
        "from harness.clients.drivers.protocol import serve\n"
        "def do(job):\n"
        "    deep = []\n"
        "    for _ in range(100_000):\n"
        "        deep = [deep]\n"
        "    return {'object': deep}\n"
        "serve('c', do, lambda error: {})\n"
    )
    script = tmp_path / "driver.py"
    script.write_text(program, encoding="utf-8")
    speaking = Driver([sys.executable, str(script)], tmp_path, {"PYTHONPATH": str(found.HERE.parent.parent)}, Scrubber([KEY]))
    with pytest.raises(UnreadableOutcomeError, match="could not write it"):
        asked(speaking, 20, loop)


def test_driver_gets_no_key_and_no_address(tmp_path: Path, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere")
    program = "import json, os; print(json.dumps({'client': 'c', 'values': dict(os.environ)}), flush=True); input()"
    told_by = asked(driver(tmp_path, program), 20, loop)
    assert not {name for name in told_by.values if name.startswith("OPENAI")}


def test_driver_that_echoes_a_key_is_cleaned(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> None:
    assert asked(driver(tmp_path, f'print(\'{{"client": "{KEY}"}}\', flush=True); input()'), 20, loop).client == "[key removed]"


# What is installed, and what is told


def test_client_that_is_not_installed_is_not_offered(
    catalog: Catalog, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(found.VARIABLE, str(tmp_path))

    async def run() -> list[CaseResult]:
        bench = Bench(catalog)
        results = await bench.play(calls_of("openai-go", "openai-node", "ai-sdk"))
        await bench.close()
        return results

    results = loop.run_until_complete(run())
    assert {result.outcome for result in results} == {Outcome.NOT_APPLICABLE}
    assert list(client_lines(catalog, results)) == [
        "",
        "  – openai-node is not installed: make clients; it needs Node.js and npm",
        "  – openai-go is not installed: make clients; it needs Go 1.26 or newer",
        "  – ai-sdk is not installed: make clients; it needs Node.js and npm",
    ]


def test_go_driver_runs_where_it_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(found.VARIABLE, str(tmp_path))
    (tmp_path / "go").mkdir()
    binary = tmp_path / "go" / "driver"
    binary.write_text("#!/bin/sh\n", encoding="utf-8")
    assert found.command(CLIENTS["openai-go"]) is None
    binary.chmod(0o755)
    assert found.command(CLIENTS["openai-go"]) == ([str(binary)], tmp_path / "go")


def finding(call: str, outcome: Outcome, reason: str = "", *problems: Problem) -> CaseResult:
    name = f"{CALLS[call].client.area}.call-succeeds"
    return CaseResult(call, (), (Finding(call, name, outcome, problems, (), reason),), ClientOutcome("openai-node 7.0"))


def test_summary_tells_where_a_client_works_and_fails(catalog: Catalog) -> None:
    problem = Problem("the call, in openai-node 7.0", "an answer", "<b>TypeError</b>")
    results = [
        finding("clients/openai-node/chat-whole", Outcome.PASS),
        finding("clients/openai-node/chat-streamed", Outcome.FAIL, "", problem),
        finding("clients/openai-node/tool-call", Outcome.INCONCLUSIVE, "the model called no tool"),
    ]
    told_by = "clients.call-succeeds: the call: expected an answer, got <b>TypeError</b>"
    assert list(client_lines(catalog, results)) == [
        "",
        f"  ✗ fails in openai-node 7.0 at chat-streamed: {told_by} (1 call works); undecided: tool-call",
    ]
    assert list(client_lines(catalog, results[:1])) == ["", "  ✓ works with openai-node 7.0 (1 call)"]
    assert list(client_lines(catalog, [])) == []
    drawn = drawn_page(catalog, *results)
    assert '<section class="group" id="clients">' in drawn
    assert "&lt;b&gt;TypeError" in drawn
    assert "<b>" not in drawn
    assert 'id="clients"' not in drawn_page(catalog)


# The suite


def pytest_of(*arguments: str, **environment: str) -> str:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env={**os.environ, **environment}, check=False)
    return f"{done.stdout}\n{done.stderr}\nexit code {done.returncode}"


def test_suite_is_run_when_it_is_named(tmp_path: Path) -> None:
    said = pytest_of("suites/test_clients.py", "-k", "openai-python/ or openai-go/chat", f"--report-dir={tmp_path}")
    assert re.search(r"✓ works with openai-python \S+ on Python \S+ \(24 calls\)", said), said
    assert "– openai-go is not installed" in said or "openai-go" in INSTALLED
    assert "exit code 0" in said
    assert '"handed"' in (tmp_path / "run.jsonl").read_text(encoding="utf-8")


def test_suite_costs_nothing_unless_it_is_asked_for() -> None:
    plain = pytest_of("--plan")
    assert not re.search(r"^clients", plain, re.MULTILINE), plain
    assert re.search(
        rf"^clients +{sum(call.requests for call in load(named=()).calls.values())} ", pytest_of("--plan", "--clients"), re.MULTILINE
    )


def test_failure_names_client_and_version(tmp_path: Path) -> None:
    server = Server(App(FAULTS["tool-call-without-index"]))
    name = "clients/openai-python/tool-call-streamed"
    options = ("--base-url", server.base_url, "--model", "reference", "suites/test_clients.py", "-k", name)
    said = pytest_of(*options, f"--report-dir={tmp_path}", OPENAI_API_KEY=KEY)
    server.close()
    assert re.search(r"the call, in openai-python \S+ on Python \S+: expected an answer, got TypeError: ", said), said
    assert re.search(r"✗ fails in openai-python \S+ on Python \S+ at tool-call-streamed: .*TypeError", said)
    assert f"suites/test_clients.py -k {name}" in said
    assert "exit code 1" in said
