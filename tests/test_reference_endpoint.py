"""Two endpoints compared: every difference is reported, and nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.gateway.comparison import ReferenceEndpoint
from harness.judging.verdict import Exit, Scope, reach_verdict
from harness.model import Exchange, Request
from harness.plugin.refused_values import headers_of, key_in
from harness.records.run_record import result_from_json, result_to_json
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import is_chat, plain, setting, without
from harness.reference.serve import KEY, Server
from harness.runner.options import RunOptions
from harness.runner.run import Run
from tests.catalogs import read_once
from tests.running import run as pytest_run

CASES = re.compile(r"chat/basics/|chat-stream/basics|embeddings/input/text|errors/model|chat/choices")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The catalog for compared endpoints."""
    return read_once(twin=True)


def named_otherwise(asked: ServerRequest) -> ServerReply:
    """The reference under another model's name, and under no other."""
    if b'"model":"reference"' in asked.body:
        return ServerReply(500, {"content-type": "application/json"}, {"error": "the wrong name"})
    return answer(replace(asked, body=asked.body.replace(b'"other"', b'"reference"')))


def unmet(catalog: Catalog, change: Callable[[ServerRequest, ServerReply], ServerReply]) -> set[str]:
    """What is told of a changed reference beside the reference itself."""
    here, there = Server(App(lambda asked: change(asked, answer(asked)))), Server(App(named_otherwise))
    asked = RunOptions(base_url=here.base_url, key=KEY, model="reference")
    options = replace(asked, reference_url=there.base_url, reference_key=KEY, reference_model="other")
    run = Run(catalog, options)
    try:
        run.clear()
        cases = [case for case in catalog.cases.values() if CASES.match(case.id)]
        run.start(cases)
        results = [run.result(case) for case in cases]
        compared = [exchange for result in results for exchange in result.exchanges if exchange.twin is not None]
        assert len(compared) > 10
        assert all(KEY not in str(result_to_json(result)) for result in results)
        assert result_from_json(result_to_json(results[-1])).exchanges[-1].twin is not None
        verdict = reach_verdict(catalog, results, run.absent(), Scope(partial="some cases"))
        return {s.requirement.id for s in verdict.standings if s.missed and s.requirement.area == "twin"}
    finally:
        run.close()
        here.close()
        there.close()


