"""An audit counts exactly, whatever the order and the parts it is read in, keeps no people's texts, and stops at nothing."""

from __future__ import annotations

import gc
import gzip
import json
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.judging import Exit
from harness.records import Audit, AuditTerms, audited
from harness.records.audit import auditing, documents, entries, files
from harness.records.audit.bounded import Bounded, Number
from harness.records.audit.codec import decoded, encoded
from harness.records.audit.files import Raw
from harness.records.audit.tally import AuditTally
from harness.records.audit.work import FileSpan, judge_part
from harness.records.recorded import UnreadableError
from harness.reporting import audit_page, audit_text
from tests import traffic
from tests.test_recording_forms import FORMS, line

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


RICH: dict[str, tuple[str, dict[str, Any]]] = {
    **traffic.ASKED,
    "tools": (
        "/chat/completions",
        {
            "model": "reference",
            "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
            "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}],
            "tool_choice": "required",
        },
    ),
    "response": ("/responses", {"model": "reference", "input": "Say hi.", "instructions": "Be kind.", "metadata": {"a": "b"}}),
    "response-stream": ("/responses", {"model": "reference", "input": "Say hi.", "stream": True}),
}


def texts_with_injections(text: str) -> Iterator[str]:
    """The body of a reply with the marker at each place in turn."""
    if not text.startswith(("data:", "event:")):
        yield from map(json.dumps, traffic.injected(json.loads(text)))
    else:
        events = text.split("\n\n")
        for at, event in enumerate(events[:4]):
            head, data, payload = event.partition("data: ")
            if payload.startswith("{"):
                for changed in traffic.injected(json.loads(payload)):
                    yield "\n\n".join([*events[:at], f"{head}{data}{json.dumps(changed)}", *events[at + 1 :]])
    yield f"{traffic.MARKER} {text}"


@pytest.mark.parametrize("kind", RICH)
def test_whatever_is_wrong_quotes_nobody(kind: str, tmp_path: Path) -> None:
    """Every member of a reply is spoiled in turn, so that each check that looks at it tells what it got."""
    line = {**traffic.sample(*RICH[kind]), "host": "h.test"}
    path = tmp_path / "log.jsonl"
    lines = [{**line, "text": text} for text in texts_with_injections(line["text"])]
    requests = [
        {**line, "request": changed} for changed in traffic.injected(line["request"]) if changed.get("model") == line["request"]["model"]
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in [*lines, *requests]), encoding="utf-8")
    report = audited(Audit([str(path)]))
    told = json.dumps(report) + audit_text.text(report) + str(audit_page.page(report))
    assert report["exchanges"] == len(lines) + len(requests)
    assert sum(one["missed"] > 0 for one in report["requirements"]) > 3
    assert traffic.MARKER not in told
    assert str(traffic.TELEPHONE) not in told


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


# What a file may hold


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(tmp_path: Path, form: str) -> None:
    path = tmp_path / "recording"
    path.write_text(FORMS[form], encoding="utf-8")
    report = audited(Audit([str(path)]))
    assert (report["exchanges"], report["bad"]["count"], report["left_out"]) == (1, 0, {})
    assert [one["name"] for one in report["groups"]["host"]["groups"]] == ["host.test"]
    assert [one["name"] for one in report["groups"]["model"]["groups"]] == ["m"]


HOSTILE = {
    b"\x00\xff\xfe binary": "it is not text in UTF-8",
    b"[" * 100_000: "it is not JSON (nested deeper than 128 levels, which we do not read)",
    b'{"a": NaN}': "it is not JSON (NaN is not JSON)",
    b"[1]": "it is JSON, but not an object",
    b'{"who": "knows"}': "it has no form that we know",
    b'{"method": 1, "path": 2, "status": 3}': "it is not shaped as its form says, at /host",
    b'{"host": "h", "method": "POST", "path": "/v1/chat/completions", "status": 200, "': "it is not JSON (Unterminated string starting at)",
}


def test_bad_entries_are_counted_told_and_stop_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    good = json.dumps(line()).encode()
    path.write_bytes(b"\n".join([good, *HOSTILE, b"", good]))
    report = audited(Audit([str(path)]))
    assert report["exchanges"] == 2
    assert report["bad"]["count"] == len(HOSTILE)
    told = {int(one["place"].rpartition(":")[2]): one["reason"] for one in report["bad"]["first"]}
    assert [told[number] for number in range(2, 9)] == [*HOSTILE.values()]


