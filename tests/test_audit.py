"""An audit counts exactly, whatever the order and the parts it is read in, keeps no people's texts, and stops at nothing."""

from __future__ import annotations

import gc
import gzip
import json
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.judging import Exit
from harness.records import Audit, AuditTerms, audited
from harness.records.audit import auditing, entries
from harness.records.audit.bounded import Bounded, Number
from harness.records.audit.codec import decoded, encoded
from harness.records.audit.tally import AuditTally
from harness.records.audit.work import FileSpan, judge_part
from harness.records.recorded import UnreadableError
from tests import traffic
from tests.test_recording_forms import line

SHARES = {"no-object": 0.05, "no-done": 0.1, "wrong-sum": 0.02, traffic.REPEATED: 0.3}
NUMBER = 300


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, traffic.Traffic]:
    """A log with sown faults."""
    path = tmp_path_factory.mktemp("traffic") / "log.jsonl"
    return path, traffic.write(path, NUMBER, shares=SHARES)


@pytest.fixture(scope="module")
def report(log: tuple[Path, traffic.Traffic]) -> dict[str, Any]:
    """Its report, made in one part."""
    return audited(Audit([str(log[0])]))


def missed(report: dict[str, Any]) -> dict[str, int]:
    """How often each requirement was missed."""
    return {one["id"]: one["missed"] for one in report["requirements"] if one["missed"]}


def test_sown_faults_are_counted_exactly(log: tuple[Path, traffic.Traffic], report: dict[str, Any]) -> None:
    sown = {requirement: log[1].faults[name] for name, (_, requirement, _) in traffic.FAULTS.items()}
    assert missed(report) == sown
    assert all(sown.values())
    assert (report["exchanges"], report["entries"], report["code"]) == (NUMBER, NUMBER, Exit.UNMET)
    one = next(one for one in report["requirements"] if one["id"] == "chat.object-shape")
    for dimension in ("model", "host", "route", "hour"):
        groups = one["by"][dimension]
        assert sum(group["missed"] for group in groups["groups"]) + groups["other"]["missed"] == sown["chat.object-shape"]


def test_what_only_many_exchanges_show_is_found(log: tuple[Path, traffic.Traffic], report: dict[str, Any]) -> None:
    across = report["across"]
    assert sum(one["replies"] for one in across["ids"]) == log[1].faults[traffic.REPEATED]
    assert {one["repeated"] for one in across["ids"]} == {0, traffic.SAME}
    assert {(one["host"], one["model"], one["member"]) for one in across["never_varying"]} == {(*traffic.STUCK, "prompt_tokens")}
    statuses = [sum(one["status"].values()) for one in across["shares"]]
    assert sum(statuses) == NUMBER
    assert sum(one["exchanges"] for one in across["days"]) == NUMBER


def test_a_day_that_differs_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = []
    for day in range(3):
        for n in range(120):
            told = {**traffic.samples()["chat"], "host": "h.test", "started_at": traffic.STARTED + day * traffic.DAY + n}
            lines.append({**told, "status": 500, "text": "{}"} if day == 2 and n % 2 else told)
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    drift = audited(Audit([str(path)]))["across"]["drift"]
    found = {(one["day"], one["here"], one["other_days"]) for one in drift if one["measure"] == "failed"}
    assert ("2026-11-20", 0.5, 0.0) in found


@pytest.mark.parametrize("part", [10_000, 123_457])
def test_the_report_is_the_same_for_parts_of_any_size(log: tuple[Path, traffic.Traffic], report: dict[str, Any], part: int) -> None:
    assert audited(Audit([str(log[0])], part=part)) == report


def test_the_report_is_the_same_for_two_processes(log: tuple[Path, traffic.Traffic], report: dict[str, Any]) -> None:
    """Starting processes takes three seconds; nothing else shows that what they send back is whole."""
    assert audited(Audit([str(log[0])], part=300_000, workers=2)) == report


def test_a_packed_log_counts_like_a_plain_one(tmp_path: Path, log: tuple[Path, traffic.Traffic], report: dict[str, Any]) -> None:
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(log[0].read_bytes(), 1))
    assert missed(audited(Audit([str(packed)]))) == missed(report)


