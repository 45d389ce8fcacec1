"""An audit reads what others log, and whatever else a file holds is counted and stops nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.judging import Exit
from harness.records import Audit, audited
from harness.records.audit import documents, files
from harness.records.audit.files import Raw
from harness.records.recorded import UnreadableError
from tests.test_recording_forms import FORMS, line


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