def test_of_many_bad_entries_the_first_ten_are_told(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("no\n" * 50, encoding="utf-8")
    report = audited(Audit([str(path)], part=20))
    assert report["bad"]["count"] == 50
    assert [one["place"] for one in report["bad"]["first"]] == [f"{path}:{number}" for number in range(1, 11)]
    assert report["code"] == Exit.NOTHING_JUDGED


@pytest.mark.parametrize("part", [100, 1_000_000])
def test_a_line_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(files.lines, "__defaults__", (0, None, 2_000))
    path = tmp_path / "log.jsonl"
    good = json.dumps(line())
    path.write_text(f"{good}\n{'x' * 5_000_000}\n{good}\n", encoding="utf-8")
    report = audited(Audit([str(path)], part=part * 100))
    assert (report["exchanges"], report["bad"]["first"]) == (2, [{"place": f"{path}:2", "reason": "it is too long to read"}])


def test_parts_within_one_long_line_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    size = 64 * files.BLOCK
    path.write_bytes(b"x" * size + b"\n{}\n")
    read = 0
    for start in range(0, size, 4 * files.BLOCK):
        with files.opened(str(path)) as file:
            found = list(files.lines(file, start, start + 4 * files.BLOCK, 1_000))
            read += file.tell() - start
        assert [one.start for one in found] == ([0] if start == 0 else [])
    assert read <= 2 * size


@pytest.mark.parametrize(("cut", "reason"), [(-20, "the file is cut off"), (None, "the file cannot be decompressed")])
def test_a_broken_file_is_told_and_stops_nothing(tmp_path: Path, cut: int | None, reason: str) -> None:
    packed = gzip.compress("".join(json.dumps(line(id=f"r{n}")) + "\n" for n in range(900)).encode())
    broken = packed[:cut] if cut else packed[:2_000] + bytes(500) + packed[2_500:]
    (tmp_path / "a.gz").write_bytes(broken)
    (tmp_path / "b.jsonl").write_text(json.dumps(line()), encoding="utf-8")
    report = audited(Audit([str(tmp_path)]))
    assert report["exchanges"] >= 1
    assert reason in {one["reason"] for one in report["bad"]["first"]}


documents_of = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text('[]{}",:\\\n aé', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}",:\\e', max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=st.lists(st.dictionaries(st.text('ab"\\', max_size=3), documents_of, max_size=3), max_size=4),
    before=documents_of,
    block=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    wrapped=st.booleans(),
)
def test_a_document_is_cut_into_its_entries(
    tmp_path_factory: pytest.TempPathFactory, held: list[Any], before: Any, block: int, indent: int | None, wrapped: bool
) -> None:
    text = json.dumps({"log": {"comment": before, "entries": held, "after": before}} if wrapped else held, indent=indent)
    path = tmp_path_factory.getbasetemp() / "document.json"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, files.opened(str(path)) as file:
        patch.setattr(documents, "BLOCK", block)
        found: list[Raw] = list(documents.entries(file))
    assert [json.loads(one.octets or b"") for one in found] == held
    octets = text.encode()
    assert all(octets[one.start : one.start + 1] == b"{" and octets.count(b"\n", 0, one.start) + 1 == one.line for one in found)


def test_an_entry_of_a_document_may_be_too_long(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps([{"a": "x" * 50}, {"b": 1}, {"c": "y" * 50}]), encoding="utf-8")
    with files.opened(str(path)) as file:
        assert [one.octets for one in documents.entries(file, 20)] == [None, b'{"b": 1}', None]


def test_credentials_of_an_address_are_not_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The store is put in the library's place: the file lies here."""
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(line()) + "\nnonsense\n", encoding="utf-8")
    secret = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    address = f"https://someone:{secret}@host.test/log.jsonl?X-Amz-Signature={secret}"
    system = SimpleNamespace(
        find=lambda name, **_: {name: {}},
        info=lambda _: {"type": "file", "size": path.stat().st_size},
        open=lambda *_, **__: path.open("rb", buffering=0),
        unstrip_protocol=lambda name: name,
    )
    monkeypatch.setattr(files, "library", lambda *_: SimpleNamespace(core=SimpleNamespace(url_to_fs=lambda name: (system, name))))
    kept = tmp_path / "kept.json"
    report = audited(Audit([address], checkpoint=kept))
    assert report["exchanges"] == 1
    assert report["bad"]["first"][0]["place"].endswith(":2")
    assert secret not in json.dumps(report) + kept.read_text(encoding="ascii")
    system.find = lambda *_, **__: 1 / 0
    with pytest.raises(UnreadableError) as refusal:
        audited(Audit([address]))
    assert secret not in str(refusal.value)


