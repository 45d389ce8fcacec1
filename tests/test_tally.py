"""Recordings are counted exactly in constant memory: the counts of two halves are the counts of the whole."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog import Catalog
from harness.checks import Reply
from harness.model import Finding, Outcome, Problem
from harness.records import RecordingTerms, judge_files
from harness.records.audit.files import BLOCK
from harness.records.exchange_judging import ExchangeJudge, tally_by_host
from harness.records.forms import OTHER_PATHS, opened
from harness.records.forms import REASONS as REASONS_LEFT_OUT
from harness.records.line_files import lines_of
from harness.records.recorded import UnreadableError
from harness.records.tally import KEPT, REASONS, OutcomeCounts, Tally
from tests.test_recording_forms import FORMS

MISSED = (Problem("/id", "a text", "absent"),)


def finding(number: int, outcome: Outcome, reason: str = "") -> Finding:
    problems = MISSED if outcome in (Outcome.FAIL, Outcome.NOTE) else ()
    return Finding(f"r{number}", "chat.object-shape", outcome, problems, (f"r{number}",), reason)


def counted(findings: Iterator[tuple[int, Finding]]) -> OutcomeCounts:
    counts = OutcomeCounts()
    for number, one in findings:
        counts.add(number, one)
    return counts


def drawn(number: int) -> Iterator[tuple[int, Finding]]:
    """Findings of which each third fails, and some are undecided for reasons of their own."""
    for n in range(number):
        yield n, finding(n, (Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE)[n % 3], f"reason {n}" if n % 3 == 2 else "")


def test_halves_make_the_whole() -> None:
    whole = counted(drawn(4 * KEPT))
    for others in (range(0, 4 * KEPT, 2), range(KEPT), range(KEPT, 4 * KEPT)):
        some = counted((n, one) for n, one in drawn(4 * KEPT) if n not in others)
        some.merge(counted((n, one) for n, one in drawn(4 * KEPT) if n in others))
        assert (some.judged, some.missed, some.findings) == (whole.judged, whole.missed, whole.findings)


def test_counts_are_exact_and_what_is_kept_is_bounded() -> None:
    counts = counted(drawn(6 * KEPT))
    assert (counts.judged, counts.missed) == (4 * KEPT, 2 * KEPT)
    assert len(counts.findings) <= KEPT + REASONS + len(Outcome)


def test_a_late_failure_is_kept() -> None:
    counts = counted((n, finding(n, Outcome.NOTE if n <= KEPT else Outcome.FAIL)) for n in range(KEPT + 2))
    assert counts.findings[-1].outcome is Outcome.FAIL


def test_only_what_is_kept_has_a_place() -> None:
    tally = Tally()
    for n in range(2 * KEPT):
        tally.add(n, f"file:{n}", [finding(n, Outcome.FAIL)])
    assert len(tally.places) == KEPT
    assert (tally.exchanges, tally.judged) == (2 * KEPT, 2 * KEPT)


def line(name: str, status: int = 200, path: str = "/v1/chat/completions", text: str = "{}") -> str:
    return json.dumps(
        {"id": name, "host": "h.test", "method": "POST", "path": path, "request": {"model": "m"}, "status": status, "text": text}
    )


def test_an_endpoint_counts_from_the_first_as_soon_as_it_is_there(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "some.jsonl"
    missing = [line(f"a{n}", 404, text="no") for n in range(3)]
    path.write_text("\n".join(missing), encoding="utf-8")
    seen = tally_by_host(catalog, opened(path).exchanges)["h.test"]
    assert seen.tally.exchanges == 0
    assert dict(seen.left_out) == {"the endpoint chat is not offered (status 404)": 3}
    path.write_text("\n".join([*missing, line("b")]), encoding="utf-8")
    seen = tally_by_host(catalog, opened(path).exchanges)["h.test"]
    assert seen.tally.exchanges == 4
    assert not seen.left_out
    shown = [[one.case for one in counts.findings if one.problems] for counts in seen.tally.requirements.values()]
    assert ["a0", "a1", "a2"] in shown


def test_findings_are_those_of_single_exchanges(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(line(f"r{n}", text='{"id": 1}') for n in range(20)), encoding="utf-8")
    judge, missed = ExchangeJudge(catalog), 0
    for recorded in opened(path).exchanges:
        missed += sum(bool(one.problems) for one in judge.findings(recorded, Reply(recorded.exchange)))
    seen = tally_by_host(catalog, opened(path).exchanges)["h.test"]
    assert sum(counts.missed for counts in seen.tally.requirements.values()) == missed > 0


def test_lines_come_with_number_and_place(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbfone\n\n" + b"x" * 50 + b"\nlast"
    plain, packed = tmp_path / "a", tmp_path / "b.gz"
    plain.write_bytes(raw)
    packed.write_bytes(gzip.compress(raw))
    for path in (plain, packed):
        found = list(lines_of(path, longest=10))
        assert [(one.number, one.start, one.is_whole) for one in found] == [(1, 0, True), (2, 7, True), (3, 8, False), (4, 59, False)]
        assert [one.raw for one in found] == [b"one\n", b"\n", b"x" * 11, b"last"]


def test_a_bad_line_ends_the_reading_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(f"{line('a')}\n{{\n{line('b')}\n", encoding="utf-8")
    exchanges = opened(path).exchanges
    assert next(exchanges).exchange.id == "a"
    with pytest.raises(UnreadableError, match=r"some\.jsonl:2: not JSON"):
        next(exchanges)
    with pytest.raises(UnreadableError):
        list(judge_files([path], RecordingTerms()))


def test_paths_without_end_are_counted_together(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(line(f"r{n}", path=f"/v1/things/{n}") for n in range(500)), encoding="utf-8")
    source = opened(path)
    assert list(source.exchanges) == []
    assert source.left_out[OTHER_PATHS] == 500 - REASONS_LEFT_OUT
    assert source.left_out.total() == 500


@pytest.mark.parametrize("form", ["har", "vcr-ruby"])
def test_memory_does_not_grow_with_the_entries_of_a_document(tmp_path: Path, form: str) -> None:
    document = json.loads(FORMS[form])
    listed = document["log"]["entries"] if form == "har" else document["http_interactions"]

    def peak(number: int) -> int:
        path = tmp_path / f"{number}.json"
        holder = {"log": {"entries": listed * number}} if form == "har" else {"http_interactions": listed * number}
        path.write_text(json.dumps(holder, indent=1), encoding="utf-8")
        tracemalloc.start()
        assert sum(1 for _ in opened(path).exchanges) == number
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few, many = peak(100), peak(1_000)
    assert many < 2 * few + BLOCK
