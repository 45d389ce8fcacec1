"""The files beside the page: each text as reviewed, each file in the format its readers expect."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sarif_pydantic

from harness.catalog import Catalog
from harness.judging.known_failures import KnownFailure, KnownFailures
from harness.judging.verdict import Scope
from harness.model import CaseResult, Finding, Level, Outcome, Problem
from harness.records.claim import PAPERS as KEPT
from harness.records.claim import PREVIOUS
from harness.records.report import Judged
from harness.reporting import comparison_page, github
from harness.reporting import comparison_text as comparison
from harness.reporting.artifacts import PAPERS, withdraw_badge, write_artifacts, write_whole
from harness.reporting.badge import badge
from harness.reporting.comparison import compare, labels, matrix
from harness.reporting.html import compliance
from harness.reporting.markdown import summary
from harness.reporting.since import changed_since, lines_since
from tests.agreed import hold, steady
from tests.browser.runs import as_read
from tests.inprocess import judge
from tests.mutants import MUTANTS
from tests.records import as_run, write_run

CASES = ["chat-stream/basics/short-reply", "chat/basics/short-reply", "models/list/listed"]
ENTRY = KnownFailure("chat-stream.ends-with-done", "the proxy in front of it, ticket 12", "known.yaml:3", until=date(2027, 1, 31))
TODAY = date(2026, 11, 22)
Play = Callable[..., Judged]


@pytest.fixture
def play(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Play:
    """A function that judges a mutant on a few cases."""

    def played(name: str, *entries: KnownFailure, fail_on: Level = Level.MUST) -> Judged:
        mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
        judged = loop.run_until_complete(judge(catalog, mutant, cases=CASES))
        return as_run(catalog, judged.results, Scope(fail_on, "some cases", known=KnownFailures(entries, TODAY)))

    return played


HOSTILE = "<script>alert(1)</script> `x` | [a](http://b) @everyone \x1b[31m \ud800 ::error::no\n%0A"


def hostile(catalog: Catalog, number: int) -> Judged:
    """A run with so many failures, each told with all that could do harm."""
    names = [r.id for r in catalog.requirements.values() if r.level is Level.MUST and r.untestable is None]
    cases = list(catalog.cases)
    found = [
        Finding(cases[index % len(cases)], names[index % len(names)], Outcome.FAIL, (Problem(HOSTILE, HOSTILE, HOSTILE * 20),))
        for index in range(number)
    ]
    results = tuple(CaseResult(case, (), of_case) for case in cases if (of_case := tuple(f for f in found if f.case == case)))
    return as_run(catalog, results, Scope(partial="some cases"))


@pytest.mark.parametrize("name", [name for name in PAPERS if name != "metrics.prom"])  # which counts requirements
def test_paper_reads_as_agreed(name: str, play: Play) -> None:
    hold(f"stream-without-done.{name}", steady(PAPERS[name](play("stream-without-done"), None)) + "\n")
    hold(f"stream-without-done.known.{name}", steady(PAPERS[name](play("stream-without-done", ENTRY), None)) + "\n")


def test_annotations_read_as_agreed(play: Play) -> None:
    hold("stream-without-done.github.txt", steady("\n".join(github.errors(play("stream-without-done")))) + "\n")
    assert list(github.errors(play("stream-without-done", ENTRY))) == []


def test_warnings_fail_only_under_fail_on_should(play: Play) -> None:
    lenient, strict = play("carriage-returns"), play("carriage-returns", fail_on=Level.SHOULD)
    assert "<failure" not in PAPERS["junit.xml"](lenient, None)
    assert "<failure" in PAPERS["junit.xml"](strict, None)


@pytest.mark.parametrize(
    ("known", "interrupted", "whole", "part"),
    [
        ((), False, ("1 MUST not met", "red"), "part: 1 MUST not met"),
        ((ENTRY,), False, ("conforms but for 1 known", "yellow"), "part: conforms but for 1 known"),
        ((), True, ("incomplete", "lightgrey"), "part: incomplete"),
    ],
)
def test_badge_looks_no_better_than_the_run(
    known: tuple[KnownFailure, ...], interrupted: bool, whole: tuple[str, str], part: str, play: Play, catalog: Catalog
) -> None:
    scope = Scope(partial="some cases", interrupted=interrupted, known=KnownFailures(known, TODAY))
    run = as_run(catalog, play("stream-without-done").record.results, scope)
    assert (badge(run)["message"], badge(run)["color"]) == (part, "lightgrey")
    run = replace(run, scope=replace(scope, partial=""))
    assert (badge(run)["message"], badge(run)["color"]) == whole


def test_badge_of_an_earlier_run_is_withdrawn(tmp_path: Path) -> None:
    withdraw_badge(tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "badge.json").write_text('{"message": "conforms"}', encoding="utf-8")
    withdraw_badge(tmp_path)
    assert json.loads((tmp_path / "badge.json").read_text(encoding="utf-8"))["message"] == "not judged"


def test_what_changed_since_the_run_before_is_told(catalog: Catalog, loop: asyncio.AbstractEventLoop, play: Play, tmp_path: Path) -> None:
    good = as_run(catalog, loop.run_until_complete(judge(catalog, cases=CASES)).results, Scope(partial="some cases"))
    broken = play("stream-without-done")
    assert changed_since(tmp_path, broken) is None
    write_run(tmp_path / PREVIOUS / "run.jsonl", good)
    told = changed_since(tmp_path, broken)
    assert told is not None
    assert [line.split("  in ")[0] for line in lines_since(told)][1:] == ["  ✗ broke: chat-stream.ends-with-done  MUST"]
    assert "- ✗ broke: MUST `chat-stream.ends-with-done` in `chat-stream/basics/short-reply`" in summary(broken, told)
    drawn = compliance.fragment(catalog, broken.subject, broken.verdict, broken.record, told)
    since = drawn.partition('<details class="since">')[2].partition("</details>")[0]
    assert "1 broke" in since
    assert 'href="#chat-stream.ends-with-done"' in since
    same = changed_since(tmp_path, good)
    assert same is not None
    assert [line.split(": ")[-1] for line in lines_since(same)] == ["nothing changed"]


def test_runs_of_two_endpoints_are_not_compared(tmp_path: Path, play: Play) -> None:
    run = play("stream-without-done")
    write_run(tmp_path / PREVIOUS / "run.jsonl", run)
    told = changed_since(tmp_path, replace(run, subject=replace(run.subject, model="another")))
    assert told is not None
    assert "it judged another endpoint" in "".join(lines_since(told))


def test_record_of_another_form_is_not_compared(tmp_path: Path, play: Play) -> None:
    (tmp_path / PREVIOUS).mkdir()
    (tmp_path / PREVIOUS / "run.jsonl").write_text("{}", encoding="utf-8")
    assert changed_since(tmp_path, play("stream-without-done")) is None


def test_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    write_whole(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["file", "link"]


def test_sarif_is_sarif(play: Play, catalog: Catalog) -> None:
    for run in (play("stream-without-done", ENTRY), play("carriage-returns"), hostile(catalog, 30)):
        log = json.loads(PAPERS["results.sarif"](run, None))
        assert sarif_pydantic.Sarif.model_validate(log).version == "2.1.0"
        rules = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
        assert {result["ruleId"] for result in log["runs"][0]["results"]} == rules
        assert len(log["runs"][0]["results"]) == len(rules)
    known = json.loads(PAPERS["results.sarif"](play("stream-without-done", ENTRY), None))["runs"][0]["results"][0]
    assert known["suppressions"] == [{"kind": "external", "justification": ENTRY.reason}]
    assert known["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "known.yaml"}, "region": {"startLine": 3}}


def test_sarif_places_what_is_new_at_the_head_of_the_list(play: Play) -> None:
    """Code scanning takes no result without a place."""
    run = play("stream-without-done")
    run = replace(run, scope=replace(run.scope, known=KnownFailures((), TODAY, "ci/known.yaml")))
    (result,) = json.loads(PAPERS["results.sarif"](run, None))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "ci/known.yaml"}, "region": {"startLine": 1}}


def test_sarif_places_nothing_where_the_repository_has_no_list(play: Play) -> None:
    results = json.loads(PAPERS["results.sarif"](play("stream-without-done"), None))["runs"][0]["results"]
    assert [result.get("locations") for result in results] == [None]


def test_warnings_are_told_in_junit_without_failing(play: Play) -> None:
    root = ElementTree.fromstring(PAPERS["junit.xml"](play("carriage-returns"), None))
    short = {element.get("value") for element in root.iter("property") if element.get("name") == "should"}
    assert short
    assert all(name in "".join(element.text or "" for element in root.iter("system-out")) for name in short if name is not None)
    assert root.get("failures") == "0"


def test_what_made_a_requirement_unmet_is_told_before_what_kept_it_from_being_judged(catalog: Catalog) -> None:
    names = list(catalog.cases)[:4]
    requirement = next(r.id for r in catalog.requirements.values() if r.level is Level.MUST and r.untestable is None)
    silent = [Finding(name, requirement, Outcome.ERROR, reason="the connection was closed") for name in names[1:]]
    missed = Finding(names[0], requirement, Outcome.FAIL, (Problem("", "one", "two"),))
    results = [CaseResult(finding.case, (), (finding,)) for finding in (missed, *silent)]
    (entry,) = json.loads(PAPERS["code-quality.json"](as_run(catalog, results, Scope(partial="some cases")), None))
    assert entry["description"].endswith(f"expected one, got two (in {names[0]})")


def test_code_quality_is_what_gitlab_takes(play: Play, catalog: Catalog) -> None:
    entries = json.loads(PAPERS["code-quality.json"](hostile(catalog, 30), None))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 30
    for entry in entries:
        assert entry.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
    accepted = json.loads(PAPERS["code-quality.json"](play("stream-without-done", ENTRY), None))
    assert [(e["severity"], e["location"]["path"], e["location"]["lines"]["begin"]) for e in accepted] == [("info", "known.yaml", 3)]


def test_metrics_are_lines_of_prometheus(play: Play) -> None:
    run = play("stream-without-done")
    text = PAPERS["metrics.prom"](replace(run, subject=replace(run.subject, model='a"b\\c\nd')), None)
    sample = re.compile(r'wireproof_[a-z_]+(\{([a-z_]+="(\\[\\n"]|[^"\\\n])*",?)+\})? -?[0-9.]+')
    told = [line for line in text.splitlines() if not line.startswith("# ")]
    assert told
    assert [line for line in told if sample.fullmatch(line) is None] == []
    assert 'wireproof_requirements{level="must",outcome="not met"} 1' in told
    assert "wireproof_exit_code 1" in told
    assert any(line.startswith("wireproof_reply_seconds{") for line in told)


def test_junit_counts_and_holds_anything(catalog: Catalog) -> None:
    run = hostile(catalog, 100)
    root = ElementTree.fromstring(PAPERS["junit.xml"](run, None))
    assert sum(int(suite.get("tests", "")) for suite in root) == len(run.record.results)
    assert sum(int(suite.get("failures", "")) for suite in root) == len(root.findall(".//failure")) == len(run.record.results)


def test_summary_fits_a_comment_and_steers_nothing(catalog: Catalog) -> None:
    run = hostile(catalog, 100)
    text = summary(run)
    assert len(text.encode("utf-8", "backslashreplace")) < 64 * 1024
    assert "more in the report" in text
    outside_code = "".join(part for index, part in enumerate(text.split("``")) if index % 2 == 0)
    assert "<script" not in outside_code
    assert "\x1b" not in text


def test_annotations_stay_on_their_lines(catalog: Catalog) -> None:
    lines = list(github.errors(hostile(catalog, 100)))
    assert len(lines) == github.LIMIT
    assert all(line.startswith("::error title=") and line.count("::") == 2 and "\n" not in line for line in lines)


def test_all_papers_are_written_scrubbed(tmp_path: Path, play: Play, catalog: Catalog) -> None:
    written = write_artifacts(hostile(catalog, 3), tmp_path / "new", lambda text: text.replace("everyone", "[key removed]"))
    assert {path.name for path in written} == set(PAPERS)
    assert set(KEPT) == {"compliance.html", *PAPERS}
    assert all("everyone" not in path.read_text(encoding="utf-8") for path in written)


def test_comparison_reads_as_agreed(catalog: Catalog, loop: asyncio.AbstractEventLoop, play: Play) -> None:
    good = as_run(catalog, loop.run_until_complete(judge(catalog, cases=CASES)).results, Scope(partial="some cases"))
    broken, other = play("stream-without-done"), play("carriage-returns")
    hold("comparison.txt", steady(comparison.text(compare(good, broken))) + "\n")
    hold("comparison.md", steady(comparison.markdown(compare(broken, other))))
    runs = [good, broken, other]
    hold("matrix.txt", comparison.matrix_text(labels(runs), runs, matrix(runs)) + "\n")
    hold("matrix.md", comparison.matrix_markdown(labels(runs), runs, matrix(runs)))


def test_pages_of_comparisons_tell_each_run_and_lead_to_its_report(play: Play) -> None:
    """On a phone the heads are gone, so that each cell carries its own."""
    runs = [play("byte-order-mark"), play("stream-without-done"), play("byte-order-mark")]
    named = labels(runs)
    many = comparison_page.matrix_page(named, runs, matrix(runs), ["a/compliance.html", "", ""])
    two = comparison_page.page(compare(*runs[:2]), ["", "../b/compliance.html"])
    assert 'href="a/compliance.html"' in many
    assert 'href="../b/compliance.html"' in two
    assert f'data-label="[2] {named[1]}"' in as_read(many)
    for drawn in (many, two):
        assert runs[1].verdict.sentence in drawn
        assert "2026-09-21 14:13 UTC" in drawn
        assert "A streamed reply ends with an event whose data is exactly [DONE]." in drawn
        cells = re.findall(r"<td([^>]*)>", drawn)
        assert len([cell for cell in cells if "data-label" not in cell]) <= 3
    assert re.search(r'<th scope="row">core<span class="says">[^<]+</span></th><td class="(good|bad)"', many)


def test_pages_of_comparisons_are_inert(catalog: Catalog, play: Play) -> None:
    run = hostile(catalog, 40)
    pages = (
        comparison_page.page(compare(play("carriage-returns"), run)),
        comparison_page.matrix_page(labels([run, run, run]), [run] * 3, matrix([run] * 3)),
    )
    for page in pages:
        assert "<script>alert" not in page
        assert "\x1b" not in page