# Logs of others

LITELLM = {
    "id": "x",
    "call_type": "acompletion",
    "status": "success",
    "stream": False,
    "model": "m",
    "api_base": "https://api.host.test/v1",
    "messages": [{"role": "user", "content": "Say hi."}],
    "model_parameters": {"max_tokens": 5},
    "startTime": 1_795_000_000.25,
    "endTime": 1_795_000_001.5,
    "response": line()["json"],
}


def attribute(name: str, value: str | int) -> dict[str, Any]:
    """An attribute as OTLP writes it."""
    return {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}


EVENT = [
    attribute("url.full", "https://host.test/v1/chat/completions"),
    attribute("http.request.method", "POST"),
    attribute("http.response.status_code", 200),
    attribute("http.request.body.content", json.dumps(line()["request"])),
    attribute("http.response.body.content", json.dumps(line()["json"])),
]
OTLP = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1795000000000000000", "attributes": EVENT}] * 2}]}]}
MESSAGES = {"attributes": {"gen_ai.operation.name": "chat", "gen_ai.output.messages": "[]"}}


@pytest.mark.parametrize(
    ("entry", "exchanges", "host"),
    [(LITELLM, 1, "api.host.test by LiteLLM"), (OTLP, 2, "host.test"), ({"attributes": {}}, 0, "")],
    ids=["litellm", "otlp", "empty"],
)
def test_logs_of_others_are_read(tmp_path: Path, entry: dict[str, Any], exchanges: int, host: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(entry), encoding="utf-8")
    report = audited(Audit([str(path)]))
    assert (report["exchanges"], report["bad"]["count"]) == (exchanges, 0)
    if exchanges:
        assert [(one["name"], one["exchanges"]) for one in report["groups"]["host"]["groups"]] == [(host, exchanges)]
        assert [one["name"] for one in report["groups"]["hour"]["groups"]] == ["2026-11-18T11"]
        assert "chat.object-shape" in {one["id"] for one in report["requirements"] if one["judged"]}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({**LITELLM, "stream": True}, "the reply was streamed, and the log keeps only what it added up to"),
        ({**LITELLM, "status": "failure"}, "the log keeps no body of a failed reply"),
        ({**LITELLM, "response": "redacted-by-litellm"}, "the reply's body was not recorded"),
        ({**LITELLM, "call_type": "arerank"}, "its call_type is not a judged endpoint"),
        (MESSAGES, "the event tells of messages, and keeps no bodies"),
        ({"kind": "header", "format": 1}, "it belongs to the record of a run, which wireproof judge reads"),
        ({**line(), "path": "/metrics"}, "its path is not a judged endpoint"),
        ({**line(), "status": None}, "no reply was recorded"),
    ],
)
def test_what_holds_nothing_to_judge_is_left_out_and_told(tmp_path: Path, entry: dict[str, Any], reason: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(entry), encoding="utf-8")
    report = audited(Audit([str(path)]))
    assert (report["exchanges"], report["bad"]["count"], report["left_out"]) == (0, 0, {reason: 1})


MAPPING = """
only: {/type: call}
url: /up/url
status: /up/code
request: /in
reply: /up/answer
started_at: /at
milliseconds: /took
"""


def test_a_form_of_ones_own_is_a_mapping(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping, path = tmp_path / "mapping.yaml", tmp_path / "log.jsonl"
    mapping.write_text(MAPPING, encoding="utf-8")
    up = {"url": "https://user:pass@host.test/v1/chat/completions", "code": "200", "answer": json.dumps(line()["json"])}
    logged = [{"type": "call", "up": up, "in": line()["request"], "at": "2026-11-18T09:30:00Z", "took": 12}, {"type": "note"}]
    path.write_text("".join(json.dumps(one) + "\n" for one in logged), encoding="utf-8")
    assert main(["audit", str(path), f"--mapping={mapping}", "--json"]) in (0, 1)
    report = json.loads(capsys.readouterr().out)
    assert (report["exchanges"], report["left_out"]) == (1, {"the mapping does not mean it": 1})
    assert [report["groups"][name]["groups"][0]["name"] for name in ("host", "hour")] == ["host.test", "2026-11-18T09"]


@pytest.mark.parametrize(
    ("text", "says"), [("a: [", "not YAML"), ("status: /a\n", "is missing"), ("status: /a\nreply: b\nurl: /c\n", "/reply")]
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str) -> None:
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["audit", str(tmp_path), f"--mapping={tmp_path / 'mapping.yaml'}"])
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert says in capsys.readouterr().err


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