def test_no_texts_of_people_are_kept_unless_asked_for(log: tuple[Path, traffic.Traffic], report: dict[str, Any]) -> None:
    assert traffic.MARKER not in json.dumps(report)
    kept = json.dumps(audited(Audit([str(log[0])], AuditTerms(keep_texts=True))))
    assert traffic.MARKER in kept


def test_examples_are_the_first_and_some_that_the_seed_draws(log: tuple[Path, traffic.Traffic], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(log[0].parent)  # what is drawn depends on the file's name

    def places(told: dict[str, Any]) -> list[str]:
        one = next(one for one in told["requirements"] if one["id"] == "chat.object-shape")
        return [example["place"] for way in one["ways"] for example in way["examples"]]

    lines = log[0].read_text(encoding="utf-8").splitlines()
    faulty = [
        number for number, told in enumerate(map(json.loads, lines), 1) if '"choices"' in told["text"] and '"object"' not in told["text"]
    ]
    shown = places(audited(Audit([log[0].name])))
    assert shown[0] == f"{log[0].name}:{faulty[0]}"
    assert len(shown) == 3
    assert {int(place.rpartition(":")[2]) for place in shown} <= {*faulty}
    assert places(audited(Audit([log[0].name], AuditTerms(seed=5))))[1:] != shown[1:]


def test_a_fault_of_ours_ends_no_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line(id=name)) + "\n" for name in ("a", "b", "c")), encoding="utf-8")

    def failing(entry: Any, *others: Any) -> Any:
        if entry["id"] == "b":
            raise RuntimeError("a text of people")
        return entries.exchange_of(entry, *others)

    monkeypatch.setattr("harness.records.audit.work.exchange_of", failing)
    report = audited(Audit([str(path)]))
    assert report["exchanges"] == 2
    assert report["our_errors"] == {"RuntimeError": {"count": 1, "examples": [{"place": f"{path}:2"}]}}


def test_what_a_part_took_is_given_back_at_once(log: tuple[Path, traffic.Traffic]) -> None:
    """The collector runs seldom, so that nothing may refer to itself: each part would stay until then."""
    collects = gc.isenabled()
    gc.disable()
    try:
        result = judge_part((FileSpan(str(log[0]), 0, 100_000, 100_000),), AuditTerms())
        seen = weakref.ref(result.tally)
        del result
        assert seen() is None
    finally:
        if collects:
            gc.enable()


# Sums


@pytest.fixture(scope="module")
def tallies(log: tuple[Path, traffic.Traffic]) -> list[str]:
    """The sums of six stretches of the log, as JSON."""
    size = log[0].stat().st_size
    step = size // 6 + 1
    spans = [FileSpan(str(log[0]), at, min(at + step, size), step) for at in range(0, size, step)]
    return [json.dumps(encoded(judge_part((span,), AuditTerms()).tally)) for span in spans]


def added(told: list[AuditTally]) -> AuditTally:
    """The sum, from left to right."""
    first, *others = told
    for other in others:
        first.merge(other)
    return first


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_tallies_add_up_in_any_order_and_grouping(tallies: list[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(tallies))))
    cut = data.draw(st.integers(1, len(tallies) - 1))
    read = [decoded(json.loads(tallies[number])) for number in order]
    left, right = added(read[:cut]), added(read[cut:])
    right.merge(left)
    assert encoded(right) == encoded(added([decoded(json.loads(one)) for one in tallies]))


@settings(max_examples=200, deadline=None)
@given(
    seen=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 3)), max_size=60),
    most=st.integers(0, 6),
    ways=st.lists(st.integers(0, 2), min_size=60, max_size=60),
)
def test_a_bounded_table_holds_the_same_keys_with_exact_sums_for_any_partition(
    seen: list[tuple[int, int]], most: int, ways: list[int]
) -> None:
    parts = [Bounded(most, Number) for _ in range(3)]
    whole = Bounded(most, Number)
    for (key, number), way in zip(seen, ways, strict=False):
        parts[way].at((key,)).value += number
        whole.at((key,)).value += number
    parts[2].merge(parts[0])
    parts[2].merge(parts[1])
    found = {key: number.value for key, number in parts[2].items()}
    assert found == {key: number.value for key, number in whole.items()}
    assert len(found) == min(most, len({key for key, _ in seen}))
    assert all(value == sum(number for key, number in seen if (key,) == kept) for kept, value in found.items())
    assert parts[2].rest.value == whole.rest.value == sum(number for _, number in seen) - sum(found.values())


