"""The commands beside pytest's: what they print, what they write, and their exit codes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from harness import VERSION
from harness.catalog import Catalog
from harness.cli import COMMANDS, main
from harness.cli.help import USAGE
from harness.judging.verdict import Exit, Scope
from harness.options import GROUPS, OPTIONS
from harness.reporting.artifacts import PAPERS
from tests.inprocess import judge
from tests.mutants import MUTANTS
from tests.records import as_run, write_run

CASES = ["chat-stream/basics/short-reply", "chat/basics/short-reply"]


@pytest.fixture
def good(tmp_path: Path, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> str:
    """The record of a run that conforms."""
    results = loop.run_until_complete(judge(catalog, cases=CASES)).results
    return str(write_run(tmp_path / "good.jsonl", as_run(catalog, results, Scope(partial="some cases"))))


@pytest.fixture
def bad(tmp_path: Path, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> str:
    """The record of a run that does not."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "stream-without-done")
    results = loop.run_until_complete(judge(catalog, mutant, cases=CASES)).results
    return str(write_run(tmp_path / "bad.jsonl", as_run(catalog, results, Scope(partial="some cases"))))


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(name in told and about.split()[0] in told for name, about in COMMANDS.items())


def test_help_has_our_options_in_groups_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--base-url=http://h", "--help"]) == 0
    told = capsys.readouterr().out
    assert set(re.findall(r"^  --([a-z-]+)", told, re.MULTILINE)) == set(OPTIONS)
    assert all(f"\n{title}:\n" in told for title in GROUPS)


def test_version_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"wireproof {VERSION}\n"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("--bogus", "there is no option --bogus; wireproof --help lists them"),
        ("--modle=x", "there is no option --modle; did you mean --model?"),
        ("--fail-on=may", "--fail-on: invalid choice: 'may' (choose from must, should)"),
        ("--model", "--model: expected one argument"),
    ],
)
def test_bad_option_is_refused_in_our_words(
    word: str, says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    assert main([word]) == Exit.NOT_JUDGEABLE
    told = capsys.readouterr().err.replace("'must', 'should'", "must, should")  # Python 3.12 and newer name choices without quotes
    assert told.strip().splitlines() == [f"ERROR: {says}", USAGE]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("comparee", "a", "b"), "did you mean wireproof compare?"),
        (("nonsense",), "the commands are audit, compare,"),
    ],
)
def test_unknown_word_is_refused_before_a_run(words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(list(words)) == Exit.NOT_JUDGEABLE
    assert f"there is no command {words[0]!r}; {says}" in capsys.readouterr().err


def test_what_broke_fails(good: str, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, note = tmp_path / "c.html", tmp_path / "c.md"
    assert main(["compare", good, bad, f"--html={page}", f"--markdown={note}"]) == Exit.UNMET
    assert "✗ chat-stream.ends-with-done  MUST  in chat-stream/basics/short-reply" in capsys.readouterr().out
    assert all("chat-stream.ends-with-done" in path.read_text(encoding="utf-8") for path in (page, note))


def test_what_healed_or_stayed_fails_nothing(good: str, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", bad, good]) == Exit.CONFORMS
    assert "healed (1)" in capsys.readouterr().out
    assert main(["compare", bad, bad]) == Exit.CONFORMS
    assert "not met in either (1)" in capsys.readouterr().out
    assert main(["compare", good, good]) == Exit.CONFORMS
    assert "nothing changed" in capsys.readouterr().out


def test_more_than_two_are_put_side_by_side(good: str, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "m.html"
    assert main(["compare", good, bad, good, f"--html={page}"]) == Exit.CONFORMS
    assert "chat-stream.ends-with-done  MUST" in capsys.readouterr().out
    assert "3 endpoints" in page.read_text(encoding="utf-8")


def test_report_draws_all_pages_and_comes_to_the_same(bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "pages"
    assert main(["report", bad, f"--report-dir={folder}"]) == Exit.UNMET
    assert {path.name for path in folder.iterdir()} == {"compliance.html", *PAPERS}
    assert "chat-stream.ends-with-done" in (folder / "compliance.html").read_text(encoding="utf-8")
    assert "not conformant: in this part of the suite (some cases) 1 MUST requirement is not met" in capsys.readouterr().out


def test_record_that_was_cut_off_reads_as_interrupted(bad: str, good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, says in ((good, "incomplete: the run was interrupted"), (bad, "is not met; the run was interrupted")):
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        Path(path).write_text("".join(lines[:-1]), encoding="utf-8")
        assert main(["report", path, f"--report-dir={tmp_path}"]) == Exit.INTERRUPTED
        assert says in capsys.readouterr().out


def test_case_that_is_gone_is_told(good: str, tmp_path: Path) -> None:
    path = Path(good)
    path.write_text(path.read_text(encoding="utf-8").replace("chat/basics/short-reply", "chat/basics/gone"), encoding="utf-8")
    main(["report", good, f"--report-dir={tmp_path}"])
    assert "1 result belongs to a case that no longer exists" in (tmp_path / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["compare", "none.jsonl", "none.jsonl"], ["compare", "none.jsonl"], ["report", "none.jsonl"]])
def test_what_cannot_be_read_costs_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_explain_tells_a_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "chat-stream.ends-with-done"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("chat-stream.ends-with-done  MUST\n  A streamed reply ends with an event whose data is exactly [DONE].\n")
    assert "\n  check      terminator_comes\n" in told
    assert "https://github.com/BerriAI/litellm/issues/1255" in told


@pytest.mark.parametrize("name", ["chat/members/many-at-once", "chat/parameters/one-choice"])
def test_explain_tells_a_case_by_its_id_and_by_that_of_a_case_it_replaced(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    told = capsys.readouterr().out
    assert told.startswith(name)
    assert "\n  replaces   chat/parameters/one-choice" in told
    assert "\n  play it    wireproof -k chat/members/many-at-once\n" in told


def test_explain_refuses_what_is_no_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explain", "chat-stream.ends-with-dnoe"])
    assert ended.value.code == Exit.NOT_JUDGEABLE
    assert "did you mean chat-stream.ends-with-done" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["requirements", "[done]", "must"], "chat-stream.ends-with-done"),
        (["cases", "chat-stream/basics"], "chat-stream/basics/short-reply"),
        (["features", "responses.store"], "responses.store"),
        (["areas", "chat-stream"], "chat-stream"),
        (["profiles", "t-cloud"], "t-cloud"),
        (["faults", "terminator-dropped"], "litellm-terminator-dropped"),
    ],
)
def test_list_finds_by_words(words: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(name) for line in lines)
    assert all(word in line.lower() for line in lines for word in words[1:])
