"""Judging takes time and memory in proportion to a reply's size, and an excess is reported before it is built."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import Catalog
from harness.checks.reply import MOST_VALUES, TOO_MANY, Reply, parse_json
from harness.judging import Judge
from harness.model import Arrival, Exchange, Finding, Outcome, Request
from harness.wire import sse

HARNESS = Path(__file__).resolve().parent.parent / "harness"

SETTINGS = {"$model": "reference", "$completions_model": "reference", "$embeddings_model": "reference"}
CHAT = '{"id":"x","object":"chat.completion","created":1,"model":"reference","choices":[%s],"usage":null}'


def replied(body: str, kind: str = "application/json", path: str = "/chat/completions") -> Exchange:
    """A reply to a chat request, streamed where its kind is that of a stream, or a list of models."""
    asked = json.dumps({"model": "reference", "messages": [], "stream": "event" in kind}).encode() if path != "/models" else b""
    request = Request("chat" if asked else "models", "POST" if asked else "GET", path, (), asked, "success")
    content = body.encode()
    return Exchange("x", request, 200, (("content-type", kind),), content, (Arrival(0.1, len(content)),), time.time(), 0.2)


def streamed(body: str) -> Exchange:
    """A stream of events."""
    return replied(body, "text/event-stream")


def model(number: int) -> str:
    return f'{{"id":"m{number}","object":"model","created":1,"owned_by":"x"}}'


GROWING: dict[str, Callable[[int], Exchange]] = {
    "equal keys": lambda n: replied("{" + ",".join(['"a":1'] * n) + "}"),
    "models": lambda n: replied(f'{{"object":"list","data":[{",".join(map(model, range(n)))}]}}', path="/models"),
    "equal models": lambda n: replied(f'{{"object":"list","data":[{",".join([model(1)] * n)}]}}', path="/models"),
    "choices": lambda n: replied(CHAT % ",".join(["{}"] * (n // 5))),
    "events": lambda n: streamed("data:{}\n\n" * n),
    "events that fit no schema": lambda n: streamed('data: {"choices":[{"index":0}]}\n\n' * n),
    "comments": lambda n: streamed(":\n\n" * n),
    "lines of one event": lambda n: streamed("data: {}\n" * n + "\n"),
    "brackets": lambda n: replied("[" * n + "]" * n),
    "escaped quotes": lambda n: replied('{"a":["' + '\\"' * n),
}


@pytest.mark.parametrize("name", GROWING)
def test_time_grows_no_faster_than_the_reply(catalog: Catalog, name: str) -> None:
    """Ten times the reply takes at most some thirty times as long, where a quadratic step would take a hundred. CPU time, best of three."""
    judge = Judge(catalog, SETTINGS)
    judge.exchange(GROWING[name](10))

    def spent(size: int) -> float:
        times = []
        for _ in range(3):
            exchange = GROWING[name](size)
            began = time.thread_time()
            judge.exchange(exchange)
            times.append(time.thread_time() - began)
        return min(times)

    small = spent(200)
    assert spent(2000) < 30 * small + 0.02


def found(catalog: Catalog, exchange: Exchange) -> dict[str, Finding]:
    """What judging an exchange finds, by requirement."""
    return {finding.requirement: finding for finding in Judge(catalog, SETTINGS).exchange(exchange)}


@pytest.mark.parametrize(
    ("exchange", "says"),
    [
        (streamed("data: {}\n\n" * (sse.MOST_EVENTS + 1)), "too-large: more, which we do not read"),
        (streamed(":\n" * (sse.MOST_LINES + 1) + "data: {}\n\n"), "too-large: more, which we do not read"),
        (replied(CHAT % ",".join(["0"] * MOST_VALUES)), f"too-large: {TOO_MANY}"),
    ],
)
def test_too_much_is_told_and_not_built(catalog: Catalog, exchange: Exchange, says: str) -> None:
    whole = found(catalog, exchange)["http.reply-is-whole"]
    assert whole.outcome is Outcome.FAIL
    assert whole.problems[0].got == says


def test_what_is_just_enough_is_read() -> None:
    assert not Reply(streamed("data: {}\n\n" * sse.MOST_EVENTS)).stream.cut
    assert parse_json("[" + ",".join(["0"] * (MOST_VALUES - 1)) + "]").error is None
    assert parse_json("[" + ",".join(["0"] * (MOST_VALUES + 1)) + "]").error == TOO_MANY
    assert parse_json(json.dumps({"text": "[,{" * MOST_VALUES})).error is None, "what stands in strings does not count"


def test_repeated_members_are_named_once_each() -> None:
    assert parse_json('{"a":1,"b":{"c":1,"c":2},"a":3}').repeated == ("c", "a")
    assert parse_json('{"a":1}').repeated == ()


HARMLESS = ("_PLACEHOLDER", "_GIVEN", "_CUE")
"""Patterns that are matched at the start of a short text alone."""

LONG = ("a", "0", " ", "\n", '"', "'", "[", "a1-", "Aa0_", "ab ", "12, ", "<tool")


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """All regular expressions of our modules, by the place where they stand."""
    for path in sorted(HARNESS.rglob("*.py")):
        name = ".".join(path.relative_to(HARNESS.parent).with_suffix("").parts)
        if "re.compile" in path.read_text(encoding="utf-8") and "drivers" not in name:
            found = vars(import_module(name))
            yield from ((f"{name}.{key}", one) for key, one in found.items() if isinstance(one, re.Pattern) and key not in HARMLESS)


def test_no_pattern_is_quadratic() -> None:
    """A page of one letter, or of a few, is searched in an instant: what backtracks takes a second for it. CPU time, best of two."""
    slow = []
    for name, pattern in patterns():
        for part in LONG:
            text = part * (12_000 // len(part))
            given = text.encode() if isinstance(pattern.pattern, bytes) else text
            times = []
            for _ in range(2):
                began = time.thread_time()
                for _ in pattern.finditer(given):
                    pass
                times.append(time.thread_time() - began)
                if times[-1] < 0.1:
                    break
            slow += [f"{name} takes {min(times):.2f} s for {text[:10]!r}…"] if min(times) > 0.1 else []
    assert not slow
