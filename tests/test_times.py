"""Timings on the page: computed where times were recorded, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Arrival, CaseResult, Exchange, Finding, Json, Outcome, Request
from harness.reporting.html.times import brings_tokens, percentile, times

CHUNK = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
OPENING = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":20,"total_tokens":21}}\n\n'


def streamed(*gaps: float, started_at: float = 100.0) -> Exchange:
    """A stream of an opening, so many deltas, each after its gap, and the usage at once with the last."""
    pieces = [OPENING, *[CHUNK] * (len(gaps) - 1), USAGE]
    seconds, size, arrivals = 0.0, 0, []
    for gap, piece in zip((*gaps, 0.0), pieces, strict=True):
        seconds, size = seconds + gap, size + len(piece)
        arrivals.append(Arrival(seconds, size))
    request = Request("chat", "POST", "/chat/completions", (), b'{"stream":true}', "success")
    headers = (("content-type", "text/event-stream"),)
    return Exchange("e", request, 200, headers, b"".join(pieces), tuple(arrivals), started_at, seconds)


def played(case: str, *exchanges: Exchange) -> CaseResult:
    """A case that was met with these exchanges."""
    return CaseResult(case, exchanges, (Finding(case, "sse.utf8", Outcome.PASS),))


def told(*exchanges: Exchange) -> dict[str, tuple[int, list[str], str]]:
    """Number, percentiles and slowest of each measurement."""
    found = times([played(f"a/b/{number}", exchange) for number, exchange in enumerate(exchanges)])
    return {row.what: (row.number, list(row.percentiles), f"{row.extreme} {row.case}") for row in found.rows}


def test_stream_is_measured_from_its_deltas() -> None:
    assert told(streamed(0.1, 0.2, 0.1, 0.3), streamed(1.0, 0.1, 0.1, 0.1)) == {
        "first byte": (2, ["100 ms", "1.00 s", "1.00 s"], "1.00 s a/b/1"),
        "first token": (2, ["300 ms", "1.10 s", "1.10 s"], "1.10 s a/b/1"),
        "gap between deltas": (4, ["100 ms", "300 ms", "300 ms"], "300 ms a/b/0"),
        "tokens a second": (2, ["100/s", "50/s", "50/s"], "50/s a/b/0"),
        "whole reply": (2, ["700 ms", "1.30 s", "1.30 s"], "1.30 s a/b/1"),
    }


def test_what_was_refused_or_cut_tells_no_times() -> None:
    refused = replace(streamed(0.1, 0.1), status=400)
    assert told(refused) == {}
    assert times([]).timeline is None


def test_requests_in_flight_together_stand_in_lanes() -> None:
    first, second, third = (streamed(1.0, started_at=at) for at in (100.0, 100.5, 101.5))
    shown = times([played("a/b/c", third, first, second)]).timeline
    assert shown is not None
    assert (shown.lanes, shown.seconds) == (2, 2.5)
    assert [(bar.x, bar.y, bar.width) for bar in shown.bars] == [(0, 0, 400), (200, 10, 400), (600, 0, 400)]


def test_slowest_come_first() -> None:
    results = [played(f"a/b/{n}", streamed(n / 10, started_at=100.0 + n)) for n in range(1, 20)]
    assert [one.case for one in times(results).slowest] == [f"a/b/{n}" for n in range(19, 9, -1)]


@pytest.mark.parametrize(
    ("value", "brings"),
    [
        ({"choices": [{"delta": {"content": "x"}}]}, True),
        ({"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}, True),
        ({"choices": [{"text": "x"}]}, True),
        ({"type": "response.output_text.delta", "delta": "x"}, True),
        ({"choices": [{"delta": {"role": "assistant", "content": ""}}]}, False),
        ({"choices": []}, False),
        ({"type": "response.created"}, False),
        ({"choices": ["x", None, {"delta": 7}]}, False),
        ({"choices": 7}, False),
        (["x"], False),
        (None, False),
    ],
)
def test_events_that_bring_tokens(value: Json, *, brings: bool) -> None:
    assert brings_tokens(value) is brings


def test_percentile_is_a_value_that_was_measured() -> None:
    assert [percentile(range(1, 101), number) for number in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7.0], 99) == 7.0
