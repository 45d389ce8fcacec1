"""The explanations that a blocked team reads."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.model import Request, Subject
from harness.reporting import terminal
from harness.reporting.explain import failure, worst_first
from harness.reporting.reproduce import curl, rerun
from harness.reporting.safe_text import on_terminal
from tests.agreed import hold, steady
from tests.baseline import Baseline
from tests.inprocess import SUBJECT, judge
from tests.mutants import MUTANTS

SHOWN = [
    "stream-without-done",
    "chunk-finish-omitted",
    "crash-on-broken-json",
    "chat-length-hidden",
    "byte-order-mark",
    "part-added-late",
    "store-claimed",
]

HOST = Subject("http://h/v1", "m", "m", "m", "openai")


@pytest.mark.parametrize("name", SHOWN)
def test_failure_reads_as_agreed(name: str, baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    judged = loop.run_until_complete(judge(catalog, mutant, cases=baseline.changed(mutant)))
    result = next(result for result in judged.results if worst_first(result.findings))
    text = steady(failure(catalog, SUBJECT, result, worst_first(result.findings))) + "\n"
    told = "\n".join(terminal.summary(catalog, SUBJECT, judged.verdict, judged.results))
    summary = steady(told.partition("conformance of ")[0])
    hold(f"{name}.failure.txt", text)
    hold(f"{name}.summary.txt", summary)


def test_nothing_steers_the_terminal() -> None:
    assert on_terminal("a\x1b[31mb\x07\u009b\ud800") == "a\\x1b[31mb\\x07\\x9b\\ud800"


def test_curl_takes_the_key_from_the_environment() -> None:
    request = Request("chat", "POST", "/chat/completions", (("authorization", "Bearer [key removed]"),), b'{"stream":true,"x":"it\'s"}')
    assert curl(HOST, request) == (
        "curl -sSN http://h/v1/chat/completions \\\n"
        '  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n'
        '  --data-binary \'{"stream":true,"x":"it\'"\'"\'s"}\''
    )


def test_curl_takes_what_the_user_gave_from_the_environment() -> None:
    headers = (("authorization", "Bearer [key removed]"), ("x-tenant", "[value hidden]"), ("api-key", "[key removed]"), ("x-ours", "$HOME"))
    request = Request("models", "GET", "/models", headers, b"")
    told = curl(replace(HOST, options=("--api-key-env=MY_KEY",)), request)
    assert told.split(" \\\n  ")[1:] == [
        """-H "Authorization: Bearer $MY_KEY" -H "x-tenant: $X_TENANT" -H "api-key: $API_KEY" -H 'x-ours: $HOME'""",
    ]
    basic = replace(request, headers=(("authorization", "Basic [key removed]"),))
    subject = replace(HOST, options=("--header=authorization: Basic $AUTHORIZATION", "--api-key-env=MY_KEY"))
    assert '-H "Authorization: Basic $AUTHORIZATION"' in curl(subject, basic)
    assert '"--header=authorization: Basic $AUTHORIZATION" --api-key-env=MY_KEY' in rerun(subject, "models/list/listed")


def test_curl_names_unusual_methods() -> None:
    assert curl(HOST, Request("other", "GET", "/x", (), b"")) == "curl -sS http://h/v1/x"
    assert curl(HOST, Request("other", "DELETE", "/x", (), b"")) == "curl -sS http://h/v1/x -X DELETE"


@pytest.mark.parametrize("body", [b'{"a":"\xe4\x80"}', '{"a":"\x85é\u200b \\n \\\\"}'.encode(), b"\xff\xfe{\x00", b'{"a":"it\'s\x7f"}'])
def test_curl_sends_bytes_that_cannot_be_shown(body: bytes) -> None:
    command = on_terminal(curl(HOST, Request("chat", "POST", "/chat/completions", (), body)))
    given = command[command.index("@<(") + 1 :]
    assert subprocess.run(["bash", "-c", f"cat {given}"], capture_output=True, check=True).stdout == body
