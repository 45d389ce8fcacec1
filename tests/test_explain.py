"""What a blocked team reads."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.explain import curl, failure, plain, worst_first
from harness.model import Request
from harness.pages import terminal
from tests.inprocess import SUBJECT, judge
from tests.mutants import MUTANTS

GOLDEN = Path(__file__).parent / "golden"
SHOWN = [
    "stream-without-done",
    "chunk-finish-omitted",
    "crash-on-broken-json",
    "chat-length-hidden",
    "byte-order-mark",
    "part-added-late",
    "store-claimed",
]


def steady(text: str) -> str:
    """A text without what differs from run to run."""
    text = re.sub(r"[0-9a-f]{32}", "0" * 32, text)
    return re.sub(r'("(?:created|created_at|completed_at)": ?)\d+', r"\g<1>0", text)


@pytest.mark.parametrize("name", SHOWN)
def test_failure_reads_as_agreed(name: str, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    judged = loop.run_until_complete(judge(catalog, mutant))
    result = next(result for result in judged.results if worst_first(result.findings))
    text = steady(failure(catalog, SUBJECT, result, worst_first(result.findings))) + "\n"
    summary = steady("\n".join(terminal.summary(catalog, SUBJECT, judged.verdict))) + "\n"
    compare(f"{name}.failure.txt", text)
    compare(f"{name}.summary.txt", summary)


def compare(name: str, text: str) -> None:
    """Hold a text against the agreed one; a missing one is written down, to be read and agreed."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was not there: read it, and commit it if it is right")
    assert text == path.read_text(encoding="utf-8")


def test_nothing_steers_the_terminal() -> None:
    assert plain("a\x1b[31mb\x07\u009b\ud800") == "a\\x1b[31mb\\x07\\x9b\\ud800"


def test_curl_takes_the_key_from_the_environment() -> None:
    request = Request("chat", "POST", "/chat/completions", (("authorization", "Bearer [key removed]"),), b'{"stream":true,"x":"it\'s"}')
    assert curl("http://h/v1", request) == (
        "curl -sSN http://h/v1/chat/completions \\\n"
        '  -H "Authorization: Bearer $OPENAI_API_KEY" \\\n'
        '  --data-binary \'{"stream":true,"x":"it\'"\'"\'s"}\''
    )


def test_curl_names_unusual_methods() -> None:
    assert curl("http://h/v1", Request("other", "GET", "/x", (), b"")) == "curl -sS http://h/v1/x"
    assert curl("http://h/v1", Request("other", "DELETE", "/x", (), b"")) == "curl -sS http://h/v1/x -X DELETE"