def test_what_exceeds_the_bounds_is_counted_as_other(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        "".join(json.dumps(line(request={"model": f"m{n}", "messages": []}, json={})) + "\n" for n in range(600)), encoding="utf-8"
    )
    groups = audited(Audit([str(path)]))["groups"]["model"]
    assert len(groups["groups"]) == groups["most"] == 512
    assert groups["other"] == 88


# The whole command


def test_an_endpoint_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    def told(host: str, status: int, text: str) -> dict[str, Any]:
        plain = {name: value for name, value in line(host=host, status=status).items() if name != "json"}
        return {**plain, "text": text}

    path = tmp_path / "log.jsonl"
    lines = [told("none.test", 404, "no"), told("some.test", 404, "no"), told("some.test", 200, "{}"), told("none.test", 404, "no")]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    report = audited(Audit([str(path)], part=150))
    assert report["exchanges"] == 2
    assert report["left_out"] == {"none.test does not offer the endpoint chat": 2}


def test_an_interrupted_audit_goes_on_from_its_checkpoint(
    tmp_path: Path, log: tuple[Path, traffic.Traffic], report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = Audit([str(log[0])], checkpoint=tmp_path / "kept.json", part=100_000)
    asked: list[int] = []

    def until_interrupted(parts: Any, *others: Any) -> Iterator[Any]:
        for number, (at, part) in enumerate(parts):
            if number == 4:
                raise KeyboardInterrupt
            asked.append(at)
            yield at, judge_part(part, audit.terms)

    with monkeypatch.context() as patch:
        patch.setattr(auditing, "judged", until_interrupted)
        with pytest.raises(KeyboardInterrupt):
            audited(audit)
    seen: list[float] = []
    assert audited(audit, lambda progress: seen.append(progress.octets)) == report
    assert len(asked) == 4
    assert len(seen) == log[0].stat().st_size // 100_000 + 1 - 4
    with pytest.raises(UnreadableError, match="belongs to an audit of other files"):
        audited(replace(audit, terms=AuditTerms(seed=2)))


@pytest.mark.parametrize("text", ["", "[]", '{"plan": 1}', '{"plan": "x", "done": []}'])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, log: tuple[Path, traffic.Traffic], text: str) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableError, match="--checkpoint"):
        audited(Audit([str(log[0])], checkpoint=kept))
    assert kept.read_text(encoding="utf-8") == text


def test_the_command_tells_what_it_found(tmp_path: Path, log: tuple[Path, traffic.Traffic], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(log[0]), f"--report-dir={tmp_path / 'out'}"]) == Exit.UNMET
    said = capsys.readouterr().out
    sown = log[1].faults["no-object"]
    assert f"✗ chat.object-shape  MUST  not met in {sown} of {log[1].kinds['chat']} exchanges" in said
    assert "b.test, large, chat: prompt_tokens was 7 in all" in said
    assert f": {traffic.SAME} ids of " in said
    assert said.endswith(f"not conformant: 3 MUST not met in {NUMBER} recorded exchanges\n")
    assert missed(json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8")))["chat.object-shape"] == sown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no-such-file"], "no-such-file: cannot be read (No such file or directory)."),
        (["no-such-*"], "no-such-*: there is no such file."),
        (["x", "--workers=0"], "'0' is no number from 1 to 1,000"),
        (["x", "--profile=nobodys"], "nobodys"),
    ],
)
def test_wrong_words_are_refused(capsys: pytest.CaptureFixture[str], words: list[str], says: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", *words])
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert says in capsys.readouterr().err
