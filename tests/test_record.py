"""A record is read as it was written, and a file that is none is told so."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Arrival, Attempt, CaseResult, Exchange, Finding, Outcome, Problem, Request, Trouble
from harness.record import RecordError, RecordWriter, read_record
from harness.secrets import Scrubber

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
    trouble=st.none() | st.builds(Trouble, TEXT, TEXT),
    attempts=st.lists(st.builds(Attempt, st.integers(100, 599), st.none() | TEXT, SECONDS), max_size=2).map(tuple),
)
FINDINGS = st.builds(
    Finding,
    case=TEXT,
    requirement=TEXT,
    outcome=st.sampled_from(Outcome),
    problems=st.lists(st.builds(Problem, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    exchanges=st.lists(TEXT, max_size=2).map(tuple),
    reason=TEXT,
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
            writer.header({"subject": "x"})
            for result in results:
                writer.result(result)
            writer.footer({"code": 0})
        record = read_record(path)
    assert list(record.results) == results
    assert (record.header["subject"], record.footer) == ("x", {"code": 0})


def test_record_without_footer_is_of_a_run_that_was_cut_off(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path / "run.jsonl", Scrubber())
    writer.header({})
    assert read_record(tmp_path / "run.jsonl").footer is None
    writer.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no header"),
        ("{", "run.jsonl:1: not a line of a run record"),
        ('{"kind":"header","format":99}', "run.jsonl:1: no 'header' line of format 1"),
        ('{"kind":"header","format":1}\n{"kind":"result"}', "run.jsonl:2: not a line"),
        ('{"kind":"header","format":1}\n[]', "run.jsonl:2: not a line"),
    ],
)
def test_file_that_is_no_record_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=says):
        read_record(path)


def test_secrets_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with RecordWriter(path, Scrubber(["sk-0123456789abcdef"])) as writer:
        writer.header({"command": "pytest --header 'x: sk-0123456789abcdef'"})
    assert "sk-0123456789abcdef" not in path.read_text(encoding="utf-8")
