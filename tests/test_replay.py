"""The commands that a report prints: they run, and the endpoint answers them as it answered the case."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.checks import Reply
from harness.model import CaseResult, Exchange, Request, Subject
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.serve import KEY, Server
from harness.reporting.replay import replay
from harness.reporting.reproduce import curl
from harness.wire import MARK
from tests.inprocess import SUBJECT, judge


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The reference."""
    served = Server(App(answer))
    yield served
    served.close()


def played(catalog: Catalog, case: str) -> CaseResult:
    """A case, played with the reference."""
    return asyncio.run(judge(catalog, cases=[case])).results[0]


def shell(command: str, **variables: str) -> str:
    """What a command prints, run as a reader would."""
    if not shutil.which("jq") or not shutil.which("curl"):
        pytest.skip("curl or jq is not installed")
    done = subprocess.run(
        ["bash", "-euc", command],
        env={"PATH": "/usr/bin:/bin", "NO_PROXY": "*", **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def shape(value: Any) -> Any:
    """A value without what differs from reply to reply."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def values(exchange: Exchange) -> list[Any]:
    """The JSON values of a reply, by shape."""
    reply = Reply(exchange)
    return [shape(value) for _, value in reply.event_objects] if reply.is_event_stream else [shape(reply.parsed.value)]


def taking(catalog: Catalog) -> list[str]:
    """The cases in which a request takes something from an earlier reply."""
    return [case.id for case in catalog.cases.values() if "$from" in repr(case.steps)]


def test_printed_commands_are_answered_as_the_case_was(catalog: Catalog, server: Server) -> None:
    subject = replace(SUBJECT, base_url=server.base_url)
    tried = 0
    for case in ["chat/basics/short-reply", "chat-stream/basics/short-reply", *taking(catalog)]:
        result = played(catalog, case)
        exchange = [one for one in result.exchanges if not one.is_clean_up][-1]
        command = replay(catalog, subject, result, exchange)
        again = replace(exchange, body=shell(command, OPENAI_API_KEY=KEY).encode())
        assert values(again) == values(exchange), command
        tried += 1
    assert tried > 20


def test_values_of_earlier_replies_are_carried_by_the_shell(catalog: Catalog) -> None:
    result = played(catalog, "responses-store/continued/remembers")
    last = [exchange for exchange in result.exchanges if not exchange.is_clean_up][-1]
    command = replay(catalog, SUBJECT, result, last)
    assert "=$(curl " in command
    assert "| jq -r .id)" in command
    assert json.loads(result.exchanges[0].body)["id"] not in command


@pytest.mark.parametrize(
    ("header", "options", "shown"),
    [
        (("authorization", f"Bearer {MARK}"), (), '-H "Authorization: Bearer $OPENAI_API_KEY"'),
        (("authorization", f"Bearer {MARK}"), ("--api-key-env=MY_KEY",), '-H "Authorization: Bearer $MY_KEY"'),
        (("authorization", f"Basic {MARK}"), ("--header=authorization: Basic $AUTHORIZATION",), '-H "Authorization: Basic $AUTHORIZATION"'),
        (("api-key", MARK), ("--header=api-key: $API_KEY",), '-H "api-key: $API_KEY"'),
    ],
)
def test_key_comes_from_the_variable_and_under_the_scheme_of_the_user(
    header: tuple[str, str], options: tuple[str, ...], shown: str
) -> None:
    subject: Subject = replace(SUBJECT, options=options)
    assert shown in curl(subject, Request("chat", "POST", "/chat/completions", (header,), b"{}"))
