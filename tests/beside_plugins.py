"""The wheel beside the plugins that other projects use, in an environment of its own: ``make proof`` installs it and plays it.

Not part of ``make test``: the installation takes longer than all that ``tests/test_options.py`` can tell of the same without one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.judging.verdict import Exit
from harness.records.run_record import read_record
from harness.reference.serve import KEY, Server
from tests.test_wheel import ROOT, call

PLUGINS = ["asyncio", "base-url", "cov", "html", "randomly", "rerunfailures", "timeout", "xdist"]

OWN_TESTS = """
import pytest

@pytest.mark.parametrize("case", ["a", "b"])
def test_of_their_own(case):
    assert case
"""

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--model", default="theirs")
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and all plugins."""
    folder = tmp_path_factory.mktemp("beside")
    built = call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("wireproof-*.whl")
    assert call(sys.executable, "-m", "venv", folder / "env", cwd=folder).returncode == 0
    pip: list[str | Path] = [
        folder / "env" / "bin" / "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-c",
        ROOT / "requirements.txt",
    ]
    done = call(*pip, f"{wheel}[xdist]", *(f"pytest-{name}" for name in PLUGINS), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "env" / "bin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with tests, a name of its own for one of our options, and a limit of time for each test."""
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntimeout = 2\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_clients.py").write_text(OWN_TESTS, encoding="utf-8")
    return tmp_path


def played(folder: Path) -> int:
    """How many cases the report in a folder has."""
    return len(read_record(folder / "reports" / "run.jsonl").results)


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
def test_command_ignores_them(more: list[str], programs: Path, project: Path) -> None:
    done = call(programs / "wireproof", "-q", "--timeout=30", "--only=models", *more, cwd=project)
    assert done.returncode == Exit.CONFORMS, done.stdout + done.stderr
    assert played(project) >= 3
    assert "random" not in done.stdout


def test_other_projects_notice_nothing(programs: Path, project: Path) -> None:
    done = call(programs / "pytest", "-q", "--model=theirs", "--timeout=5", cwd=project)
    assert (done.returncode, "2 passed" in done.stdout, (project / "reports").exists()) == (0, True, False), done.stdout + done.stderr
    asked = call(programs / "pytest", "--help", cwd=project).stdout
    assert "--wireproof-model" in asked
    assert not re.search(r"--(concurrency|known-failures|max-time)\b", asked.replace("--wireproof-", ""))
    alone = call(programs / "pytest", "--wireproof-only=models", cwd=project)
    assert "--wireproof-only is for our suites, and they are not named: add --pyargs wireproof.suites" in alone.stderr


@pytest.mark.parametrize("more", [[], ["-n", "2"], ["--reruns=2"], ["--cov=tests"]])
def test_suites_are_played_among_a_projects_own_tests(more: list[str], programs: Path, project: Path) -> None:
    """``--model`` is the project's own and ``--timeout`` that of pytest-timeout, so that ours have their long names."""
    server = Server()
    url = server.base_url
    words = ["--base-url", url, "--wireproof-model=reference", "--wireproof-timeout=30", "--only=models", "--model=x"]
    try:
        done = call(programs / "pytest", "-q", "tests", "--pyargs", "wireproof.suites", *words, *more, cwd=project, OPENAI_API_KEY=KEY)
    finally:
        server.close()
    assert done.returncode == Exit.CONFORMS, done.stdout + done.stderr
    assert played(project) >= 3
    assert read_record(project / "reports" / "run.jsonl").header["subject"]["base_url"] == url


def test_failing_test_of_the_project_fails_the_session_and_not_the_endpoint(programs: Path, project: Path) -> None:
    (project / "tests" / "test_bad.py").write_text("def test_bad():\n    assert 0\n", encoding="utf-8")
    done = call(programs / "pytest", "-q", "tests", "--pyargs", "wireproof.suites", "--only=models", cwd=project)
    assert done.returncode == Exit.UNMET, done.stdout + done.stderr
    assert "conforms: in this part of the suite" in done.stdout


def test_entry_point_takes_less_than_twenty_milliseconds(programs: Path, project: Path) -> None:
    """Of wall time, as -X importtime tells it; the best of five, because other processes run too."""
    words = [programs / "python", "-X", "importtime", "-c", "import pytest, wireproof.harness.options.entry_point"]
    spent = []
    for _ in range(5):
        told = subprocess.run([str(word) for word in words], cwd=project, capture_output=True, text=True, check=True).stderr
        spent.append(int(re.findall(r"\| +(\d+) \| +wireproof\.harness\.options\.entry_point", told)[-1]) / 1000)
    assert min(spent) < 20
