"""The page of an audit shows what the report has and runs nothing that was sent; two audits are compared by their shares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.judging import Exit
from harness.records import Audit, audited
from harness.reporting import audit_page, compare_audits, comparison_lines
from tests import traffic
from tests.test_recording_forms import line

ATTACK = "<script>alert(1)</script>\x1b[31m"


def report_of(folder: Path, number: int, shares: dict[str, float], skip: int = 0) -> dict[str, Any]:
    """The report of a log with these faults."""
    path = folder / f"log-{skip}-{len(shares)}.jsonl"
    traffic.write(path, number, shares=shares, skip=skip)
    return audited(Audit([str(path)]))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a log with faults of all kinds."""
    folder = tmp_path_factory.mktemp("faulty")
    return report_of(folder, 300, {"no-object": 0.2, traffic.REPEATED: 0.5})


def test_page_shows_what_the_report_has(faulty: dict[str, Any]) -> None:
    page = str(audit_page.page(faulty))
    assert "Not conformant: 1 MUST not met in 300 recorded exchanges." in page
    one = next(one for one in faulty["requirements"] if one["id"] == "chat.object-shape")
    assert f"{one['missed']} of {one['judged']} exchanges" in page
    assert one["ways"][0]["examples"][1]["place"] in page
    assert "Ids in different replies" in page
    assert "Token counts that never vary" in page
    assert all(f">{host}<" in page for host in traffic.HOSTS)
    assert "<script" not in page
    assert traffic.MARKER not in page


def test_names_that_attack_stay_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = line(host=f"h.test{ATTACK}", request={"model": ATTACK, "messages": []}, json={ATTACK: ATTACK})
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(told) + "\n", encoding="utf-8")
    main(["audit", str(path), "--keep-texts", f"--report-dir={tmp_path}"])
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "\x1b" not in page + capsys.readouterr().out


def test_compare_tells_what_broke_and_how_often(tmp_path: Path, faulty: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    good = report_of(tmp_path, 300, {})
    paths = [tmp_path / name for name in ("good.json", "bad.json")]
    for path, report in zip(paths, (good, faulty), strict=True):
        path.write_text(json.dumps(report), encoding="utf-8")
    page = tmp_path / "compared.html"
    assert main(["compare", *map(str, paths), f"--html={page}"]) == Exit.UNMET
    said = capsys.readouterr().out
    assert "Broke (1)\n  ✗ chat.object-shape  MUST  0 of" in said
    assert "Broke (1)" in page.read_text(encoding="utf-8")
    assert main(["compare", *map(str, reversed(paths))]) == Exit.CONFORMS
    assert "Met again (1)" in capsys.readouterr().out
    assert main(["compare", str(paths[0]), str(paths[0])]) == Exit.CONFORMS
    assert capsys.readouterr().out.endswith("nothing changed\n")


def test_a_share_that_grew_is_worse_and_one_that_may_be_chance_is_not(faulty: dict[str, Any]) -> None:
    def with_missed(missed: int) -> dict[str, Any]:
        one = next(one for one in faulty["requirements"] if one["id"] == "chat.object-shape")
        return {**faulty, "requirements": [{**one, "missed": missed, "judged": 10_000}]}

    worse = compare_audits(with_missed(100), with_missed(200))
    assert [change.requirement["id"] for change in worse.worse] == ["chat.object-shape"]
    assert "100 of 10,000 exchanges → 200 of 10,000 exchanges" in "\n".join(comparison_lines(worse))
    assert compare_audits(with_missed(100), with_missed(130)).sections == []
    assert compare_audits(with_missed(200), with_missed(100)).better
    gone = compare_audits(with_missed(5), {**faulty, "requirements": []})
    assert [heading for _, heading, _ in gone.sections] == ["Not judged any more"]


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (('{"audit": 1}', '{"audit": 1}'), "spec/schemas/files/audit.json describes"),
        (('{"audit": 7}', '{"audit": 7}'), "written by another version"),
        (('{"audit": 1', '{"audit": 1'), "cut off or not JSON"),
    ],
)
def test_a_report_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], texts: tuple[str, str], says: str) -> None:
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["compare", *map(str, paths)])
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert says in capsys.readouterr().err


def test_an_audit_and_a_run_are_not_compared(tmp_path: Path, faulty: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "audit.json").write_text(json.dumps(faulty), encoding="utf-8")
    (tmp_path / "run.jsonl").write_text('{"kind": "header"}\n', encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["compare", str(tmp_path / "audit.json"), str(tmp_path / "run.jsonl")])
    assert "an audit and a run cannot be compared" in capsys.readouterr().err
