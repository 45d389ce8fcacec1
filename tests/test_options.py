"""The options: what a project's settings file may say, which names are left to other plugins, and what it all costs others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.options import GROUPS, OPTIONS, SettingsError, refusal, remark
from harness.options.pytest_options import chosen, declare, settle
from harness.options.settings import read_settings
from tests.running import ROOT


def settings(tmp_path: Path, text: str, name: str = "wireproof.toml") -> dict[str, object]:
    """The settings that this file makes."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return dict(read_settings(tmp_path))


def test_settings_are_the_values_that_the_command_line_would_give(tmp_path: Path) -> None:
    text = 'base-url = "http://h/v1"\nheader = ["A: b"]\nonly = "chat"\nconcurrency = 2\ntimeout = 5\nclients = true\nfail-on = "should"\n'
    wanted = {"base-url": "http://h/v1", "header": ["A: b"], "only": ["chat"], "concurrency": 2, "timeout": 5.0}
    assert settings(tmp_path, text) == {**wanted, "clients": True, "fail-on": "should"}


def test_settings_are_those_of_the_nearest_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.wireproof]\nmodel = "far"\n', encoding="utf-8")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text('[project]\nname = "y"\n', encoding="utf-8")  # has none of ours
    assert read_settings(inner) == {"model": "far"}
    (tmp_path / "a" / "wireproof.toml").write_text('model = "near"\n', encoding="utf-8")
    assert read_settings(inner) == {"model": "near"}


def test_files_are_named_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").touch()
    found = settings(tmp_path, 'known-failures = "known.yaml"\nprofile = "own.yaml"\nreport-dir = "/elsewhere"\n')
    assert found == {"known-failures": f"{tmp_path}/known.yaml", "profile": f"{tmp_path}/own.yaml", "report-dir": "/elsewhere"}
    assert settings(tmp_path, 'profile = "t-cloud"\n') == {"profile": "t-cloud"}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("wireproof.toml", '# a\nmodle = "x"\n', "wireproof.toml:2: there is no setting 'modle'; did you mean model?"),
        ("wireproof.toml", "zzz = 1\n", "wireproof.toml:1: there is no setting 'zzz'; the settings are base-url,"),
        ("wireproof.toml", 'base_url = "x"\n', "wireproof.toml:1: there is no setting 'base_url'; did you mean base-url?"),
        ("wireproof.toml", "[modle]\na = 1\n", "wireproof.toml:1: there is no setting 'modle'"),
        ("wireproof.toml", "plan = true\n", "wireproof.toml:1: plan is for the command line alone: --plan"),
        ("wireproof.toml", "model = 3\n", "wireproof.toml:1: model needs a text, not 3"),
        ("wireproof.toml", 'concurrency = "3"\n', "wireproof.toml:1: concurrency needs a whole number, not '3'"),
        ("wireproof.toml", "concurrency = true\n", "wireproof.toml:1: concurrency needs a whole number, not True"),
        ("wireproof.toml", "header = [1]\n", "wireproof.toml:1: header needs a text, or a list of them, not [1]"),
        ("wireproof.toml", 'fail-on = "may"\n', "wireproof.toml:1: fail-on needs must or should, not 'may'"),
        ("wireproof.toml", "clients = 1\n", "wireproof.toml:1: clients needs true or false, not 1"),
        ("wireproof.toml", "model =\n", "wireproof.toml cannot be read: Invalid value (at line 1, column 8)"),
        ("pyproject.toml", "[tool.other]\nmodle = 1\n[tool.wireproof]\nmodle = 1\n", "pyproject.toml:4: there is no setting 'modle'"),
    ],
)
def test_bad_setting_is_named_with_its_line(name: str, text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, text, name)
    assert f"{tmp_path}/{says}" in str(refused.value)


def config_of(pytester: pytest.Pytester, *words: str) -> pytest.Config:
    """The configuration of a session in a folder of its own with these words, settled."""
    config = pytester.parseconfig(*words, "-p", "harness.plugin")
    settle(config)
    return config


def test_command_line_wins_over_the_settings_and_they_over_the_defaults(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("wireproof.toml").write_text('model = "settings"\nonly = ["chat", "tools"]\nconcurrency = 3\n', encoding="utf-8")
    config = config_of(pytester, "--model=typed", "--only=models", "--wireproof-max-time=2")
    assert [chosen(config, name) for name in ("model", "only", "concurrency", "max-time", "fail-on", "clients", "require")] == [
        "typed",
        ["models"],
        3,
        2.0,
        "must",
        False,
        [],
    ]


RIVAL = """
def pytest_addoption(parser):
    parser.addoption("--timeout", type=float, default=7.0)
    parser.addoption("--model", default="theirs")
    parser.addoption("--base-url", dest="base_url", default=None)
"""


def test_names_that_others_took_stay_theirs(pytester: pytest.Pytester) -> None:
    """All but the base URL, which means the same to pytest-base-url."""
    pytester.makepyfile(rival=RIVAL)
    pytester.syspathinsert()
    config = config_of(pytester, "-p", "rival", "--timeout=3", "--model=x", "--wireproof-timeout=4", "--base-url=http://h/v1")
    assert (config.getoption("--timeout"), config.getoption("--model")) == (3.0, "x")
    assert (chosen(config, "timeout"), chosen(config, "model"), chosen(config, "base-url")) == (4.0, None, "http://h/v1")


def test_other_projects_keep_all_short_names() -> None:
    parser = pytest.Parser(_ispytest=True)
    declare(parser, short=False)
    declared = {name for group in parser._groups for option in group.options for name in option.names()}
    assert declared == {f"--wireproof-{name}" for name in OPTIONS}
    declare(parser, short=True)
    declared = {name for group in parser._groups for option in group.options for name in option.names()}
    assert {f"--{name}" for name in OPTIONS} < declared


def test_entry_point_costs_other_projects_nothing() -> None:
    """Neither time, in milliseconds of the processor, nor any module of ours but the options'."""
    script = (
        "import json, sys, time, pytest\n"
        "began = time.process_time()\n"
        "import harness.options.entry_point as entry_point\n"
        "entry_point.pytest_addoption(pytest.Parser(_ispytest=True))\n"
        "spent = (time.process_time() - began) * 1000\n"
        "print(json.dumps([spent, sorted(name for name in sys.modules if name.startswith('harness'))]))\n"
    )
    done = [json.loads(subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True).stdout) for _ in range(2)]
    assert min(spent for spent, _ in done) < 20
    parts = ["", ".entry_point", ".option", ".platforms", ".pytest_options", ".table"]
    assert done[0][1] == ["harness", *(f"harness.options{part}" for part in parts)]


def test_suites_are_named_by_their_package_or_their_path() -> None:
    from harness.options.entry_point import HOME, names_suites

    package = f"{HOME.name}.suites"
    for words in ([package], [f"{package}.test_chat"], ["tests", f"{package}.test_chat::test_chat"], [f"{HOME}/suites/test_chat.py"]):
        assert names_suites(words)
    assert not names_suites(["tests", "suites", f"{package}x", "http://h/v1"])


def test_platforms_are_told_in_one_sentence() -> None:
    assert (refusal("linux"), remark("linux"), refusal("darwin")) == (None, None, None)
    assert "not tested on macOS" in str(remark("darwin"))
    assert "does not support Windows: use WSL" in str(refusal("win32"))
    assert remark("win32") is None


def test_every_option_is_in_one_group() -> None:
    assert sum(len(options) for options in GROUPS.values()) == len(OPTIONS)
