"""A record is read as it was written, and any other file is refused."""

from __future__ import annotations

import dataclasses
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Arrival, Blame, CaseResult, Exchange, Finding, Outcome, Problem, Request, RetriedAttempt, TransportFailure
from harness.records.run_record import RecordError, RecordWriter, read_record, result_from_json, result_to_json
from harness.wire.redaction import Scrubber
from tests.records import FOOTER, HEADER

TEXT = st.text(max_size=12)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
SECONDS = st.integers(0, 10**6).map(lambda n: n / 1000)
EXCHANGES = st.builds(
    Exchange,
    id=TEXT,
    request=st.builds(
        Request, endpoint=TEXT, method=TEXT, path=TEXT, headers=HEADERS, body=st.binary(max_size=20), wants=st.just("either")
    ),
    status=st.none() | st.integers(100, 599),
    headers=HEADERS,
    body=st.binary(max_size=30),
    arrivals=st.lists(st.builds(Arrival, SECONDS, st.integers(0, 99)), max_size=3).map(tuple),
    started_at=st.none() | SECONDS,
    seconds=SECONDS,
    trouble=st.none() | st.builds(TransportFailure, TEXT, TEXT),
    attempts=st.lists(st.builds(RetriedAttempt, st.integers(100, 599), st.none() | TEXT, SECONDS), max_size=2).map(tuple),
)
FINDINGS = st.builds(
    Finding,
    case=TEXT,
    requirement=TEXT,
    outcome=st.sampled_from(Outcome),
    problems=st.lists(st.builds(Problem, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    exchanges=st.lists(TEXT, max_size=2).map(tuple),
    reason=TEXT,
    fault=st.none() | st.sampled_from(Blame),
)
RESULTS = st.builds(
    CaseResult,
    case=TEXT,
    exchanges=st.lists(EXCHANGES, max_size=2).map(tuple),
    findings=st.lists(FINDINGS, min_size=1, max_size=2).map(tuple),
)


@given(st.lists(RESULTS, max_size=3))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(results: list[CaseResult]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        with RecordWriter(path, Scrubber()) as writer:
            writer.header(HEADER)
            for result in results:
                writer.result(result)
            writer.footer(FOOTER)
        record = read_record(path)
    assert list(record.results) == results
    assert (record.header, record.footer) == ({"format": 1, **HEADER}, FOOTER)


def write(path: Path, *lines: dict[str, Any]) -> Path:
    """A file with these lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


GOOD_HEADER = {"kind": "header", "format": 1, **HEADER}
RESULT = {"kind": "result", "case": "a/b", "exchanges": [], "findings": [dataclasses.asdict(Finding("a/b", "c.d", Outcome.PASS))]}


def test_record_without_footer_is_of_a_run_that_was_cut_off(tmp_path: Path) -> None:
    assert read_record(write(tmp_path / "run.jsonl", GOOD_HEADER)).footer is None


def test_packed_record_is_read_within_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "run.jsonl", GOOD_HEADER, RESULT)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert len(read_record(path).results) == 1
    monkeypatch.setattr("harness.records.content.LIMIT", 100)
    with pytest.raises(RecordError, match=r"run.jsonl: cannot be read .* more than 100 bytes"):
        read_record(path)


def test_last_line_that_was_cut_off_loses_nothing_before_it(tmp_path: Path) -> None:
    path = write(tmp_path / "run.jsonl", GOOD_HEADER, RESULT, RESULT)
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    record = read_record(path)
    assert (len(record.results), record.footer) == (1, None)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "has no header"),
        ([{}], "run.jsonl:1: not a line of a run record: /kind is missing"),
        ([{**GOOD_HEADER, "format": 99}], "run.jsonl:1: not a line of a run record: /format: expected 1, got 99"),
        ([{k: v for k, v in GOOD_HEADER.items() if k != "spec"}], "run.jsonl:1: .* /spec is missing"),
        ([RESULT], "run.jsonl:1: a result is out of place"),
        ([GOOD_HEADER, GOOD_HEADER], "run.jsonl:2: a header is out of place"),
        ([GOOD_HEADER, {"kind": "footer", **FOOTER}, RESULT], "run.jsonl:3: a result is out of place"),
        ([GOOD_HEADER, {"kind": "result"}], "run.jsonl:2: not a line"),
        ([GOOD_HEADER, {**RESULT, "more": 1}], "run.jsonl:2: not a line"),
    ],
)
def test_file_that_is_no_record_is_refused(tmp_path: Path, lines: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(RecordError, match=says):
        read_record(write(tmp_path / "run.jsonl", *lines))


def test_file_that_is_no_json_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text("{\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"run\.jsonl:1: not a line of a run record"):
        read_record(tmp_path / "run.jsonl")
    with pytest.raises(RecordError, match="cannot be read"):
        read_record(tmp_path / "none.jsonl")


def test_secrets_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with RecordWriter(path, Scrubber(["sk-0123456789abcdef"])) as writer:
        writer.header({"command": "pytest --header 'x: sk-0123456789abcdef'"})
    assert "sk-0123456789abcdef" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("outcome", "reason", "fault"),
    [
        (Outcome.ERROR, "our own request failed", Blame.OURS),
        (Outcome.ERROR, "the endpoint gave no answer", Blame.THEIRS),
        (Outcome.INCONCLUSIVE, "our own words in a reply", None),
    ],
)
def test_record_from_before_errors_told_whose_fault_they_are_is_read(outcome: Outcome, reason: str, fault: Blame | None) -> None:
    written = result_to_json(CaseResult("c", (), (Finding("c", "sse.utf8", outcome, reason=reason),)))
    del written["findings"][0]["fault"]
    assert [finding.fault for finding in result_from_json(written).findings] == [fault]