def created(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    reply.status = 201 if is_chat(asked) and reply.status == 200 else reply.status
    return reply


def unfinished(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if reply.events is not None:
        reply.events = reply.events[:-1]
    return reply


FAULTS: list[tuple[str, Callable[[ServerRequest, ServerReply], ServerReply], set[str]]] = [
    ("nothing", lambda asked, reply: reply, set()),
    ("status", created, {"twin.status"}),
    ("terminator", unfinished, {"twin.framing"}),
    ("usage-lost", plain(is_chat, without("usage")), {"twin.members"}),
    ("created-as-text", plain(is_chat, setting("created", "now")), {"twin.types"}),
    ("cost-added", plain(is_chat, setting("cost", 0)), {"twin.nothing-added"}),
]


@pytest.mark.parametrize(("change", "told"), [pytest.param(change, told, id=name) for name, change, told in FAULTS])
def test_what_differs_is_told(change: Callable[[ServerRequest, ServerReply], ServerReply], told: set[str], catalog: Catalog) -> None:
    assert unmet(catalog, change) == told


def test_differences_that_are_known_let_a_run_pass_and_new_ones_do_not(tmp_path: Path) -> None:
    """As a team that compares its gateway with what is behind it would do: once by hand, then at each release."""
    known = tmp_path / "known.yaml"
    cases = [
        "--only=twin",
        "--fail-on=should",
        "--model=reference",
        f"--report-dir={tmp_path}",
        "-k",
        "chat/basics/stream or embeddings/input/text",
    ]
    here, there = Server(App(lambda asked: FAULTS[4][1](asked, answer(asked)))), Server()
    worse = Server(App(lambda asked: FAULTS[3][1](asked, FAULTS[4][1](asked, answer(asked)))))
    try:
        beside = (f"--reference-url={there.base_url}", "--reference-key-env=OPENAI_API_KEY")
        first = pytest_run(f"--base-url={here.base_url}", *beside, f"--write-known-failures={known}", *cases)
        told = known.read_text(encoding="utf-8")
        known.write_text(told.replace("say here why this is accepted", "ticket 12"), encoding="utf-8")
        again = pytest_run(f"--base-url={here.base_url}", *beside, f"--known-failures={known}", *cases)
        later = pytest_run(f"--base-url={worse.base_url}", *beside, f"--known-failures={known}", *cases)
    finally:
        for server in (here, there, worse):
            server.close()
    assert first.returncode == Exit.UNMET, first.stdout
    assert "requirement: twin.types" in told
    assert again.returncode == Exit.CONFORMS, again.stdout
    assert "but for 1 known failure" in again.stdout
    assert later.returncode == Exit.UNMET, later.stdout
    assert "1 SHOULD requirement is not met" in later.stdout
    assert re.search(r"! twin\.members +SHOULD", later.stdout)


def test_every_requirement_is_broken_once(catalog: Catalog) -> None:
    assert {name for name in catalog.requirements if name.startswith("twin.")} == set().union(*(told for _, _, told in FAULTS))


class Heard:
    """Stands for a wire: keeps the headers of what is sent."""

    headers: Mapping[str, str] = {}

    async def exchange(self, request: Request, identity: str) -> Exchange:
        """Keep the request's headers."""
        self.headers = dict(request.headers)
        return Exchange(identity, request)


def sent(
    loop: asyncio.AbstractEventLoop, own: dict[str, str], first: dict[str, str], step: dict[str, str] | None = None
) -> Mapping[str, str]:
    """What the second endpoint is sent of a request that the first one gets with ``first``, and what a case changes about it."""
    heard = Heard()
    wire: Any = heard
    headers = {"accept": "*/*", **first, **(step or {})}
    request = Request("chat", "POST", "/chat/completions", tuple((name, value) for name, value in headers.items() if value), b"{}")
    loop.run_until_complete(ReferenceEndpoint(wire, own, None, first).exchange(request, "case#1", "m"))
    return heard.headers


FIRST = {"authorization": "Bearer first-key", "api-key": "first-key", "x-tenant": "acme"}
OWN = {"authorization": "Bearer own-key", "x-tenant": "other"}


def test_second_endpoint_gets_its_own_headers_alone(loop: asyncio.AbstractEventLoop) -> None:
    assert sent(loop, {}, FIRST) == {"accept": "*/*"}
    assert sent(loop, OWN, FIRST) == {"accept": "*/*", **OWN}
    assert sent(loop, OWN, {}) == {"accept": "*/*", **OWN}
    assert sent(loop, OWN, {"x-tenant": "acme"}) == {"accept": "*/*", **OWN}


def test_second_endpoint_is_tried_without_a_key_where_the_first_one_is(loop: asyncio.AbstractEventLoop) -> None:
    alone = {"authorization": "Bearer first-key"}
    assert sent(loop, OWN, alone, {"authorization": ""}) == {"accept": "*/*", "x-tenant": "other"}
    assert sent(loop, OWN, alone, {"authorization": "Bearer wrong"})["authorization"] == "Bearer wrong"


def test_named_key_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert key_in("--api-key-env", "NO_SUCH_KEY", needed=False) is None
    assert key_in("--reference-key-env", None, needed=True) is None
    with pytest.raises(pytest.UsageError, match="--reference-key-env: the environment variable NO_SUCH_KEY is not set"):
        key_in("--reference-key-env", "NO_SUCH_KEY", needed=True)
    monkeypatch.setenv("NO_SUCH_KEY", "two words\n")
    with pytest.raises(pytest.UsageError, match="the key in NO_SUCH_KEY has white space") as refused:
        key_in("--reference-key-env", "NO_SUCH_KEY", needed=True)
    assert "two words" not in str(refused.value)


@pytest.mark.parametrize("line", ["no colon secret", "X A: secret", "X-Ü: secret", "X-A: secretü", "X-A: a\r\nB: secret", ": secret"])
def test_header_that_no_request_carries_is_refused(line: str) -> None:
    with pytest.raises(pytest.UsageError, match=r"^--reference-header ") as refused:
        headers_of("--reference-header", [line])
    assert "secret" not in str(refused.value)
